"""Hands that stay, hands that lean, racks that are knocked, hands that meet at a shelf."""

from __future__ import annotations

from tools.scenarios.stage import Stage


def held_then_taken(stage: Stage) -> None:
    """Hold a thing on the shelf for up to 10 s, then take it."""
    _hold(stage, take=True)


def held_then_left(stage: Stage) -> None:
    """Hold a thing on the shelf for up to 10 s, then leave it; take another."""
    _hold(stage, take=False)


def held_steadily_then_taken(stage: Stage) -> None:
    """The same with a hand that does not tremble."""
    _hold(stage, take=True, steady=True)


def held_steadily_then_left(stage: Stage) -> None:
    """The same with a hand that does not tremble."""
    _hold(stage, take=False, steady=True)


def pressed_then_taken(stage: Stage) -> None:
    """The hand rests on the thing, then takes it."""
    _hold(stage, take=True, press=True, steady=bool(stage.rng.random() < 0.5))


def pressed_then_left(stage: Stage) -> None:
    """The hand rests on the thing, then goes."""
    _hold(stage, take=False, press=True, steady=bool(stage.rng.random() < 0.5))


def _hold(stage: Stage, *, take: bool, press: bool = False, steady: bool = False) -> None:
    t = stage.enter("A", 3.0)
    goods, other = stage.any_goods(2, least_g=100)
    t = stage.go("A", goods, t) + 0.9
    for_s = float(stage.rng.uniform(3, 10))
    stage.hold("A", goods, t, for_s, take=take, press=press, steady=steady)
    t = stage.go("A", other, t + for_s + 1.4) + 0.9
    stage.pick("A", other, t)
    stage.leave("A", t + 1.2)


def leaning(stage: Stage) -> None:
    """Lean on a shelf while taking from another."""
    _lean(stage, steady=False)


def leaning_steadily(stage: Stage) -> None:
    """The same with a constant force."""
    _lean(stage, steady=True)


def _lean(stage: Stage, *, steady: bool) -> None:
    t = stage.enter("A", 3.0)
    (goods,) = stage.any_goods(1)
    other = stage.within_reach(goods)
    t = stage.go("A", goods, t) + 0.9
    for_s = float(stage.rng.uniform(1.5, 6))
    stage.lean("A", goods, t, for_s, steady=steady)
    stage.pick("A", other, t + 1.0, left=True)
    stage.leave("A", t + for_s + 2.0)


def foreign_object(stage: Stage) -> None:
    """Lay a phone or a bag down, take something else, take the phone or bag away."""
    t = stage.enter("A", 3.0)
    (goods,) = stage.any_goods(1)
    other = stage.within_reach(goods)
    t = stage.go("A", goods, t) + 0.9
    for_s = float(stage.rng.uniform(3.0, 8.0))
    stage.lay_down("A", goods, t, for_s, float(stage.rng.uniform(120.0, 900.0)))
    stage.pick("A", other, t + 1.5, left=True)
    stage.leave("A", t + for_s + 1.0)


def rack_bump(stage: Stage) -> None:
    """Knock against the rack, also while taking."""
    t = stage.enter("A", 3.0)
    for goods in stage.any_goods(2):
        t = stage.go("A", goods, t) + 0.9
        stage.bump(goods, t + float(stage.rng.uniform(-0.5, 0.4)))
        stage.pick("A", goods, t)
        t += 1.8
    stage.leave("A", t)


def exchange(stage: Stage) -> None:
    """Put one thing back with one hand while the other takes its neighbour, within 0.3 s."""
    first = next(each for each in stage.any_goods(60) if stage.on_shelf_of(each))
    other = stage.on_shelf_of(first)[0]
    t = stage.go("A", first, stage.enter("A", 3.0)) + 0.9
    where = stage.place(first)
    weight = stage.pick("A", first, t, at=where)
    t += float(stage.rng.uniform(1.8, 3.5))
    stage.put("A", first, t, at=where, weight_g=weight)
    stage.pick("A", other, t + float(stage.rng.uniform(-0.1, 0.3)), left=True)
    stage.leave("A", t + 1.6)


def same_shelf_at_once(stage: Stage) -> None:
    """Two or three shoppers take different things of one shelf at the same time."""
    first = next(each for each in stage.any_goods(80) if len(stage.on_shelf_of(each)) > 2)
    others = stage.on_shelf_of(first)
    wanted = [first, others[-1], others[len(others) // 2]][: int(stage.rng.integers(2, 4))]
    shoppers = "ABC"[: len(wanted)]
    arrived = [stage.enter(visit, 3.0 + index) for index, visit in enumerate(shoppers)]
    t = 1.0 + max(
        stage.go(visit, goods, since) for visit, goods, since in zip(shoppers, wanted, arrived, strict=True)
    )
    for visit, goods in zip(shoppers, wanted, strict=True):
        stage.pick(visit, goods, t + float(stage.rng.uniform(0, 0.3)))
    for index, visit in enumerate(shoppers):
        stage.leave(visit, t + 1.0 + 0.4 * index)
