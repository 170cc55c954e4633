"""``python -m firmware_bridge.simulated_board``: one board with loads set by lines on stdin.

``{"channel": 0, "grams": 621.0}`` puts that much on a channel; ``commands`` lists the faults. The board runs
until stdin ends or it is terminated.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

from firmware_bridge.errors import BoardCommandError, BoardIdError
from firmware_bridge.session import parse_board_id
from firmware_bridge.simulated_board import LoadSignal, SimulatedBoard, run_board
from firmware_bridge.wire import MAX_CHANNELS


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line and run the board."""
    parser = argparse.ArgumentParser(prog="simulated_board", description=__doc__)
    parser.add_argument("--board-id", required=True, help="16 hex digits")
    parser.add_argument("--channels", type=int, default=4, choices=range(1, MAX_CHANNELS + 1), metavar="N")
    parser.add_argument("--rate", type=int, default=80, choices=range(1, 1001), metavar="HZ")
    parser.add_argument("--link", type=Path, help="symbolic link to the pty, the same at every start")
    parser.add_argument("--zero-counts", type=float, default=80_000.0, help="reading of an empty plate")
    parser.add_argument("--counts-per-gram", type=float, default=420.0)
    parser.add_argument("--noise-counts", type=float, default=60.0, help="standard deviation")
    parser.add_argument("--seed", type=int, default=0, help="of the noise")
    options = parser.parse_args(arguments)
    try:
        board_id = parse_board_id(options.board_id)
    except BoardIdError as error:
        parser.error(str(error))
    loads = LoadSignal(
        channels=options.channels,
        zero_counts=options.zero_counts,
        counts_per_gram=options.counts_per_gram,
        noise_counts=options.noise_counts,
        seed=options.seed,
    )

    def set_load(command: dict[str, Any]) -> None:
        channel, grams = command.get("channel"), command.get("grams")
        if not (isinstance(channel, int) and 0 <= channel < options.channels):
            raise BoardCommandError(
                "no such channel", found=repr(channel), expected=f"0 to {options.channels - 1}"
            )
        if not isinstance(grams, int | float):
            raise BoardCommandError("no load", found=repr(grams), expected="`grams`, a number")
        loads.loads_g[channel] = float(grams)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    board = SimulatedBoard(board_id, loads, channels=options.channels, rate_hz=options.rate)
    try:
        run_board(board, link=options.link, commands_fd=sys.stdin.fileno(), on_command=set_load)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
