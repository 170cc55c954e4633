"""A serial port that survives unplugging.

One thread a port opens it, reads bytes, stamps them and queues them; it parses nothing. When the device goes
away it tries to open it again, ever less often, until it is back or the port is closed.
"""

from __future__ import annotations

import errno
import os
import select
import termios
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread

import serial

from firmware_bridge.errors import PortError
from firmware_bridge.link import LinkFault
from firmware_bridge.port_choice import PortChoice
from firmware_bridge.wire import BAUD

CHUNK_BYTES = 4096
QUEUED_CHUNKS_MAX = 2048
"""[chunks] half a minute of a board behind a usual adapter, which hands over every 16 ms; 1.5 s if each byte
comes alone. More is dropped and counted, and leaves a gap in its numbers."""
WRITE_TIMEOUT_S = 0.1
REOPEN_MIN_S, REOPEN_MAX_S = 0.1, 2.0

_GONE = (serial.SerialException, OSError, termios.error, TypeError)
"""Everything that comes up when a device goes away: OSError from reading; from pyserial 3.5 also its own
error, a ``termios.error`` (which is no OSError), and a TypeError on a port closed meanwhile."""

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
class LineSettings:
    """How bytes travel on the line."""

    baud: int = BAUD  # [Bd]
    character: str = "8N1"  # data bits, parity (none, even, odd), stop bits


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes as they came."""

    data: bytes
    mono_ns: int  # [ns] when they had been read


@dataclass(frozen=True, slots=True)
class PortOpened:
    """The device is there and ours."""

    device: str
    mono_ns: int  # [ns]


@dataclass(frozen=True, slots=True)
class PortLost:
    """The device went away, or cannot be opened; said once for each reason in a row."""

    error: PortError
    mono_ns: int  # [ns]


class SerialPort:
    """A port that is open, or about to be opened again, until ``close``.

    Args:
        choice: which device to open.
        clock: gives ``mono_ns``, the host's monotonic nanoseconds.
        line: how bytes travel.

    Attributes:
        chunks_dropped: [chunks] because nobody took them in time.
        writes_failed: [writes] that the device did not take.
    """

    def __init__(
        self, choice: PortChoice, *, clock: Callable[[], int], line: LineSettings | None = None
    ) -> None:
        self.chunks_dropped = 0
        self.writes_failed = 0
        self._choice = choice
        self._clock = clock
        self._line = line or LineSettings()
        # Appending and popping are atomic: the reader thread appends, one caller pops.
        self._queue: deque[Chunk | PortOpened | PortLost] = deque(maxlen=2 * QUEUED_CHUNKS_MAX)
        self._open_port: serial.Serial | None = None
        self._reopen_wait_s = REOPEN_MIN_S
        self._told_fd, self._tell_fd = os.pipe()  # a byte in it ends every wait of the thread
        self._closing = False
        self._thread = Thread(target=self._run, name=f"serial {choice.name}", daemon=True)
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

    def reject(self, device: str) -> None:
        """Close this device and try the next one that the port's name may mean."""
        self._choice.reject(device)
        os.write(self._tell_fd, b"r")

    def close(self) -> None:
        """Stop the thread and release the device."""
        if self._thread.is_alive():
            self._closing = True
            os.write(self._tell_fd, b"c")
            self._thread.join()
            os.close(self._tell_fd)
            os.close(self._told_fd)

    # --- reader thread ---

    def _run(self) -> None:
        said: LinkFault | None = None
        while not self._closing:
            try:
                with self._open_next() as port:
                    self._open_port = port
                    self._queue.append(PortOpened(str(port.port), self._clock()))
                    said = None
                    self._read_until_told(port)
            except PortError as error:
                if error.fault is not said:
                    self._queue.append(PortLost(error, self._clock()))
                said = error.fault
            finally:
                self._open_port = None
            if select.select([self._told_fd], [], [], self._reopen_wait_s)[0]:
                os.read(self._told_fd, 1)
            self._reopen_wait_s = min(2 * self._reopen_wait_s, REOPEN_MAX_S)

    def _open_next(self) -> serial.Serial:
        """The first device that can be opened; the error of the last one when none can."""
        *others, last = self._choice.candidates()
        for device in others:
            with suppress(PortError):
                return open_port(device, self._line)
        return open_port(last, self._line)

    def _read_until_told(self, port: serial.Serial) -> None:
        while True:
            try:
                # Two system calls a chunk; pyserial's own read needs five, and 64 boards twice the time.
                readable, _, _ = select.select([port.fileno(), self._told_fd], [], [])
                if self._told_fd in readable:
                    return
                data = os.read(port.fileno(), CHUNK_BYTES)
            except _GONE as error:
                raise self._unplugged(port, str(error)) from error
            if not data:
                raise self._unplugged(port, "the end of its bytes")
            self._reopen_wait_s = REOPEN_MIN_S
            if len(self._queue) < QUEUED_CHUNKS_MAX:
                self._queue.append(Chunk(data, self._clock()))
            else:
                self.chunks_dropped += 1

    def _unplugged(self, port: serial.Serial, found: str) -> PortError:
        return PortError(
            LinkFault.UNPLUGGED, "the device went away", where=str(port.port), found=found,
            fix="Plug it in again; it is opened as soon as it is back.",
        )  # fmt: skip


def open_port(device: str, line: LineSettings | None = None) -> serial.Serial:
    """Open a serial device for this process alone.

    Raises:
        PortError: it is missing, busy, forbidden or no serial device.
    """
    line = line or LineSettings()
    data_bits, parity, stop_bits = tuple(line.character)
    try:
        return serial.Serial(
            device,
            line.baud,
            bytesize=int(data_bits),
            parity=parity,
            stopbits=int(stop_bits),
            timeout=0,
            write_timeout=WRITE_TIMEOUT_S,
            exclusive=True,
        )
    except (*_GONE, ValueError) as error:
        number = getattr(error, "errno", None)
        fault = _FAULTS.get(number, LinkFault.PORT_UNUSABLE) if number else LinkFault.PORT_UNUSABLE
        raise PortError(
            fault, "cannot open the port", where=device, found=str(error), fix=_FIXES[fault]
        ) from error
