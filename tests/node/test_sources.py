"""Recordings as a source: pace, racks, and faults in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.config import NodeConfig, RecordingSection
from edge.errors import RecordingError
from edge.node.sources import RecordedSource
from edge.node.station import recorded_station
from edge.planogram import Catalogue, Planogram
from edge.recording.case import CaseSetup, NodeSetup
from edge.recording.mcap_recorder import Recorder
from edge.samples import NS_PER_S, NodeInput, RackLayout, UtcReading, WeightBlock


class SetClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_ns = 5_000 * NS_PER_S

    def mono_ns(self) -> int:
        return self.now_ns

    def utc_s(self) -> float:
        return self.now_ns / NS_PER_S


def block(second: float, rack: str = "r") -> WeightBlock:
    return WeightBlock(rack, int(second * NS_PER_S), NS_PER_S / 20, np.zeros((20, 1)))


def seconds(inputs: list[NodeInput]) -> list[float]:
    return [arrived.mono_ns / NS_PER_S for arrived in inputs]


def test_inputs_come_at_the_pace_that_is_asked_for() -> None:
    clock = SetClock()
    source = RecordedSource(iter([block(100 + second) for second in range(4)]), speed=2.0, clock=clock)
    assert seconds(source.poll()) == [100]
    assert source.poll() == []
    assert source.wait_s() > 0
    clock.now_ns += NS_PER_S
    assert seconds(source.poll()) == [101, 102]
    assert not source.ended
    clock.now_ns += NS_PER_S
    assert seconds(source.poll()) == [103]
    assert source.ended
    assert source.health()[0].rate_hz == 20.0


def test_as_fast_as_possible_comes_in_pieces_and_whole() -> None:
    source = RecordedSource(iter([block(second) for second in range(1000)]), speed=0.0, clock=SetClock())
    got, polls = [], 0
    while not source.ended:
        got += seconds(source.poll())
        polls += 1
    assert got == list(range(1000))
    assert polls > 5


def test_what_comes_before_a_fault_is_delivered() -> None:
    def torn() -> Iterator[NodeInput]:
        yield block(0)
        raise RecordingError("the recording is truncated", where="x.mcap")

    source = RecordedSource(torn(), speed=0.0, clock=SetClock())
    assert seconds(source.poll()) == [0]
    assert source.ended
    assert source.fault == "x.mcap: the recording is truncated"


@pytest.fixture
def two_nodes(tmp_path: Path) -> Path:
    """A recording of nodes `a` (racks p and q) and `b` (rack r)."""
    racks = {"a": ("p", "q"), "b": ("r",)}
    nodes = {
        node: NodeSetup(boot="old", racks=tuple(RackLayout(rack, ("1/1/1",), 20.0) for rack in names))
        for node, names in racks.items()
    }
    file = tmp_path / "two.mcap"
    with Recorder(file, CaseSetup.of("two", nodes, Catalogue(()), Planogram("1", {}, ()))) as recorder:
        for node, names in racks.items():
            recorder.input(node, UtcReading(mono_ns=0, utc_s=1_700_000_000.0, synchronized=True))
            for rack in names:
                recorder.input(node, block(1, rack))
    return file


def config(node: str, file: Path, **changed: object) -> NodeConfig:
    recording = RecordingSection(path=str(file), format="mcap", **changed)  # type: ignore[arg-type]
    return NodeConfig(store="s", node=node, recording=recording)


@pytest.mark.parametrize(
    ("node", "chosen", "racks", "inputs"),
    [("a", (), ["p", "q"], 3), ("a", ("q",), ["q"], 2), ("b", (), ["r"], 2), ("other", ("r",), ["r"], 2)],
)
def test_a_node_plays_its_part_of_a_recording(
    node: str, chosen: tuple[str, ...], racks: list[str], inputs: int, two_nodes: Path
) -> None:
    wanted = config(node, two_nodes, racks=chosen, boot="again")
    assert wanted.recording is not None
    station = recorded_station(wanted, wanted.recording, Path(), SetClock())
    assert [rack.rack for rack in station.setup.racks] == racks
    assert station.setup.boot == "again"
    assert len(station.source.poll()) == inputs


@pytest.mark.parametrize(("node", "chosen"), [("other", ()), ("a", ("nowhere",))])
def test_a_recording_that_leaves_it_open_is_refused(
    node: str, chosen: tuple[str, ...], two_nodes: Path
) -> None:
    wanted = config(node, two_nodes, racks=chosen)
    assert wanted.recording is not None
    with pytest.raises(RecordingError, match=r"two\.mcap: .*which of its nodes"):
        recorded_station(wanted, wanted.recording, Path(), SetClock())
