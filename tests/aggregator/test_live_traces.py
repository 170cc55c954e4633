"""The last minute of what watched plates weigh."""

from __future__ import annotations

from edge.aggregator.live_traces import KEPT_S, PLATES_MAX, LiveTraces
from edge.messages import NodeTrace, PlateTrace


def said(t: float, *grams: float | None, plate: str = "wall/1/1") -> NodeTrace:
    return NodeTrace(node="n1", boot="b1", traces=(PlateTrace(plate, t, 0.5, grams),))


def test_points_follow_each_other_and_repetitions_change_nothing() -> None:
    traces = LiveTraces()
    assert traces.of("wall/1/1") == ()
    traces.hear(said(10.0, 1.0, None))
    traces.hear(said(11.0, 3.0))
    traces.hear(said(10.0, 9.0, 9.0))
    assert traces.of("wall/1/1") == ((10.0, 1.0), (10.5, None), (11.0, 3.0))


def test_a_minute_is_kept() -> None:
    traces = LiveTraces()
    for second in range(300):
        traces.hear(said(float(second), 1.0, 2.0))
    points = traces.of("wall/1/1")
    assert points[-1][0] == 299.5
    assert 299.5 - KEPT_S <= points[0][0] < 300.5 - KEPT_S


def test_invented_plates_do_not_fill_the_memory() -> None:
    traces = LiveTraces()
    for number in range(PLATES_MAX + 10):
        traces.hear(said(1.0, 1.0, plate=f"x/{number}"))
    assert traces.of("x/5") == ()
    assert traces.of(f"x/{PLATES_MAX + 9}")
