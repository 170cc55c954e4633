"""``steelyard calibrate`` while a node holds the board: the plate is set aside, its neighbours go on."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from node_store import (
    BOARD_ID,
    COUNTS_PER_GRAM,
    PLATES,
    ZERO_COUNTS,
    AcknowledgingAggregator,
    Board,
    NodeProcess,
    wait_until,
    write_config,
)

from edge.broker.embedded import BrokerKind
from edge.config import CalibrationFile
from edge.messages import SensorState, ShelfEvent
from edge.yaml_file import load_yaml

sys.path.insert(0, str(Path(__file__).parent.parent / "cli"))
from technician import QUICK, Finished, follow, steelyard

# What is tested is the desk behind the broker; test_node_process tries both brokers.
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("broker", [BrokerKind.NATS], indirect=True)]

PLATE, NEIGHBOUR = PLATES[0], PLATES[1]


class FirstPlate:
    """The board's first plate under a technician's hands."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def put(self, grams: float) -> None:
        self._board.put(0, grams)


class Store:
    """A running node whose first plate's gain is 3 % off."""

    def __init__(self, folder: Path, board: Board, aggregator: AcknowledgingAggregator) -> None:
        self.folder, self.board, self.aggregator = folder, board, aggregator
        self.calibration = folder / "calibration" / f"{BOARD_ID}.yaml"

    def states(self) -> dict[str, SensorState]:
        health = self.aggregator.health
        return {plate.plate: plate.state for plate in health.plates if plate.settled} if health else {}

    def wait_weighing(self) -> None:
        wait_until(
            lambda: set(self.states().values()) == {SensorState.OK} and len(self.states()) == 4, "rest"
        )

    def events(self) -> list[ShelfEvent]:
        return [each for each in self.aggregator.messages.values() if isinstance(each, ShelfEvent)]

    def calibrate(self, at_request: object = None, *options: object) -> Finished:
        command = steelyard(
            "calibrate", PLATE, "--config", self.folder / "node.yaml", *QUICK, "--masses", "1000",
            "--repeats", 1, "--hands-free", "--accept", "any", *options,
        )  # fmt: skip
        return follow(FirstPlate(self.board), command, at_request=at_request)


@pytest.fixture
def store(store_dir: Path, broker: object, aggregator: AcknowledgingAggregator) -> Iterator[Store]:
    calibration = store_dir / "calibration" / f"{BOARD_ID}.yaml"
    channel = "{zero_counts: %s, counts_per_gram: %s}"
    rows = [channel % (ZERO_COUNTS, COUNTS_PER_GRAM * share) for share in (0.97, 1, 1, 1)]
    calibration.write_text(
        f"# Written by a test\nboard_id: {BOARD_ID}\ndate: x\nchannels: [{', '.join(rows)}]\n"
    )
    with Board(store_dir / "board") as board, NodeProcess(write_config(store_dir, broker.port)):
        board.put(1, 800.0)
        running = Store(store_dir, board, aggregator)
        running.wait_weighing()
        yield running


def test_a_plate_is_calibrated_under_a_running_node(store: Store) -> None:
    neighbour_g = iter([400.0])

    def shop(number: int, _: subprocess.Popen[bytes]) -> None:
        """Somebody takes a can from the plate beside, once."""
        if number == 2:
            store.board.put(1, next(neighbour_g))

    finished = store.calibrate(shop)
    assert finished.code == 0, finished.err
    assert "publishes no events of this plate" in finished.out
    assert f"new in force: {PLATE}" in finished.out
    assert any(
        plate.state is SensorState.CALIBRATING
        for health in store.aggregator.healths for plate in health.plates if plate.plate == PLATE
    )  # fmt: skip
    store.wait_weighing()
    assert [plate.plate for event in store.events() for plate in event.plates] == [NEIGHBOUR]
    channels = load_yaml(store.calibration, CalibrationFile).channels
    assert channels[0] is not None
    assert channels[0].counts_per_gram == pytest.approx(COUNTS_PER_GRAM, rel=1e-3)

    store.board.put(0, 400.0)
    event = wait_until(lambda: [each for each in store.events() if each.plates[0].plate == PLATE], "the can")[
        0
    ]
    assert event.delta_g == pytest.approx(400.0, abs=2.0)


def test_a_technician_who_is_lost_leaves_the_plate_weighing_as_before(store: Store) -> None:
    content = store.calibration.read_bytes()

    def kill(number: int, process: subprocess.Popen[bytes]) -> None:
        if number == 2:
            wait_until(lambda: SensorState.CALIBRATING in _all_states(store), "the plate is set aside")
            process.send_signal(signal.SIGKILL)

    assert store.calibrate(kill).code == -signal.SIGKILL
    store.wait_weighing()
    assert store.calibration.read_bytes() == content
    assert store.events() == []


def _all_states(store: Store) -> list[SensorState]:
    health = store.aggregator.health
    return [plate.state for plate in health.plates] if health else []
