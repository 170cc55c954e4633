"""A whole board without hardware: the real AVR firmware in simavr, with emulated HX711 and a pty.

``python -m tools.board_emulator`` runs one by hand; tests use ``EmulatedBoard``. The emulator itself is the C
beside this file: ``hx711.c`` is the converter, ``strain.c`` its load cell, ``board.c`` the wiring.
"""

from tools.board_emulator.build import build_emulator, build_firmware
from tools.board_emulator.emulated_board import (
    BoardReport,
    CellReport,
    EmulatedBoard,
    Pulse,
    ResetCause,
    StuckAt,
)
from tools.board_emulator.errors import EmulatorBuildError, EmulatorError, EmulatorStoppedError

__all__ = [
    "BoardReport",
    "CellReport",
    "EmulatedBoard",
    "EmulatorBuildError",
    "EmulatorError",
    "EmulatorStoppedError",
    "Pulse",
    "ResetCause",
    "StuckAt",
    "build_emulator",
    "build_firmware",
]
