"""The boards that the world has switched on: one process each, told of forces through its stdin."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.child_process import die_with_parent
from edge.config import BoardSection
from tools.store_simulator import forces
from tools.store_simulator.board import BoardSpec
from tools.store_simulator.faults import SensorFault
from tools.store_simulator.forces import RackForce
from tools.store_simulator.rack_signal import RackSpec
from tools.store_simulator.world import World


@dataclass(frozen=True, slots=True)
class PlacedBoard:
    """A board of a node's configuration, its port resolved to a path."""

    section: BoardSection
    port: Path


class Fleet:
    """Starts, feeds and revives board processes; the goods on a board's plates outlive it."""

    def __init__(
        self,
        boards: Iterable[PlacedBoard],
        world: World,
        *,
        seed: int,
        second_0_ns: int,
        misread_share: float,
        rate_error_ppm: float | None,
    ) -> None:
        self._boards = {board.section.rack: board for board in boards}
        self._world, self._seed, self._second_0_ns = world, seed, second_0_ns
        self._misread_share, self._rate_error_ppm = misread_share, rate_error_ppm
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def tend(self, now_s: float) -> None:
        """Switch on every board that is not running."""
        for number, (rack, board) in enumerate(self._boards.items()):
            process = self._processes.get(rack)
            if process is None or process.poll() is not None:
                self._processes[rack] = self._switch_on(rack, board, number, now_s)

    def act(self, rack: str, told: RackForce | SensorFault) -> None:
        """Tell a board of a force or a fault; one that is off learns of it when it is switched on."""
        process = self._processes[rack]
        with suppress(BrokenPipeError):
            if process.stdin is not None:
                process.stdin.write(forces.encoder.encode(told) + b"\n")
                process.stdin.flush()

    def stop(self) -> None:
        """Switch all boards off."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.wait()

    def _switch_on(self, rack: str, board: PlacedBoard, number: int, now_s: float) -> subprocess.Popen[bytes]:
        standing, announced = self._world.rack_at(rack, now_s)
        board.port.parent.mkdir(parents=True, exist_ok=True)
        spec = BoardSpec(
            rack=RackSpec(
                board_id=board.section.board_id,
                rate_hz=board.section.rate_hz,
                plates=board.section.plates,
                standing=standing,
                forces=announced,
                seed=(self._seed, number),
                misread_share=self._misread_share,
                rate_error_ppm=self._rate_error_ppm,
            ),
            link=str(board.port),
            second_0_ns=self._second_0_ns,
        )
        return subprocess.Popen(
            [sys.executable, "-m", "tools.store_simulator.board", msgspec.json.encode(spec).decode()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            preexec_fn=die_with_parent(),  # noqa: PLW1509 - one system call, loaded before
        )
