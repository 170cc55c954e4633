"""The scenarios by name, in the groups in which accuracy is reported."""

from __future__ import annotations

from collections.abc import Callable

from edge.planogram import Catalogue, Planogram
from tools.scenarios.script import Script
from tools.scenarios.stage import Goods, Stage

Scenario = Callable[[Stage], None]


def plain_picks(stage: Stage) -> None:
    """One shopper takes 2-5 things at different places."""
    t = stage.enter("A", 3.0)
    for goods in stage.any_goods(int(stage.rng.integers(2, 6))):
        t = stage.go("A", goods, t) + float(stage.rng.uniform(0.6, 1.5))
        stage.pick("A", goods, t)
        t += float(stage.rng.uniform(0.7, 1.5))
    stage.leave("A", t)


def light_items(stage: Stage) -> None:
    """Things of 12 to 45 g."""
    t = stage.enter("A", 3.0)
    for goods in stage.any_goods(3, least_g=12, most_g=45):
        t = stage.go("A", goods, t) + float(stage.rng.uniform(0.8, 1.5))
        stage.pick("A", goods, t)
        t += float(stage.rng.uniform(1.0, 1.6))
    stage.leave("A", t)


def own_place(stage: Stage) -> None:
    """Take two, put one back where it was."""
    t = stage.enter("A", 3.0)
    first, second = stage.any_goods(2)
    t = stage.go("A", first, t) + 0.9
    where = stage.place(first)
    weight = stage.pick("A", first, t, at=where)
    t += float(stage.rng.uniform(1.5, 4.0))
    stage.put("A", first, t, at=where, weight_g=weight)
    t = stage.go("A", second, t + 1.2) + 0.9
    stage.pick("A", second, t)
    stage.leave("A", t + 1.0)


def several_at_once(stage: Stage) -> None:
    """Two or three of one SKU in one grip."""
    t = stage.enter("A", 3.0)
    for goods in stage.any_goods(2, most_g=600):
        t = stage.go("A", goods, t) + 0.9
        stage.pick("A", goods, t, quantity=int(stage.rng.integers(2, 4)))
        t += 1.4
    stage.leave("A", t)


def slow_pick(stage: Stage) -> None:
    """A load that leaves over 1 to 6 s."""
    t = stage.enter("A", 3.0)
    for goods in stage.any_goods(2, least_g=60):
        t = stage.go("A", goods, t) + 0.9
        over_s = float(stage.rng.uniform(1.0, 6.0))
        stage.slow_pick("A", goods, t, over_s)
        t += over_s + 1.4
    stage.leave("A", t)


def touch_only(stage: Stage) -> None:
    """Feel three things, take one."""
    t = stage.enter("A", 3.0)
    goods = stage.any_goods(4)
    for each in goods[:3]:
        t = stage.go("A", each, t) + 0.8
        stage.touch("A", each, t)
        t += 1.6
    t = stage.go("A", goods[3], t) + 0.8
    stage.pick("A", goods[3], t)
    stage.leave("A", t + 1.0)


def shoppers_apart(stage: Stage) -> None:
    """Two or three shoppers at different gondolas at once."""
    gondolas = sorted({each.plates[0].partition("/")[0] for each in stage.goods})
    stage.rng.shuffle(gondolas)
    for index in range(int(stage.rng.integers(2, 4))):
        visit = "ABC"[index]
        t = stage.enter(visit, 3.0 + 1.3 * index)
        for goods in stage.any_goods(2, near=gondolas[index % len(gondolas)]):
            t = stage.go(visit, goods, t) + float(stage.rng.uniform(0.7, 1.6))
            stage.pick(visit, goods, t)
            t += 1.1
        stage.leave(visit, t)


def quick_neighbours(stage: Stage) -> None:
    """Two neighbouring things 0.3 to 1 s apart."""
    t = stage.enter("A", 3.0)
    for first in stage.any_goods(2):
        others = stage.on_shelf_of(first)
        t = stage.go("A", first, t) + 0.9
        stage.pick("A", first, t)
        if others:
            t += float(stage.rng.uniform(0.3, 1.0))
            stage.pick("A", others[0], t, left=True)
        t += 1.5
    stage.leave("A", t)


