"""Things put down where they do not belong, near or far, among lighter or equal ones; and who buys them."""

from __future__ import annotations

from tools.scenarios.stage import Goods, Stage

OTHER_WEIGHT_G = 15.0
"""[g] apart, at least."""


def misplaced_near(stage: Stage) -> None:
    """A put-back onto another facing of the same shelf, whose goods weigh otherwise."""
    first = next(each for each in stage.any_goods(80) if _unlike(stage.on_shelf_of(each), each))
    _misplace(stage, first, _unlike(stage.on_shelf_of(first), first)[0])


def misplaced_far(stage: Stage) -> None:
    """A put-back anywhere else, among goods that weigh otherwise."""
    (first,) = stage.any_goods(1)
    _misplace(stage, first, _unlike(stage.any_goods(60), first)[0])


def misplaced_near_twin(stage: Stage) -> None:
    """A put-back onto the facing of a twin on the same shelf."""
    pairs = stage.twins()
    _misplace(stage, *pairs[int(stage.rng.integers(len(pairs)))])


def misplaced_far_twin(stage: Stage) -> None:
    """A put-back onto the facing of a twin on another shelf."""
    pairs = stage.twins(elsewhere=True)
    _misplace(stage, *pairs[int(stage.rng.integers(len(pairs)))])


def misplaced_then_bought(stage: Stage) -> None:
    """B takes what A put in the wrong place, among goods that weigh otherwise."""
    (first,) = stage.any_goods(1)
    _misplace_and_buy(stage, first, _unlike(stage.any_goods(60), first)[0])


def misplaced_twin_then_bought(stage: Stage) -> None:
    """B takes what A put among its twins, or one of those: place does not tell which, weight hardly."""
    pairs = stage.twins()
    one, other = pairs[int(stage.rng.integers(len(pairs)))]
    _misplace_and_buy(stage, one, other, bought=one if stage.rng.random() < 0.5 else other)


def _unlike(pool: list[Goods], goods: Goods) -> list[Goods]:
    return [
        each
        for each in pool
        if each.sku != goods.sku and abs(each.weight_g - goods.weight_g) > OTHER_WEIGHT_G
    ]


def _misplace(stage: Stage, first: Goods, wrong: Goods) -> None:
    extra = next(each for each in stage.any_goods(4) if each.sku not in (first.sku, wrong.sku))
    t = stage.go("A", first, stage.enter("A", 3.0)) + 0.9
    weight = stage.pick("A", first, t)
    t = stage.go("A", wrong, t + 1.0) + 0.9
    stage.put("A", first, t, at=stage.place(wrong, straddle=False), weight_g=weight)
    t = stage.go("A", extra, t + 1.2) + 0.9
    stage.pick("A", extra, t)
    stage.leave("A", t + 1.0)


def _misplace_and_buy(stage: Stage, first: Goods, wrong: Goods, *, bought: Goods | None = None) -> None:
    a, b = stage.enter("A", 3.0), stage.enter("B", 4.0)
    extra = next(each for each in stage.any_goods(4) if each.sku not in (first.sku, wrong.sku))
    t = stage.go("A", first, a) + 0.9
    weight = stage.pick("A", first, t)
    t = stage.go("A", wrong, t + 1.0) + 0.9
    where = stage.place(wrong, straddle=False)
    stage.put("A", first, t, at=where, weight_g=weight)
    gone = stage.leave("A", t + 1.0)
    t = stage.go("B", extra, b) + 0.9
    stage.pick("B", extra, t)
    t = max(stage.go("B", wrong, t + 1.0), gone - 1.0) + 0.9
    wanted = bought or first
    stage.pick("B", wanted, t, at=where, weight_g=weight if wanted is first else None)
    stage.leave("B", t + 1.0)
