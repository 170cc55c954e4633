"""Who was it: several shoppers at one place, and trackers that see badly."""

from __future__ import annotations

from tools.scenarios.script import Tracking
from tools.scenarios.stage import Goods, Stage


def same_facing_at_once(stage: Stage) -> None:
    """Two shoppers take a unit each from one facing within half a second."""
    goods = next(each for each in stage.any_goods(80) if len(each.plates) > 1)
    a, b = stage.enter("A", 3.0), stage.enter("B", 4.0)
    t = max(stage.go("A", goods, a, aside_m=-0.3), stage.go("B", goods, b, aside_m=0.3)) + 1.0
    stage.pick("A", goods, t, at=((goods.plates[0],), [1.0]))
    stage.pick("B", goods, t + float(stage.rng.uniform(0.0, 0.5)), at=((goods.plates[1],), [1.0]))
    stage.leave("A", t + 1.0)
    stage.leave("B", t + 1.3)


def crossing_hands(stage: Stage) -> None:
    """Two shoppers reach across each other for things of one shelf, a second apart."""
    first, other = _neighbours(stage)
    a, b = stage.enter("A", 3.0), stage.enter("B", 4.0)
    t = max(stage.go("A", other, a), stage.go("B", first, b)) + 1.0
    stage.pick("A", first, t)
    stage.pick("B", other, t + float(stage.rng.uniform(0.3, 1.2)))
    stage.leave("A", t + 2.0)
    stage.leave("B", t + 2.3)


def hand_over(stage: Stage) -> None:
    """A takes a thing and gives it to B, who takes another one: it stays with A."""
    first, other = stage.any_goods(2)
    a, b = stage.enter("A", 3.0), stage.enter("B", 4.0)
    t = max(stage.go("A", first, a, aside_m=-0.3), stage.go("B", first, b, aside_m=0.4)) + 1.0
    stage.pick("A", first, t)
    x, y, _ = stage.planogram.plates[first.plates[0]].corner_m
    for visit in ("A", "B"):
        stage.reach_out(visit, (x + 0.1, y - 0.5, 1.1), t + 1.2, t + 1.9)
    stage.leave("A", t + 2.6)
    t = stage.go("B", other, t + 2.6) + 0.9
    stage.pick("B", other, t)
    stage.leave("B", t + 1.0)


def crowd(stage: Stage) -> None:
    """Three or four shoppers at one gondola, each taking two things as it comes."""
    gondola = ("1", "2", "3", "4")[int(stage.rng.integers(4))]
    for index in range(int(stage.rng.integers(3, 5))):
        visit = "ABCD"[index]
        t = stage.enter(visit, 3.0 + 0.8 * index)
        for goods in stage.any_goods(2, near=gondola):
            t = stage.go(visit, goods, t) + float(stage.rng.uniform(0.7, 1.6))
            stage.pick(visit, goods, t)
            t += 1.1
        stage.leave(visit, t)


def lost_wrists(stage: Stage) -> None:
    """Two shoppers at one gondola; the tracker loses the picker's hands for a second."""
    picks = _two_at_a_gondola(stage)
    lost = tuple((visit, t - 0.5, t + 0.5) for visit, t in picks)
    stage.script.tracking = Tracking(lost_wrists=lost)


def jittery_tracker(stage: Stage) -> None:
    """Two shoppers at one gondola, key points off by 4 cm."""
    _two_at_a_gondola(stage)
    stage.script.tracking = Tracking(jitter_m=0.04)


def late_tracker(stage: Stage) -> None:
    """Two shoppers at one gondola, seen at once or up to 5 s late."""
    _two_at_a_gondola(stage)
    stage.script.tracking = Tracking(late_s=float(stage.rng.uniform(0.1, 5.0)))


def _two_at_a_gondola(stage: Stage) -> list[tuple[str, float]]:
    """(visit, when) of two picks each, an arm's length apart and never at the same moment."""
    gondola = ("1", "2", "3", "4")[int(stage.rng.integers(4))]
    a, b = stage.enter("A", 3.0), stage.enter("B", 4.0)
    t, picks = max(a, b), []
    for _ in range(2):
        first = stage.any_goods(1, near=gondola)[0]
        x = stage.planogram.plates[first.plates[0]].centre_m[0]
        apart = [
            each
            for each in stage.any_goods(60, near=gondola)
            if abs(stage.planogram.plates[each.plates[0]].centre_m[0] - x) > 0.4
        ]
        t = max(stage.go("A", first, t), stage.go("B", apart[0], t)) + 0.9
        for visit, goods in (("A", first), ("B", apart[0])):
            stage.pick(visit, goods, t)
            picks.append((visit, t))
            t += 1.6
    stage.leave("A", t)
    stage.leave("B", t + 0.5)
    return picks


def _neighbours(stage: Stage) -> tuple[Goods, Goods]:
    first = next(each for each in stage.any_goods(60) if len(stage.on_shelf_of(each)) > 1)
    return first, stage.on_shelf_of(first)[0]
