"""A device behind a pty that can be pulled out and plugged in again, and a line that lies."""

from __future__ import annotations

import select
import threading
import time
from pathlib import Path

from scale_devices import Device

from firmware_bridge.simulated_board.process import PtyLine

STEP_S = 0.005


class DeviceLine:
    """Runs a device in real time. Its port's name is a symlink, as udev makes one: it goes with the device.

    Attributes:
        silent: the device says nothing.
        piece_bytes: what it says comes in pieces of so many bytes; 0: as it says it.
    """

    def __init__(self, device: Device, link: Path) -> None:
        self.silent = False
        self.piece_bytes = 0
        self._device, self._link = device, link
        self._line: PtyLine | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def plug_in(self) -> None:
        with self._lock:
            self._line = PtyLine(self._link)

    def unplug(self) -> None:
        with self._lock:
            if self._line is not None:
                self._line.close()
            self._line = None

    def inject(self, data: bytes) -> None:
        """Bytes that the device never said."""
        with self._lock:
            assert self._line is not None
            self._line.write(data)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.unplug()

    def _run(self) -> None:
        while not self._stop.wait(STEP_S):
            with self._lock:
                said = self._device.advance(time.monotonic_ns())
                line = self._line
                if line is None:
                    continue
                if select.select([line], [], [], 0)[0]:
                    said += self._device.receive(line.read())
                if not self.silent:
                    step = self.piece_bytes or max(1, len(said))
                    for start in range(0, len(said), step):
                        line.write(said[start : start + step])
