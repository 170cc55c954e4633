"""Build the emulator and the firmware that it runs; costs nothing when nothing has changed."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

from tools.board_emulator.errors import EmulatorBuildError

EMULATOR_DIR = Path(__file__).parent
FIRMWARE_DIR = EMULATOR_DIR.parent.parent / "firmware_bridge" / "firmware"
PACKAGES = {
    "make": "make",
    "cc": "gcc",
    "simavr": "simavr libsimavr-dev libelf-dev",
    "avr-gcc": "gcc-avr avr-libc",
}
"""Program -> packages of Debian and Ubuntu that bring it and its libraries."""


def build_emulator() -> Path:
    """The emulator's program.

    Raises:
        EmulatorBuildError: a package is missing, or the compiler complains.
    """
    return _make(EMULATOR_DIR, "build/board_emulator", needs=("make", "cc", "simavr"))


def build_converter() -> Path:
    """``hx711.c`` alone, as a shared library.

    Raises:
        EmulatorBuildError: a package is missing, or the compiler complains.
    """
    return _make(EMULATOR_DIR, "build/libhx711.so", needs=("make", "cc"))


def build_firmware() -> Path:
    """The firmware for an Arduino Uno or Nano, an ELF file.

    Raises:
        EmulatorBuildError: a package is missing, or the compiler complains.
    """
    return _make(FIRMWARE_DIR, "build/steelyard-uno.elf", needs=("make", "avr-gcc"))


def _make(folder: Path, target: str, *, needs: tuple[str, ...]) -> Path:
    missing = [program for program in needs if shutil.which(program) is None]
    if missing:
        raise EmulatorBuildError(
            "cannot be built on this machine", where=str(folder / target), found=f"no {', '.join(missing)}",
            fix=f"sudo apt-get install {' '.join(PACKAGES[program] for program in missing)}",
        )  # fmt: skip
    with (folder / "Makefile").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one build at a time, whoever asks
        made = subprocess.run(
            ["make", "--silent", "-C", folder, target], capture_output=True, text=True, check=False
        )
    if made.returncode:
        raise EmulatorBuildError(
            "does not compile", where=str(folder / target), found=made.stderr.strip()[-2000:],
            fix=f"It needs the packages {' '.join(PACKAGES[program] for program in needs)}.",
        )  # fmt: skip
    return folder / target
