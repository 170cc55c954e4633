"""One shopper and more than plain picks: put-backs, several at once, slow hands, touches."""

from __future__ import annotations

from tools.scenarios.stage import Stage


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


def lifted_and_set_down(stage: Stage) -> None:
    """Lift a thing and set it down again within a second, in one disturbance; take another."""
    t = stage.enter("A", 3.0)
    first, second = stage.any_goods(2)
    t = stage.go("A", first, t) + 0.9
    where = stage.place(first)
    weight = stage.pick("A", first, t, at=where, optional=True)
    down_s = t + float(stage.rng.uniform(0.45, 1.2))
    stage.put("A", first, down_s, at=where, weight_g=weight, optional=True)
    t = stage.go("A", second, down_s + 1.2) + 0.9
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


def several_then_some_back(stage: Stage) -> None:
    """Two or three of one SKU in one grip; one or two of them back in another."""
    t = stage.enter("A", 3.0)
    for goods in stage.any_goods(2, most_g=600):
        t = stage.go("A", goods, t) + 0.9
        units_g = [stage.unit_g(goods) for _ in range(int(stage.rng.integers(2, 4)))]
        back_g = units_g[: int(stage.rng.integers(1, len(units_g)))]
        where = stage.place(goods)
        stage.pick("A", goods, t, quantity=len(units_g), at=where, weight_g=sum(units_g))
        t += float(stage.rng.uniform(1.5, 3.5))
        stage.put("A", goods, t, quantity=len(back_g), at=where, weight_g=sum(back_g))
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


def touch_two_hands(stage: Stage) -> None:
    """Feel two neighbouring things with both hands at once, then take one of them."""
    t = stage.enter("A", 3.0)
    for first in stage.any_goods(2):
        others = stage.on_shelf_of(first)
        t = stage.go("A", first, t) + 0.8
        stage.touch("A", first, t)
        if others:
            stage.touch("A", others[0], t + float(stage.rng.uniform(0.0, 0.3)), left=True)
        t += 2.2
        stage.pick("A", first, t)
        t += 1.2
    stage.leave("A", t)


def adjusting(stage: Stage) -> None:
    """Move a thing to the other plate of its facing, leave it there, take something else."""
    t = stage.enter("A", 3.0)
    wide = [each for each in stage.any_goods(40) if len(each.plates) > 1]
    t = stage.go("A", wide[0], t) + 0.9
    stage.adjust("A", wide[0], t)
    t = stage.go("A", wide[1], t + 2.6) + 0.9
    stage.pick("A", wide[1], t)
    stage.leave("A", t + 1.2)