def quick_same(stage: Stage) -> None:
    """Two units of one SKU, one after the other, 0.4 to 1 s apart."""
    t = stage.enter("A", 3.0)
    for goods in stage.any_goods(2):
        t = stage.go("A", goods, t) + 0.9
        stage.pick("A", goods, t)
        t += float(stage.rng.uniform(0.4, 1.0))
        stage.pick("A", goods, t, left=True)
        t += 1.5
    stage.leave("A", t)


def two_skus_at_once(stage: Stage) -> None:
    """Two hands, two SKUs of one shelf, within 0.1 s."""
    t = stage.enter("A", 3.0)
    for first in stage.any_goods(2):
        others = stage.on_shelf_of(first)
        t = stage.go("A", first, t) + 0.9
        stage.pick("A", first, t)
        if others:
            stage.pick(
                "A",
                others[int(stage.rng.integers(len(others)))],
                t + float(stage.rng.uniform(0, 0.1)),
                left=True,
            )
        t += 1.6
    stage.leave("A", t)


def straddling(stage: Stage) -> None:
    """Things that stand on two plates."""
    t = stage.enter("A", 3.0)
    wide = [each for each in stage.any_goods(40) if len(each.plates) > 1][:3]
    for goods in wide:
        t = stage.go("A", goods, t) + 0.9
        stage.pick("A", goods, t, at=stage.place(goods, straddle=True))
        t += 1.3
    stage.leave("A", t)


def held_then_taken(stage: Stage) -> None:
    """Hold a thing on the shelf for up to 10 s, then take it."""
    t = stage.enter("A", 3.0)
    (goods,) = stage.any_goods(1, least_g=100)
    t = stage.go("A", goods, t) + 0.9
    for_s = float(stage.rng.uniform(3, 10))
    stage.hold("A", goods, t, for_s, take=True)
    stage.leave("A", t + for_s + 1.4)


def held_then_left(stage: Stage) -> None:
    """Hold a thing on the shelf for up to 10 s, then leave it; take another."""
    t = stage.enter("A", 3.0)
    goods, other = stage.any_goods(2, least_g=100)
    t = stage.go("A", goods, t) + 0.9
    for_s = float(stage.rng.uniform(3, 10))
    stage.hold("A", goods, t, for_s, take=False)
    t = stage.go("A", other, t + for_s + 1.4) + 0.9
    stage.pick("A", other, t)
    stage.leave("A", t + 1.2)


def leaning(stage: Stage) -> None:
    """Lean on a shelf while taking from another."""
    t = stage.enter("A", 3.0)
    goods = stage.any_goods(2)
    t = stage.go("A", goods[0], t) + 0.9
    stage.lean("A", goods[0], t, float(stage.rng.uniform(1.5, 6)))
    stage.pick("A", goods[1], t + 1.0, left=True)
    stage.leave("A", t + 8)


def rack_bump(stage: Stage) -> None:
    """Knock against the rack, also while taking."""
    t = stage.enter("A", 3.0)
    for goods in stage.any_goods(2):
        t = stage.go("A", goods, t) + 0.9
        stage.bump(goods, t + float(stage.rng.uniform(-0.5, 0.4)))
        stage.pick("A", goods, t)
        t += 1.8
    stage.leave("A", t)


def same_shelf_at_once(stage: Stage) -> None:
    """Two shoppers take different things of one shelf at the same time."""
    first = next(each for each in stage.any_goods(60) if len(stage.on_shelf_of(each)) > 2)
    other = stage.on_shelf_of(first)[-1]
    a, b = stage.enter("A", 3.0), stage.enter("B", 4.0)
    t = max(stage.go("A", first, a), stage.go("B", other, b)) + 1.0
    stage.pick("A", first, t)
    stage.pick("B", other, t + float(stage.rng.uniform(0, 0.3)))
    stage.leave("A", t + 1.0)
    stage.leave("B", t + 1.4)


