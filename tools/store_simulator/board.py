"""One simulated board as a process: a rack's mechanics and load cells behind a real pty.

    python -m tools.store_simulator.board '{"board_id": ...}'      (see BoardSpec)

Forces come as lines on stdin (``forces``), beside the faults that every simulated board understands; the
board ends when stdin does.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from firmware_bridge.errors import BoardCommandError
from firmware_bridge.session import parse_board_id
from firmware_bridge.simulated_board import SimulatedBoard, run_board
from tools.store_simulator.forces import RackForce
from tools.store_simulator.load_cell import LoadCells
from tools.store_simulator.rack import Rack

BLOCK_SAMPLES = 8
"""[samples] computed together: at 80 Hz the 0.1 s that a board puts into one frame."""


class BoardSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a board must know when it is switched on."""

    board_id: str  # 16 hex digits
    link: str  # path of the link to the pty
    rate_hz: int  # [Hz]
    plates: tuple[str, ...]  # in channel order
    load_g: tuple[float, ...]  # [g] on each plate now
    forces: tuple[RackForce, ...]  # already announced
    seed: tuple[int, ...]  # of this rack's mechanics and noise
    second_0_ns: int  # [ns] host monotonic time that forces count from


class RackSignal:
    """Counts of a rack, sample by sample, computed a block at a time.

    Attributes:
        power_up_ns: host monotonic time of sample 0; to be set before that is asked for.
    """

    def __init__(self, spec: BoardSpec) -> None:
        self.rack = Rack(spec.plates, spec.load_g, np.random.default_rng([*spec.seed, 0]))
        for force in spec.forces:
            self.rack.act(force)
        self._cells = LoadCells.of_board(spec.board_id, len(spec.plates))
        self._noise = np.random.default_rng([*spec.seed, 1])
        self.power_up_ns = self._second_0_ns = spec.second_0_ns
        self._rate_hz = spec.rate_hz
        self._first, self._rows = 0, np.empty((0, len(spec.plates)), np.int32)

    def __call__(self, sample: int) -> Sequence[int]:
        """Counts of all channels for a sample; numbers only rise."""
        if sample >= self._first + len(self._rows):
            power_up_s = (self.power_up_ns - self._second_0_ns) / 1e9
            at_s = power_up_s + (sample + np.arange(BLOCK_SAMPLES)) / self._rate_hz
            self._first, self._rows = sample, self._cells.to_counts(self.rack.load_g(at_s), at_s, self._noise)
        row: Sequence[int] = self._rows[sample - self._first]
        return row


def main() -> None:
    """Run the board that the only argument describes until stdin ends."""
    spec = msgspec.json.decode(sys.argv[1].encode(), type=BoardSpec)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us
    counts = RackSignal(spec)

    def act(command: dict[str, Any]) -> None:
        try:
            counts.rack.act(msgspec.convert(command, RackForce))
        except msgspec.ValidationError as error:
            raise BoardCommandError("not a force", found=str(error), expected="see forces.py") from error

    board = SimulatedBoard(
        parse_board_id(spec.board_id), counts, channels=len(spec.plates), rate_hz=spec.rate_hz
    )
    # The first call of advance is the power-up: board and rack must agree on it, whatever start-up cost.
    counts.power_up_ns = time.monotonic_ns()
    board.advance(counts.power_up_ns)
    run_board(board, link=Path(spec.link), on_command=act)


if __name__ == "__main__":
    main()
