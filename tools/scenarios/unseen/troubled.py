"""Acts that sensors dislike: hands that stay, knocks, failing plates, things put where they do not belong."""

from __future__ import annotations

from collections.abc import Callable

from edge.planogram import shelf_of
from tools.scenarios.stage import Goods, Stage
from tools.scenarios.suite.misplaced import OTHER_WEIGHT_G
from tools.scenarios.unseen.shopper import Held, Place, Shopper

Fits = Callable[[Goods, Goods], bool]
"""(goods, those among which they might be put) -> whether that is what an act is about."""

TWIN_G = 3.0
"""[g] apart, at most."""

FAULTS_S = {
    "stuck": (0.5, 2.5), "nan": (0.3, 2.0), "spikes": (1.0, 5.0), "bad_reads": (1.0, 5.0),
    "noisy": (0.3, 2.0), "saturated": (0.3, 1.5), "lost": (0.4, 4.0),
}  # fmt: skip
"""[s] how long each kind lasts: short enough to look across."""


def hold_then_take(stage: Stage, who: Shopper) -> None:
    """Grip or press a thing where it stands for 2 to 10 s, then take it."""
    _hold(stage, who, take=True)


def hold_then_leave(stage: Stage, who: Shopper) -> None:
    """The same, and leave it."""
    _hold(stage, who, take=False)


def lean_and_take(stage: Stage, who: Shopper) -> None:
    """Lean on a shelf and take from another, or from that one."""
    goods = who.choose(stage)
    if goods is not None:
        other = stage.within_reach(goods)
        t, for_s = who.approach(stage, goods), float(stage.rng.uniform(1.5, 6.0))
        stage.lean(who.visit, goods, t, for_s, steady=bool(stage.rng.random() < 0.4))
        who.take(stage, other, t + float(stage.rng.uniform(0.6, for_s)), left=True)
        who.t = t + for_s
        who.rest(stage, 0.9)


def bump_and_take(stage: Stage, who: Shopper) -> None:
    """Knock against the rack around taking something."""
    goods = who.choose(stage)
    if goods is not None:
        t = who.approach(stage, goods)
        stage.bump(goods, t + float(stage.rng.uniform(-0.8, 0.6)))
        who.take(stage, goods, t)
        who.rest(stage, 0.9)


def misplace_near(stage: Stage, who: Shopper) -> None:
    """Put a thing back onto another facing of its shelf, among goods that weigh otherwise."""
    _misplace(stage, who, lambda goods, wrong: is_unlike(goods, wrong) and _share_shelf(goods, wrong))


def misplace_far(stage: Stage, who: Shopper) -> None:
    """Put a thing back anywhere else, among goods that weigh otherwise."""
    _misplace(stage, who, is_unlike)


def misplace_among_twins(stage: Stage, who: Shopper) -> None:
    """Put a thing back onto the facing of another that weighs the same, anywhere."""
    _misplace(stage, who, are_twins)


def misplace(stage: Stage, who: Shopper, fits: Fits) -> tuple[Held, Goods, Place] | None:
    """Put something held, or first taken, among wrong goods: what it was, among which, and where."""
    found = _held_with_place(stage, who, fits)
    if found is None:
        goods = who.choose(stage, lambda each: any(fits(each, wrong) for wrong in stage.goods))
        if goods is None:
            return None
        who.take(stage, goods, who.approach(stage, goods))
        who.rest(stage, 0.9)
        found = _held_with_place(stage, who, fits)
    if found is None:
        return None
    held, wrong = found
    who.held.remove(held)
    t, where = who.approach(stage, wrong), stage.place(wrong, straddle=False)
    stage.put(who.visit, held.goods, t, at=where, weight_g=held.weight_g)
    who.rest(stage, 0.9)
    return held, wrong, where


def take_as_plate_fails(stage: Stage, who: Shopper) -> None:
    """Take something while its sensor fails for a while."""
    goods = who.choose(stage)
    if goods is not None:
        kind = tuple(FAULTS_S)[int(stage.rng.integers(len(FAULTS_S)))]
        for_s = float(stage.rng.uniform(*FAULTS_S[kind]))
        t = who.approach(stage, goods) + 0.5
        start_s = t - float(stage.rng.uniform(0.1, 0.5))
        stage.fault(kind, goods.plates[0], start_s, start_s + for_s)
        who.take(stage, goods, t, at=((goods.plates[0],), [1.0]))
        who.t = max(t, start_s + for_s)
        who.rest(stage, 1.0)


def take_from_dead_plate(stage: Stage, who: Shopper) -> None:
    """Take something as its plate fails for good: to be reported, not to be charged."""
    goods = who.choose(stage)
    if goods is not None:
        kind = ("nan", "stuck", "saturated")[int(stage.rng.integers(3))]
        t = who.approach(stage, goods)
        stage.fault(kind, goods.plates[0], t - 0.5, 1e9)
        stage.pick(who.visit, goods, t, at=((goods.plates[0],), [1.0]), seen=False)
        who.rest(stage, 3.0)


def take_while_node_is_off(stage: Stage, who: Shopper) -> None:
    """Take something while its node is off for 7 to 12 s: to be reported, not to be charged."""
    goods = who.choose(stage)
    if goods is not None:
        t = who.approach(stage, goods) + 3.0
        start_s = t - float(stage.rng.uniform(1.0, 3.0))
        back_s = start_s + float(stage.rng.uniform(7.0, 12.0))
        stage.fault("lost", goods.plates[0], start_s, back_s)
        stage.pick(who.visit, goods, t, seen=False)
        who.t = back_s
        who.rest(stage, 2.5)


def _hold(stage: Stage, who: Shopper, *, take: bool) -> None:
    goods = who.choose(stage, lambda each: each.weight_g >= 100)
    if goods is not None:
        t, for_s = who.approach(stage, goods), float(stage.rng.uniform(2.0, 10.0))
        press, steady = (bool(chance < 0.4) for chance in stage.rng.random(2))
        stage.hold(who.visit, goods, t, for_s, take=take, press=press, steady=steady)
        who.t = t + for_s
        who.rest(stage, 1.2)


def _misplace(stage: Stage, who: Shopper, fits: Fits) -> None:
    misplace(stage, who, fits)


def _held_with_place(stage: Stage, who: Shopper, fits: Fits) -> tuple[Held, Goods] | None:
    for held in who.held:
        wrong = next((each for each in stage.any_goods(len(stage.goods)) if fits(held.goods, each)), None)
        if wrong is not None:
            return held, wrong
    return None


def is_unlike(goods: Goods, wrong: Goods) -> bool:
    """Whether the scale tells them apart."""
    return abs(goods.weight_g - wrong.weight_g) > OTHER_WEIGHT_G


def are_twins(goods: Goods, wrong: Goods) -> bool:
    """Whether it does not."""
    return goods.sku != wrong.sku and abs(goods.weight_g - wrong.weight_g) <= TWIN_G


def _share_shelf(goods: Goods, wrong: Goods) -> bool:
    return shelf_of(goods.plates[0]) == shelf_of(wrong.plates[0])
