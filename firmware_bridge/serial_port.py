"""A serial port that survives unplugging. The only file that imports pyserial.

One thread a port opens it, reads bytes, stamps them and queues them; it parses nothing. When the device goes
away it tries to open it again, ever less often, until it is back or the port is closed.
"""

from __future__ import annotations

import errno
import termios
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread

import serial

from firmware_bridge.errors import PortError
from firmware_bridge.link import LinkFault

BAUD = 115_200
CHUNK_BYTES = 4096
QUEUED_CHUNKS_MAX = 256
"""[chunks] about 25 s of a board's blocks; more is dropped and counted, and leaves a gap in its numbers."""
READ_TIMEOUT_S = 0.5
WRITE_TIMEOUT_S = 0.1
REOPEN_MIN_S, REOPEN_MAX_S = 0.1, 2.0
JOIN_TIMEOUT_S = 2.0

_GONE = (serial.SerialException, OSError, termios.error, TypeError)
"""Everything that pyserial 3.5 raises when a device goes away: ``in_waiting`` a bare OSError, flushing a
``termios.error`` (which is no OSError), and a read on a port closed meanwhile a TypeError."""

_FAULTS = {
    errno.ENOENT: LinkFault.PORT_MISSING,
    errno.ENODEV: LinkFault.PORT_MISSING,
    errno.ENXIO: LinkFault.PORT_MISSING,
    errno.EIO: LinkFault.PORT_MISSING,  # a pty whose other end is gone
    errno.EAGAIN: LinkFault.PORT_BUSY,
    errno.EBUSY: LinkFault.PORT_BUSY,
    errno.EACCES: LinkFault.PORT_FORBIDDEN,
    errno.EPERM: LinkFault.PORT_FORBIDDEN,
}
_FIXES = {
    LinkFault.PORT_MISSING: "Plug the board in, or correct the port in the node's configuration.",
    LinkFault.PORT_BUSY: "Stop the other program; one reader a port.",
    LinkFault.PORT_FORBIDDEN: "Add this user to the group of the device, usually `dialout`.",
    LinkFault.PORT_UNUSABLE: "Check that this is a serial device.",
}


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes as they came."""

    data: bytes
    mono_ns: int  # [ns] when they had been read


@dataclass(frozen=True, slots=True)
class PortOpened:
    """The device is there and ours."""

    mono_ns: int  # [ns]


@dataclass(frozen=True, slots=True)
class PortLost:
    """The device went away, or cannot be opened; said once for each reason in a row."""

    error: PortError
    mono_ns: int  # [ns]


class SerialPort:
    """A port that is open, or about to be opened again, until ``close``.

    Args:
        device: path; by-id and by-path names survive replugging.
        clock: gives ``mono_ns``, the host's monotonic nanoseconds.

    Attributes:
        chunks_dropped: [chunks] because nobody took them in time.
        writes_failed: [writes] that the device did not take.
    """

    def __init__(self, device: str, *, clock: Callable[[], int], baud: int = BAUD) -> None:
        self.device = device
        self.chunks_dropped = 0
        self.writes_failed = 0
        self._clock = clock
        self._baud = baud
        # Appending and popping are atomic: the reader thread appends, one caller pops.
        self._queue: deque[Chunk | PortOpened | PortLost] = deque(maxlen=2 * QUEUED_CHUNKS_MAX)
        self._open_port: serial.Serial | None = None
        self._reopen_wait_s = REOPEN_MIN_S
        self._closing = Event()
        self._thread = Thread(target=self._run, name=f"serial {device}", daemon=True)
        self._thread.start()

    def receive(self) -> list[Chunk | PortOpened | PortLost]:
        """Everything that came since the last call, in its order. Never blocks."""
        queue = self._queue
        return [queue.popleft() for _ in range(len(queue))]

    def write(self, data: bytes) -> bool:
        """Send bytes; ``False`` when there is no device or it does not take them."""
        port = self._open_port
        if port is None:
            return False
        try:
            port.write(data)
        except _GONE:
            self.writes_failed += 1
            return False
        return True

    def close(self) -> None:
        """Stop the thread and release the device."""
        self._closing.set()
        port = self._open_port
        if port is not None:
            port.cancel_read()
        self._thread.join(JOIN_TIMEOUT_S)

    # --- reader thread ---

    def _run(self) -> None:
        said: LinkFault | None = None
        while not self._closing.is_set():
            try:
                with open_port(self.device, self._baud) as port:
                    self._open_port = port
                    self._queue.append(PortOpened(self._clock()))
                    said = None
                    self._read_until_gone(port)
            except PortError as error:
                if error.fault is not said:
                    self._queue.append(PortLost(error, self._clock()))
                said = error.fault
            finally:
                self._open_port = None
            self._closing.wait(self._reopen_wait_s)
            self._reopen_wait_s = min(2 * self._reopen_wait_s, REOPEN_MAX_S)

    def _read_until_gone(self, port: serial.Serial) -> None:
        while not self._closing.is_set():
            try:
                # One blocking byte, then what has come with it: never waits for bytes that may not come.
                data = port.read(1)
                if waiting := port.in_waiting:
                    data += port.read(min(waiting, CHUNK_BYTES))
            except _GONE as error:
                raise PortError(
                    LinkFault.UNPLUGGED, "the device went away", where=self.device, found=str(error),
                    fix="Plug it in again; it is opened as soon as it is back.",
                ) from error  # fmt: skip
            if not data:
                continue
            self._reopen_wait_s = REOPEN_MIN_S
            if len(self._queue) < QUEUED_CHUNKS_MAX:
                self._queue.append(Chunk(data, self._clock()))
            else:
                self.chunks_dropped += 1


def open_port(device: str, baud: int = BAUD) -> serial.Serial:
    """Open a serial device for this process alone.

    Raises:
        PortError: it is missing, busy, forbidden or no serial device.
    """
    try:
        return serial.Serial(
            device, baud, timeout=READ_TIMEOUT_S, write_timeout=WRITE_TIMEOUT_S, exclusive=True
        )
    except (*_GONE, ValueError) as error:
        number = getattr(error, "errno", None)
        fault = _FAULTS.get(number, LinkFault.PORT_UNUSABLE) if number else LinkFault.PORT_UNUSABLE
        raise PortError(
            fault, "cannot open the port", where=device, found=str(error), fix=_FIXES[fault]
        ) from error
