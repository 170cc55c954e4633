"""A device behind a pty that can be pulled out and plugged in again, and a line that lies."""

from __future__ import annotations

import select
import threading
import time
from pathlib import Path

from firmware_bridge.simulated_board.process import PtyLine
from firmware_bridge.simulated_scales.device import Device

STEP_S = 0.005
"""[s] between two looks at the device: how late it may speak."""


class DeviceLine:
    """Runs a device in real time. Its port's name is a symlink, as udev makes one: it goes with the device.

    Args:
        device: powered from now on, whether it is plugged in or not.
        link: symlink to make.

    Attributes:
        silent: fault: nothing that the device says arrives.
        piece_bytes: fault: it arrives in pieces of so many bytes; 0: whole.
    """

    def __init__(self, device: Device, link: Path) -> None:
        self.silent = False
        self.piece_bytes = 0
        self._device, self._link = device, link
        self._line: PtyLine | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"device {link}", daemon=True)
        self._thread.start()

    def plug_in(self) -> None:
        """Make the port."""
        with self._lock:
            self._line = PtyLine(self._link)

    def unplug(self) -> None:
        """Take the port away."""
        with self._lock:
            if self._line is not None:
                self._line.close()
            self._line = None

    def inject(self, data: bytes) -> None:
        """Bytes on the line that the device never said."""
        with self._lock:
            if self._line is not None:
                self._line.write(data)

    def close(self) -> None:
        """Stop the device and take its port away."""
        self._stop.set()
        self._thread.join()
        self.unplug()

    def _run(self) -> None:
        while not self._stop.wait(STEP_S):
            with self._lock:
                said = self._device.advance(time.monotonic_ns())
                if self._line is not None:
                    self._speak(self._line, said)

    def _speak(self, line: PtyLine, said: bytes) -> None:
        if select.select([line], [], [], 0)[0]:
            said += self._device.receive(line.read())
        if not self.silent:
            step = self.piece_bytes or max(1, len(said))
            for start in range(0, len(said), step):
                line.write(said[start : start + step])
