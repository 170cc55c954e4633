"""``python -m tools.board_emulator``: run the real firmware without hardware.

The first line on stdout is the port to open; commands come on stdin, one a line, and are answered:
``load 0 500000`` puts a load on the first cell, commands.h lists all. Ends with ``quit``, Ctrl-D or Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tools.board_emulator.build import build_emulator, build_firmware
from tools.board_emulator.errors import EmulatorError

EMULATOR_OPTIONS = """\
--cells 1-4         HX711 on the board (4)
--separate-clocks   SCK on PD2 to PD5 instead of PD2 for all
--rate 10|80        samples a second (80)
--drift PPM,...     by how much each cell's oscillator runs fast (0)
--seed N            of the cells' noise (0)
--eeprom FILE       keeps the processor's EEPROM, and with it the board's id, from run to run
--link PATH         symbolic link to the port, the same at every start
"""


def main(arguments: list[str] | None = None) -> None:
    """Build what is needed and become the emulator."""
    parser = argparse.ArgumentParser(
        prog="board_emulator", description=__doc__, epilog=f"options of the emulator:\n{EMULATOR_OPTIONS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument(
        "--firmware", type=Path, metavar="ELF", help="instead of the board's own, freshly built"
    )
    options, emulator_options = parser.parse_known_args(arguments)
    try:
        emulator, firmware = build_emulator(), options.firmware or build_firmware()
    except EmulatorError as error:
        sys.exit(str(error))
    os.execv(emulator, [str(emulator), *emulator_options, str(firmware)])


if __name__ == "__main__":
    main()
