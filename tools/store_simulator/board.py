"""One simulated board as a process: a rack's mechanics and load cells behind a real pty.

    python -m tools.store_simulator.board '{"rack": {...}, ...}'      (see BoardSpec)

Forces and faults of sensors come as lines on stdin (``forces``, ``faults``), beside the faults that every
simulated board understands; the board ends when stdin does.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from firmware_bridge.errors import BoardCommandError
from firmware_bridge.session import parse_board_id
from firmware_bridge.simulated_board import SimulatedBoard, run_board
from tools.store_simulator.faults import SensorFault
from tools.store_simulator.forces import RackForce
from tools.store_simulator.rack_signal import RackSignal, RackSpec


class BoardSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A board and where it is plugged in."""

    rack: RackSpec
    link: str  # path of the link to the pty
    second_0_ns: int  # [ns] host monotonic time that forces count from


def main() -> None:
    """Run the board that the only argument describes until stdin ends."""
    spec = msgspec.json.decode(sys.argv[1].encode(), type=BoardSpec)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us
    counts = RackSignal(spec.rack)

    def act(command: dict[str, Any]) -> None:
        try:
            counts.act(msgspec.convert(command, RackForce | SensorFault))
        except msgspec.ValidationError as error:
            raise BoardCommandError(
                "neither force nor fault", found=str(error), expected="see forces.py and faults.py"
            ) from error

    def sampled(sample: int) -> Sequence[int]:
        board.samples_to_overflow += counts.dropped(sample)
        row: Sequence[int] = counts(sample).tolist()
        return row

    board = SimulatedBoard(
        parse_board_id(spec.rack.board_id),
        sampled,
        channels=len(spec.rack.plates),
        rate_hz=round(spec.rack.rate_hz),
        drift_ppm=counts.clock.error_ppm,
    )
    # The first call of advance is the power-up: board and rack must agree on it, whatever start-up cost.
    power_up_ns = time.monotonic_ns()
    counts.power_up_s = (power_up_ns - spec.second_0_ns) / 1e9
    board.advance(power_up_ns)
    run_board(board, link=Path(spec.link), on_command=act)


if __name__ == "__main__":
    main()
