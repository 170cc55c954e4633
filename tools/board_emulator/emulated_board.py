"""An emulated board as a process: its port, its loads, its faults."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType

from firmware_bridge.errors import BoardCommandError
from tools.board_emulator.build import build_emulator
from tools.board_emulator.errors import EmulatorStoppedError

STOP_S = 10.0
"""[s] for the emulator to end once it is told to; it takes milliseconds."""


class StuckAt(StrEnum):
    """A DOUT line that does not move."""

    LOW = "low"
    HIGH = "high"  # as a cell that is not there


class Pulse(StrEnum):
    """A clock pulse that one cell sees wrong."""

    MISSING = "missing"
    EXTRA = "extra"


class ResetCause(StrEnum):
    """Who resets a board; only the button spares the cells."""

    BUTTON = "reset"
    BROWN_OUT = "brownout"
    POWER = "power"


@dataclass(frozen=True, slots=True)
class CellReport:
    """What one HX711 has seen since it was made; see ``hx711.h``."""

    conversions: int  # that ended with data
    reads: int  # of all 24 bits
    overwritten: int  # [conversions] that nobody read
    torn: int  # [reads] into which the next conversion fell
    power_downs: int
    hasty_edges: int  # of SCK, sooner than the data sheet allows
    gain_pulses: int  # 25: channel A, gain 128; 26: B, 32; 27: A, 64
    powered: int  # 0 or 1


@dataclass(frozen=True, slots=True)
class BoardReport:
    """The processor from outside."""

    resets: int  # since it was switched on
    watchdog_resets: int  # of these
    led: int  # 0 or 1


class EmulatedBoard:
    """Firmware, one to four cells and a serial port; runs in real time from construction on.

    Args:
        firmware: ELF file for an ATmega328P at 16 MHz.
        cells: HX711 on the board.
        separate_clocks: each cell has an SCK pin of its own.
        rate_sps: [samples/s] 10 or 80, the strap of all cells.
        drift_ppm: [ppm] by how much each cell's oscillator runs fast; cells beyond the last are exact.
        seed: of the cells' noise.
        eeprom: file that keeps the processor's EEPROM; made when it is not there, None forgets.
        link: symbolic link to the port, the same at every start.

    Raises:
        EmulatorBuildError: the emulator cannot be built here.
        EmulatorStoppedError: it did not start.
    """

    def __init__(
        self,
        firmware: Path,
        *,
        cells: int = 4,
        separate_clocks: bool = False,
        rate_sps: int = 80,
        drift_ppm: Sequence[float] = (),
        seed: int = 0,
        eeprom: Path | None = None,
        link: Path | None = None,
    ) -> None:
        command = [str(build_emulator()), str(firmware), f"--cells={cells}", f"--rate={rate_sps}"]
        command += [f"--seed={seed}"] + ["--separate-clocks"] * separate_clocks
        if drift_ppm:
            command.append(f"--drift={','.join(map(str, drift_ppm))}")
        command += [f"--{name}={path}" for name, path in (("eeprom", eeprom), ("link", link)) if path]
        self._remarks = TemporaryFile("w+")  # noqa: SIM115 - a pipe that nobody reads would fill up
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._remarks, text=True
        )
        self._link = link
        self.port = link or Path(self._answer())
        if link:
            self._answer()  # the pty's own path

    def load(self, cell: int, counts: float) -> None:
        """The strain of a cell from now on."""
        self.command("load", cell, counts)

    def ramp(self, cell: int, counts: float, over_s: float) -> None:
        """To this strain, in a straight line."""
        self.command("ramp", cell, counts, over_s * 1e3)

    def play(self, cell: int, counts: Iterable[float], rate_hz: float) -> None:
        """A strain over time, from now on; straight between its points, and the last one stays."""
        self.command("wave", cell, rate_hz, *counts)

    def noise(self, cell: int, counts: float) -> None:
        """White noise of a cell: its standard deviation."""
        self.command("noise", cell, counts)

    def rate(self, cell: int, rate_sps: int) -> None:
        """Strap a cell to 10 or 80 samples a second."""
        self.command("rate", cell, rate_sps)

    def drift(self, cell: int, fast_ppm: float) -> None:
        """Let a cell's oscillator run fast."""
        self.command("drift", cell, fast_ppm)

    def stick(self, cell: int, level: StuckAt) -> None:
        """Fault: DOUT of a cell keeps this level until it is freed."""
        self.command("stick", cell, level)

    def free(self, cell: int) -> None:
        """End of ``stick``."""
        self.command("free", cell)

    def tear(self, cell: int, pulse: Pulse) -> None:
        """Fault: a cell sees one pulse wrong in the next read."""
        self.command("tear", cell, pulse)

    def glitch(self, cell: int) -> None:
        """Fault: a cell loses power for a moment."""
        self.command("glitch", cell)

    def reset(self, cause: ResetCause) -> None:
        """Restart the processor."""
        self.command(cause)

    def hang(self) -> None:
        """Fault: the firmware runs away, interrupts off."""
        self.command("hang")

    def report(self, cell: int) -> CellReport:
        """What a cell has seen so far."""
        return CellReport(**self._numbers("report", cell))

    def state(self) -> BoardReport:
        """The processor from outside."""
        return BoardReport(**self._numbers("board"))

    def command(self, *words: object) -> str:
        """Send one command of ``commands.h``; returns what follows the ``ok``.

        Raises:
            BoardCommandError: the emulator refuses it.
            EmulatorStoppedError: it runs no more.
        """
        line = " ".join(map(str, words))
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except OSError:
            raise self._stopped() from None
        verdict, _, rest = self._answer().partition(" ")
        if verdict != "ok":
            raise BoardCommandError(rest, where=line[:80])
        return rest

    def kill(self) -> None:
        """Pull the plug: kill -9; the link goes first, as udev would have it: the pty is soon another's."""
        if self._link:
            self._link.unlink(missing_ok=True)
        self.process.kill()
        self.process.communicate()

    def close(self) -> None:
        """Switch off. Harmless on a board that is gone."""
        if self.process.returncode is None:
            self.process.terminate()
            self.process.communicate(timeout=STOP_S)

    def __enter__(self) -> EmulatedBoard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _numbers(self, *words: object) -> dict[str, int]:
        answer = self.command(*words).split()
        return {name: int(number) for name, number in zip(answer[::2], answer[1::2], strict=True)}

    def _answer(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise self._stopped()
        return line.rstrip("\n")

    def _stopped(self) -> EmulatorStoppedError:
        self.process.communicate(timeout=STOP_S)
        self._remarks.seek(0)
        said = " ".join(self._remarks.read().split())[-400:]
        return EmulatorStoppedError(
            "the emulator has ended",
            where="board emulator",
            found=said or f"status {self.process.returncode}",
        )