def misplaced_return(stage: Stage) -> None:
    """Put a thing down where another SKU belongs, of another weight."""
    t = stage.enter("A", 3.0)
    first, second = stage.any_goods(2)
    t = stage.go("A", first, t) + 0.9
    weight = stage.pick("A", first, t)
    near = stage.rng.random() < 0.5
    wrong = next(
        (
            each
            for each in (stage.on_shelf_of(first) if near else [second])
            if abs(each.weight_g - weight) > 15
        ),
        second,
    )
    t = stage.go("A", wrong, t + 1.0) + 0.9
    stage.put("A", first, t, at=stage.place(wrong, straddle=False), weight_g=weight)
    t = stage.go("A", second, t + 1.0) + 1.0
    stage.pick("A", second, t)
    stage.leave("A", t + 1.0)


def sensor_fault(stage: Stage) -> None:
    """A sensor fails around, but not during, a pick; spikes and lost batches during one."""
    t = stage.enter("A", 3.0)
    for goods in stage.any_goods(2):
        t = stage.go("A", goods, t) + 0.9
        kind = ("spikes", "lost", "nan")[int(stage.rng.integers(3))]
        length = 0.4 if kind == "lost" else 0.3 if kind == "nan" else 4.0
        stage.fault(kind, goods, t - 0.2, t - 0.2 + length)
        stage.pick("A", goods, t, at=((goods.plates[0],), [1.0]))
        t += 2.0
    stage.leave("A", t)


def misplaced_same_weight(stage: Stage) -> None:
    """Put a thing down at its twin's place."""
    pairs = stage.twins()
    one, other = pairs[int(stage.rng.integers(len(pairs)))]
    t = stage.enter("A", 3.0)
    t = stage.go("A", one, t) + 0.9
    weight = stage.pick("A", one, t)
    t = stage.go("A", other, t + 1.2) + 0.9
    stage.put("A", one, t, at=stage.place(other, straddle=False), weight_g=weight)
    stage.leave("A", t + 1.2)


def misplaced_then_bought(stage: Stage) -> None:
    """B takes what A put in the wrong place."""
    a, b = stage.enter("A", 3.0), stage.enter("B", 4.0)
    first, wrong, extra = stage.any_goods(3)
    t = stage.go("A", first, a) + 0.9
    weight = stage.pick("A", first, t)
    t = stage.go("A", wrong, t + 1.0) + 0.9
    where = stage.place(wrong, straddle=False)
    stage.put("A", first, t, at=where, weight_g=weight)
    gone = stage.leave("A", t + 1.0)
    t = stage.go("B", extra, b) + 0.9
    stage.pick("B", extra, t)
    t = max(stage.go("B", wrong, t + 1.0), gone - 1.0) + 0.9
    stage.pick("B", first, t, at=where, weight_g=weight)
    stage.leave("B", t + 1.0)


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
    first = next(each for each in stage.any_goods(60) if len(stage.on_shelf_of(each)) > 1)
    other = stage.on_shelf_of(first)[0]
    a, b = stage.enter("A", 3.0), stage.enter("B", 4.0)
    t = max(stage.go("A", other, a), stage.go("B", first, b)) + 1.0
    stage.pick("A", first, t)
    stage.pick("B", other, t + float(stage.rng.uniform(0.3, 1.2)))
    stage.leave("A", t + 2.0)
    stage.leave("B", t + 2.3)


GROUPS: dict[str, tuple[Scenario, ...]] = {
    "plain": (plain_picks, light_items),
    "single shopper": (own_place, several_at_once, slow_pick, touch_only),
    "several": (shoppers_apart, quick_neighbours, quick_same, two_skus_at_once, straddling),
    "adversarial": (
        held_then_taken, held_then_left, leaning, rack_bump, same_shelf_at_once, misplaced_return, sensor_fault,
    ),
    "hardest": (misplaced_same_weight, misplaced_then_bought, same_facing_at_once, crossing_hands),
}  # fmt: skip


def write(scenario: Scenario, seed: int, planogram: Planogram, catalogue: Catalogue) -> Script:
    """Direct one scenario."""
    stage = Stage(scenario.__name__, seed, planogram, catalogue)
    scenario(stage)
    return stage.script


__all__ = ["GROUPS", "Goods", "Scenario", "write"]
