"""Acts of two shoppers who meet. Each begins when both are free."""

from __future__ import annotations

from tools.scenarios.stage import Goods, Stage
from tools.scenarios.unseen.shopper import Held, Shopper
from tools.scenarios.unseen.troubled import Fits, are_twins, is_unlike, misplace


def same_shelf_at_once(stage: Stage, one: Shopper, other: Shopper) -> None:
    """Each takes something else from one shelf, within half a second."""
    goods = one.choose(stage, stage.on_shelf_of)
    if goods is not None:
        beside = stage.on_shelf_of(goods)
        _take_both(stage, (one, goods, goods), (other, beside[-1], beside[-1]), 0.0, 0.5)


def same_facing_at_once(stage: Stage, one: Shopper, other: Shopper) -> None:
    """Each takes a unit from another plate of one facing, within a second."""
    goods = one.choose(stage, lambda each: len(each.plates) > 1)
    if goods is not None:
        t = _meet(stage, one, goods, other, goods, aside_m=0.3)
        one.take(stage, goods, t, at=((goods.plates[0],), [1.0]))
        later_s = t + float(stage.rng.uniform(0.0, 1.0))
        other.take(stage, goods, later_s, at=((goods.plates[-1],), [1.0]))
        _part(stage, one, other)


def crossing_hands(stage: Stage, one: Shopper, other: Shopper) -> None:
    """Each reaches across the other for something of one shelf."""
    goods = one.choose(stage, stage.on_shelf_of)
    if goods is not None:
        beside = stage.on_shelf_of(goods)[0]
        _take_both(stage, (one, goods, beside), (other, beside, goods), 0.3, 1.2)


def hand_over(stage: Stage, one: Shopper, other: Shopper) -> None:
    """One takes a thing and gives it to the other; it stays with the one who took it."""
    goods = one.choose(stage)
    if goods is not None:
        t = _meet(stage, one, goods, other, goods, aside_m=0.35)
        stage.pick(one.visit, goods, t)
        x, y, _ = stage.planogram.plates[goods.plates[0]].corner_m
        for who in (one, other):
            stage.reach_out(who.visit, (x + 0.1, y - 0.5, 1.1), t + 1.2, t + 1.9)
            who.t = t + 1.9
        _part(stage, one, other)


def misplace_and_buy(stage: Stage, one: Shopper, other: Shopper) -> None:
    """One puts a thing among goods that weigh otherwise; the other takes it from there."""
    _misplace_and_buy(stage, one, other, is_unlike)


def misplace_among_twins_and_buy(stage: Stage, one: Shopper, other: Shopper) -> None:
    """One puts a thing among goods that weigh the same; the other takes it, or one of those."""
    _misplace_and_buy(stage, one, other, are_twins)


def _misplace_and_buy(stage: Stage, one: Shopper, other: Shopper, fits: Fits) -> None:
    done = misplace(stage, one, fits)
    if done is None:
        return
    held, wrong, where = done
    other.t = max(other.t, one.t)
    t = other.approach(stage, wrong)
    if fits is are_twins and stage.rng.random() < 0.5:
        other.take(stage, wrong, t, at=where)
    else:
        stage.pick(other.visit, held.goods, t, at=where, weight_g=held.weight_g)
        other.held.append(Held(held.goods, where, held.weight_g))
    other.rest(stage)


def _take_both(
    stage: Stage,
    one: tuple[Shopper, Goods, Goods],
    other: tuple[Shopper, Goods, Goods],
    least_s: float,
    most_s: float,
) -> None:
    """Each (who, what, before what they stand) takes their own."""
    t = _meet(stage, one[0], one[2], other[0], other[2])
    one[0].take(stage, one[1], t)
    other[0].take(stage, other[1], t + float(stage.rng.uniform(least_s, most_s)))
    _part(stage, one[0], other[0])


def _meet(
    stage: Stage, one: Shopper, before: Goods, other: Shopper, there: Goods, *, aside_m: float = 0.0
) -> float:
    """When both stand where they should [s]."""
    arrived = (one.approach(stage, before, aside_m=-aside_m), other.approach(stage, there, aside_m=aside_m))
    one.t = other.t = max(arrived)
    return one.t


def _part(stage: Stage, *shoppers: Shopper) -> None:
    for who in shoppers:
        who.rest(stage, 1.0)
