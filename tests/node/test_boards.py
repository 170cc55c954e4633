"""Calibrations of boards, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from node_store import BOARD_ID, PLATES, write_store

from edge.clock import SystemClock
from edge.config import BoardSection
from edge.errors import ConfigError
from edge.node.boards import Boards, layouts, load_calibrations
from edge.samples import LinkFault, LinkReport


def board(**changed: object) -> BoardSection:
    content = {"rack": "r", "port": "missing", "board_id": BOARD_ID, "plates": tuple(PLATES), **changed}
    return BoardSection(**content)  # type: ignore[arg-type]


def test_a_calibration_is_found_by_the_boards_own_id(tmp_path: Path) -> None:
    write_store(tmp_path)
    found = load_calibrations([board()], tmp_path)
    assert len(found["r"].channels) == len(PLATES)
    assert load_calibrations([board(board_id="")], tmp_path) == {}
    assert load_calibrations([board(board_id="57ee17a4d00000bb")], tmp_path) == {}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"calibration": "calibration/none.yaml"}, "none.yaml: cannot read the file"),
        (
            {"board_id": "57ee17a4d00000bb", "calibration": f"calibration/{BOARD_ID}.yaml"},
            "calibration of another board, found `57ee17a4d00000aa`, expected `57ee17a4d00000bb`",
        ),
        ({"plates": (*PLATES, "r/1/5")}, "calibration with too few channels, found 4, expected 5"),
    ],
)
def test_a_wrong_calibration_is_named(changed: dict[str, object], told: str, tmp_path: Path) -> None:
    write_store(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load_calibrations([board(**changed)], tmp_path)
    assert told in str(caught.value)


def test_a_missing_port_is_a_typed_state_with_a_hint(tmp_path: Path) -> None:
    assert layouts([board()])[0].plates == tuple(PLATES)
    boards = Boards([board()], clock=SystemClock(), base_dir=tmp_path)
    try:
        heard: list[object] = []
        clock = SystemClock()
        deadline_ns = clock.mono_ns() + 20_000_000_000
        while not heard and clock.mono_ns() < deadline_ns:
            heard += boards.poll()
        assert isinstance(heard[0], LinkReport)
        assert (heard[0].rack, heard[0].fault) == ("r", LinkFault.DISCONNECTED)
        assert str(tmp_path / "missing") in boards.fault
        assert [(rack.rack, rack.connected) for rack in boards.health()] == [("r", False)]
    finally:
        boards.close()
