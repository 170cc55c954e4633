"""``steelyard calibrate --simulate``: a board behind a real pty, and a hand that follows the steps."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.calibration.steps import CORNERS, Step, StepKind
from edge.child_process import die_with_parent
from edge.cli.calibrate.source import CountsSource
from edge.config import BoardSection
from edge.errors import StartError

BOARD_ID = "51511a7ed0ca11b0"
CORNER_SHARE = 2e-4
"""[1] by which the simulated plate reads too much on its left and too little on its right."""


class SimulatedBoardProcess:
    """``python -m firmware_bridge.simulated_board`` as a child, and its plates."""

    def __init__(self, link: Path, channels: int, rate_hz: int) -> None:
        command = [
            sys.executable, "-m", "firmware_bridge.simulated_board", "--board-id", BOARD_ID,
            "--link", str(link), "--channels", str(channels), "--rate", str(rate_hz),
            "--zero-counts", "-61234.5", "--counts-per-gram", "208.77", "--noise-counts", "90",
        ]  # fmt: skip
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=die_with_parent(),  # noqa: PLW1509 - one system call, loaded before the fork
        )  # fmt: skip
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        if not self._process.stdout.readline():
            raise StartError("the simulated board did not start", where=str(link))

    def put(self, channel: int, grams: float) -> None:
        """So much lies on the plate from now on."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        self._process.stdin.write(json.dumps({"channel": channel, "grams": grams}) + "\n")
        self._process.stdin.flush()

    def stop(self) -> None:
        """End of stdin ends it."""
        self._process.communicate(timeout=10)


class SimulatedHand:
    """Puts exactly what is asked for on the simulated plate."""

    retries = 0

    def __init__(self, board: SimulatedBoardProcess, channel: int, settle_s: float) -> None:
        self._board, self._channel, self._settle_s = board, channel, settle_s

    def place(self, step: Step, source: CountsSource) -> None:
        """See ``Hand``."""
        del source
        if step.kind is StepKind.CREEP_END:
            time.sleep(step.hold_s)
            return
        side = 0.0
        if step.place in CORNERS:
            side = CORNER_SHARE if step.place.endswith("left") else -CORNER_SHARE
        self._board.put(self._channel, step.load.nominal_g * (1 + side))
        time.sleep(max(self._settle_s, 0.25))  # a block that was begun before holds the old load

    def agrees(self, question: str) -> bool:
        """See ``Hand``."""
        del question
        return True


@contextmanager
def simulated_board(
    plate: str, settle_s: float, rate_hz: int = 80
) -> Iterator[tuple[BoardSection, Path, SimulatedHand]]:
    """A running board with this plate: its configuration, the folder of its port, and a hand."""
    with tempfile.TemporaryDirectory(prefix="steelyard-") as folder:
        link = Path(folder, "board")
        board = SimulatedBoardProcess(link, 1, rate_hz)
        try:
            section = BoardSection(
                rack="simulated", port=link.name, board_id=BOARD_ID, plates=(plate,), rate_hz=rate_hz
            )
            yield section, Path(folder), SimulatedHand(board, 0, settle_s)
        finally:
            board.stop()
