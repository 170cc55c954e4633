"""One shopper who takes things, one at a time; and one who takes nothing."""

from __future__ import annotations

from tools.scenarios.stage import Stage


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


def twins_on_shelf(stage: Stage) -> None:
    """Things that share their shelf with one of the same weight: only the place tells them apart."""
    pairs = stage.twins()
    t = stage.enter("A", 3.0)
    for index in stage.rng.permutation(len(pairs))[:3]:
        goods = pairs[int(index)][int(stage.rng.integers(2))]
        t = stage.go("A", goods, t) + 0.9
        stage.pick("A", goods, t)
        t += 1.3
    stage.leave("A", t)


def browsing(stage: Stage) -> None:
    """Walk from shelf to shelf, reach for this and that, touch nothing."""
    t = stage.enter("A", 3.0)
    for goods in stage.any_goods(8):
        t = stage.go("A", goods, t) + 0.8
        stage.reach("A", goods.plates, t, t + 0.8)
        t += 1.6
    stage.leave("A", t)
