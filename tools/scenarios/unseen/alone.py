"""Acts of one shopper, who must be free; they do nothing where there is no occasion for them."""

from __future__ import annotations

from tools.scenarios.stage import Goods, Stage
from tools.scenarios.unseen.shopper import Shopper


def take(stage: Stage, who: Shopper) -> None:
    """Take a thing."""
    _take(stage, who, who.choose(stage))


def take_light(stage: Stage, who: Shopper) -> None:
    """Take a thing of 12 to 45 g."""
    _take(stage, who, who.choose(stage, lambda each: each.weight_g < 45))


def take_twin(stage: Stage, who: Shopper) -> None:
    """Take a thing that shares its shelf with one of the same weight."""
    twins = {goods.sku for pair in stage.twins() for goods in pair}
    _take(stage, who, who.choose(stage, lambda each: each.sku in twins))


def take_straddling(stage: Stage, who: Shopper) -> None:
    """Take a thing that stands on two plates."""
    goods = who.choose(stage, _is_wide)
    if goods is not None:
        t = who.approach(stage, goods)
        who.take(stage, goods, t, at=stage.place(goods, straddle=True))
        who.rest(stage)


def browse(stage: Stage, who: Shopper) -> None:
    """Reach for something and touch nothing."""
    goods = who.choose(stage)
    if goods is not None:
        t = who.approach(stage, goods)
        stage.reach(who.visit, goods.plates, t, t + float(stage.rng.uniform(0.3, 1.5)))
        who.rest(stage, 1.6)


def put_back(stage: Stage, who: Shopper) -> None:
    """Put a thing back where it was, or first take one."""
    held = who.let_go(stage)
    if held is None:
        take(stage, who)
        held = who.let_go(stage)
    if held is not None:
        t = who.approach(stage, held.goods)
        stage.put(who.visit, held.goods, t, at=held.where, weight_g=held.weight_g)
        who.rest(stage, 0.9)


def lift_and_set_down(stage: Stage, who: Shopper) -> None:
    """Lift a thing and set it down again in one go."""
    goods = who.choose(stage)
    if goods is not None:
        t, where = who.approach(stage, goods), stage.place(goods)
        weight_g = stage.pick(who.visit, goods, t, at=where, optional=True)
        who.t = t + float(stage.rng.uniform(0.45, 1.4))
        stage.put(who.visit, goods, who.t, at=where, weight_g=weight_g, optional=True)
        who.rest(stage, 0.9)


def take_several(stage: Stage, who: Shopper) -> None:
    """Take two or three of one SKU in one grip."""
    goods = who.choose(stage, lambda each: each.weight_g <= 600)
    if goods is not None:
        stage.pick(who.visit, goods, who.approach(stage, goods), quantity=int(stage.rng.integers(2, 4)))
        who.rest(stage)


def put_some_back(stage: Stage, who: Shopper) -> None:
    """Take two or three of one SKU in one grip, and one or two of them back in another."""
    goods = who.choose(stage, lambda each: each.weight_g <= 600)
    if goods is not None:
        t, where = who.approach(stage, goods), stage.place(goods)
        units_g = [stage.unit_g(goods) for _ in range(int(stage.rng.integers(2, 4)))]
        back_g = units_g[: int(stage.rng.integers(1, len(units_g)))]
        stage.pick(who.visit, goods, t, quantity=len(units_g), at=where, weight_g=sum(units_g))
        who.t = t + float(stage.rng.uniform(1.5, 4.0))
        stage.put(who.visit, goods, who.t, quantity=len(back_g), at=where, weight_g=sum(back_g))
        who.rest(stage, 0.9)


def take_slowly(stage: Stage, who: Shopper) -> None:
    """Lift a thing off over one to eight seconds."""
    goods = who.choose(stage, lambda each: each.weight_g >= 40)
    if goods is not None:
        over_s = float(stage.rng.uniform(1.0, 8.0))
        stage.slow_pick(who.visit, goods, who.approach(stage, goods), over_s)
        who.t += over_s
        who.rest(stage, 0.9)


def touch(stage: Stage, who: Shopper) -> None:
    """Feel a thing and leave it."""
    goods = who.choose(stage)
    if goods is not None:
        stage.touch(who.visit, goods, who.approach(stage, goods))
        who.rest(stage, 1.4)


def touch_with_both_hands(stage: Stage, who: Shopper) -> None:
    """Feel two neighbouring things at once."""
    goods = who.choose(stage, stage.on_shelf_of)
    if goods is not None:
        t = who.approach(stage, goods)
        stage.touch(who.visit, goods, t)
        other = stage.on_shelf_of(goods)[0]
        stage.touch(who.visit, other, t + float(stage.rng.uniform(0.0, 0.5)), left=True)
        who.rest(stage, 1.8)


def adjust(stage: Stage, who: Shopper) -> None:
    """Move a thing to the other plate of its facing."""
    goods = who.choose(stage, _is_wide)
    if goods is not None:
        stage.adjust(who.visit, goods, who.approach(stage, goods))
        who.rest(stage, 2.0)


def take_neighbours(stage: Stage, who: Shopper) -> None:
    """Two hands, two neighbouring things, 0.3 to 1 s apart."""
    _take_two(stage, who, 1, 0.3, 1.0)


def take_two_skus(stage: Stage, who: Shopper) -> None:
    """Two hands, two things of one shelf, at once."""
    _take_two(stage, who, 12, 0.0, 0.15)


def take_same_again(stage: Stage, who: Shopper) -> None:
    """Two hands, two units of one SKU, 0.3 to 1 s apart."""
    goods = who.choose(stage)
    if goods is not None:
        t = who.approach(stage, goods)
        who.take(stage, goods, t)
        who.take(stage, goods, t + float(stage.rng.uniform(0.3, 1.0)), left=True)
        who.rest(stage)


def exchange(stage: Stage, who: Shopper) -> None:
    """Put a thing back with one hand while the other takes its neighbour."""
    held = next((each for each in who.held if stage.on_shelf_of(each.goods)), None)
    if held is not None:
        who.held.remove(held)
        t = who.approach(stage, held.goods)
        stage.put(who.visit, held.goods, t, at=held.where, weight_g=held.weight_g)
        other = stage.on_shelf_of(held.goods)[0]
        who.take(stage, other, t + float(stage.rng.uniform(-0.15, 0.4)), left=True)
        who.rest(stage, 0.9)


def _take(stage: Stage, who: Shopper, goods: Goods | None) -> None:
    if goods is not None:
        who.take(stage, goods, who.approach(stage, goods))
        who.rest(stage)


def _take_two(stage: Stage, who: Shopper, far: int, least_s: float, most_s: float) -> None:
    goods = who.choose(stage, stage.on_shelf_of)
    if goods is not None:
        near = stage.on_shelf_of(goods)[:far]
        t = who.approach(stage, goods)
        who.take(stage, goods, t)
        other = near[int(stage.rng.integers(len(near)))]
        who.take(stage, other, t + float(stage.rng.uniform(least_s, most_s)), left=True)
        who.rest(stage)


def _is_wide(goods: Goods) -> bool:
    return len(goods.plates) > 1
