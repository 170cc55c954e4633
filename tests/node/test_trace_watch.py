"""Plates that somebody looks at: asked for, said, and over when nobody asks any more."""

from __future__ import annotations

import numpy as np
import pytest

from edge.messages import Command, CommandVerb, PlateTrace
from edge.node.trace_watch import LEASE_MAX_S, PERIOD_S, TraceWatch
from edge.samples import NS_PER_S, NodeInput, RackLayout, UtcReading, WeightBlock

RACKS = (RackLayout("a", ("r/1/1", "r/1/2"), 80.0), RackLayout("b", ("r/2/1",), 80.0))
PERIOD_NS = 12_500_000
UTC = UtcReading(mono_ns=0, utc_s=1000.0, synchronized=True)


def block(rack: str, at_s: float, *columns: float) -> WeightBlock:
    """A tenth of a second of steady weights."""
    return WeightBlock(rack, round(at_s * NS_PER_S), float(PERIOD_NS), np.tile(np.array(columns), (8, 1)))


def watch() -> TraceWatch:
    return TraceWatch(RACKS, lambda each: each)


def ask(at: TraceWatch, plates: str, lease_s: object = 10, mono_s: float = 0.0) -> str:
    """Empty when it is obeyed."""
    arguments = {"plates": plates, "lease_s": str(lease_s)}
    command = Command(correlation="c", verb=CommandVerb.WATCH, arguments=arguments)
    reply = at.obey(command, round(mono_s * NS_PER_S))
    return "" if reply.ok else reply.detail


def play(at: TraceWatch, from_s: float, to_s: float) -> list[PlateTrace]:
    said: list[PlateTrace] = []
    for step in range(round(from_s * 10), round(to_s * 10)):
        inputs: list[NodeInput] = [UTC] if step == 0 else []
        inputs += [block("a", step / 10, 100.0 + step, np.nan), block("b", step / 10, 7.0)]
        said += at.update(inputs, round(step / 10 * NS_PER_S))
    return said


def test_nothing_is_said_while_nobody_looks() -> None:
    assert play(watch(), 0.0, 3.0) == []


def test_watched_plates_are_said_without_gap_or_overlap() -> None:
    at = watch()
    assert ask(at, "r/1/1,r/1/2") == ""
    said = play(at, 0.0, 4.0)
    assert {trace.plate for trace in said} == {"r/1/1", "r/1/2"}
    own = [trace for trace in said if trace.plate == "r/1/1"]
    times = [trace.t_first + index * trace.period_s for trace in own for index in range(len(trace.grams))]
    assert np.diff(times) == pytest.approx(PERIOD_S)
    grams = [value for trace in own for value in trace.grams]
    assert times[0] == pytest.approx(1000.0)
    assert grams[0] == 100.0
    assert grams == sorted(grams)
    assert len(grams) >= 60
    faulty = [value for trace in said if trace.plate == "r/1/2" for value in trace.grams]
    assert set(faulty) == {None}


def test_it_is_over_when_nobody_asks_again() -> None:
    at = watch()
    play(at, 0.0, 0.1)  # the clock
    ask(at, "r/2/1", lease_s=2)
    assert {trace.plate for trace in play(at, 0.1, 2.0)} == {"r/2/1"}
    assert play(at, 2.0, 5.0) == []
    ask(at, "r/2/1", lease_s=2, mono_s=5.0)
    (first, *_) = play(at, 5.0, 7.0)
    assert first.t_first == pytest.approx(1005.0), "what was weighed meanwhile is not told"


@pytest.mark.parametrize(
    ("plates", "lease_s", "said"),
    [
        ("", 10, "which `plates`"),
        ("r/9/9", 10, "no plate `r/9/9`"),
        ("r/1/1", "soon", "lease_s"),
        ("r/1/1", "nan", "lease_s"),
        ("r/1/1", 0, "lease_s"),
        ("r/1/1", LEASE_MAX_S + 1, "lease_s"),
    ],
)
def test_bad_requests_are_refused_and_watch_nothing(plates: str, lease_s: object, said: str) -> None:
    at = watch()
    assert said in ask(at, plates, lease_s)
    assert play(at, 0.0, 2.0) == []
