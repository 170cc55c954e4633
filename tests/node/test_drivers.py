"""From a board's section to its driver, and from a scale on a pty to an event."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from node_store import CAN_G, write_store

from edge import samples
from edge.clock import SystemClock
from edge.config import (
    DRIVERS,
    BoardSection,
    FusionSection,
    Hx711TextSection,
    ModbusInputSection,
    ModbusRtuSection,
    MtSicsSection,
    WeightSection,
)
from edge.messages import EventKind, ShelfEvent
from edge.node.boards import Boards, layouts, load_calibrations
from edge.node.drivers import open_driver
from edge.node.pipeline import NodePipeline
from edge.planogram import load_catalogue, load_planogram
from edge.samples import CountBlock, LinkReport, NodeInput, WeightBlock
from firmware_bridge.drivers import interface
from firmware_bridge.errors import DriverMissingError
from firmware_bridge.simulated_scales import DeviceLine, MtSicsScale, TextSketch

OPTIONS: dict[str, dict[str, Any]] = {
    "steelyard": {"board_id": "57ee17a4d00000aa"},
    "hx711_text": {"hx711_text": Hx711TextSection(unit="kg", pattern=r"(\S+) kg")},
    "mt_sics": {"mt_sics": MtSicsSection(ask=True), "resolution_g": 1.0},
    "modbus_rtu": {
        "modbus_rtu": ModbusRtuSection(inputs=(ModbusInputSection(slave=1),), number="float32"),
        "resolution_g": 1.0,
    },
}


def section(driver: str, **changed: Any) -> BoardSection:
    options = {"rack": "r", "port": "port", "plates": ("r/1/1",), **OPTIONS[driver], **changed}
    return BoardSection(driver=driver, **options)


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_driver_opens_and_waits_for_its_port(driver: str, tmp_path: Path) -> None:
    opened = open_driver(section(driver), port=str(tmp_path / "none"), clock=time.monotonic_ns)
    assert opened.health.rate_hz == 0
    assert opened.status.fault is None
    opened.close()
    assert not any(str(tmp_path) in thread.name for thread in threading.enumerate())


def test_a_driver_without_its_library_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "pymodbus.framer", None)
    with pytest.raises(DriverMissingError, match="needs pymodbus") as caught:
        Boards([section("modbus_rtu")], clock=SystemClock(), base_dir=tmp_path)
    assert "steelyard[modbus]" in caught.value.fix


def test_a_scale_that_gives_grams_needs_no_calibration(tmp_path: Path) -> None:
    (tmp_path / "calibration").mkdir()
    (tmp_path / "calibration" / "left.yaml").write_text("not even yaml: [")
    assert load_calibrations([section("hx711_text", board_id="left")], tmp_path) == {}


def test_a_scales_step_belongs_to_its_rack() -> None:
    assert layouts([section("mt_sics", resolution_g=5.0)])[0].resolution_g == 5.0


class Rig:
    """One scale on a pty, as the node's loop sees it."""

    def __init__(self, board: BoardSection, device: Any, folder: Path) -> None:
        self.line = DeviceLine(device, folder / "port")
        self.line.plug_in()
        self.boards = Boards([board], clock=SystemClock(), base_dir=folder)

    def hear(self, kind: type[NodeInput], count: int) -> list[Any]:
        heard: list[Any] = []
        deadline_s = time.monotonic() + 20
        while len([each for each in heard if isinstance(each, kind)]) < count:
            assert time.monotonic() < deadline_s, self.boards.fault
            time.sleep(0.02)
            heard += self.boards.poll()
        return [each for each in heard if isinstance(each, kind)]

    def close(self) -> None:
        self.boards.close()
        self.line.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("board", "device", "kind", "value"),
    [
        (
            section("hx711_text", hx711_text=Hx711TextSection(), rate_hz=20.0),
            lambda: TextSketch(lambda _: "HX711 reading: -8388608", rate_hz=20.0),
            CountBlock,
            -8388608,
        ),
        (
            section("mt_sics", mt_sics=None, board_id="B021002593", rate_hz=10.0),
            lambda: MtSicsScale(lambda _: "S      1.250 kg"),
            WeightBlock,
            1250.0,
        ),
    ],
    ids=["counts", "grams"],
)
def test_counts_stay_counts_and_grams_are_weights(
    board: BoardSection, device: Any, kind: type[NodeInput], value: float, tmp_path: Path
) -> None:
    rig = Rig(board, device(), tmp_path)
    try:
        (up,) = rig.hear(LinkReport, 1)
        assert up.fault is None
        for block in rig.hear(kind, 5):
            assert (block.grams if isinstance(block, WeightBlock) else block.counts).tolist() == [[value]]
        (health,) = rig.boards.health()
        assert health.connected
        assert health.rate_hz == pytest.approx(board.rate_hz, rel=0.1)
        assert health.jitter_ms >= 0
        assert rig.boards.fault == ""
    finally:
        rig.close()


@pytest.mark.slow
def test_a_can_taken_from_a_bench_scale_is_an_event(tmp_path: Path) -> None:
    """No calibration, whole grams, ten readings a second: the pipeline sees the pick all the same."""
    write_store(tmp_path)
    board = section("mt_sics", mt_sics=None, rate_hz=10.0, resolution_g=1.0)
    catalogue = load_catalogue(tmp_path / "catalogue.yaml")
    pipeline = NodePipeline(
        node="n1",
        boot="b1",
        racks=layouts([board]),
        planogram=load_planogram(tmp_path / "planogram.yaml", catalogue),
        catalogue=catalogue,
        weight=WeightSection(),
        fusion=FusionSection(),
        calibrations=load_calibrations([board], tmp_path),
    )
    taken = threading.Event()
    scale = MtSicsScale(lambda _: f"S {round(3.2 * CAN_G - taken.is_set() * CAN_G):10} g")
    rig = Rig(board, scale, tmp_path)
    try:
        pipeline.step(rig.hear(WeightBlock, 60))
        taken.set()
        said = pipeline.step(rig.hear(WeightBlock, 30))
    finally:
        rig.close()
    events = [each for each in said if isinstance(each, ShelfEvent)]
    assert {event.kind for event in events} == {EventKind.PICK}
    assert events[-1].delta_g == pytest.approx(-CAN_G, abs=1.0)
    assert events[-1].hypotheses[0].items[0].sku == "4000001"


@pytest.mark.slow
def test_a_wrong_rate_and_a_wrong_scale_are_told(tmp_path: Path) -> None:
    board = section("mt_sics", mt_sics=None, rate_hz=80.0)
    rig = Rig(board, MtSicsScale(lambda _: "S      1.250 kg"), tmp_path)
    try:
        rig.hear(WeightBlock, 5)
        assert "correct `rate_hz`, now 80" in rig.boards.fault
    finally:
        rig.close()
    rig = Rig(
        section("mt_sics", mt_sics=None, board_id="other"), MtSicsScale(lambda _: "S 1.250 kg"), tmp_path
    )
    try:
        assert rig.hear(LinkReport, 1)[0].fault is not None
        assert "found B021002593, expected other" in rig.boards.fault
    finally:
        rig.close()


def test_a_failed_read_has_one_name_on_both_sides_of_the_bridge() -> None:
    assert samples.NO_READING == interface.NO_READING
