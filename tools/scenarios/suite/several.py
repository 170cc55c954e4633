"""Several shoppers apart, quick series, two SKUs at once, straddling things."""

from __future__ import annotations

from tools.scenarios.stage import Stage
from tools.scenarios.suite.misplaced import OTHER_WEIGHT_G


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


def light_while_walking(stage: Stage) -> None:
    """A takes things of 46 to 75 g while B walks up and down before the shelves."""
    a, b = stage.enter("A", 3.0), stage.enter("B", 3.5)
    for goods in stage.any_goods(3, least_g=46, most_g=75):
        a = stage.go("A", goods, a) + float(stage.rng.uniform(0.8, 1.5))
        stage.pick("A", goods, a)
        a += 1.2
    for goods in stage.any_goods(40):
        b = stage.go("B", goods, b, aside_m=0.2) + 0.1
        if b > a:
            break
    stage.leave("A", a)
    stage.leave("B", b)


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
            other = others[int(stage.rng.integers(len(others)))]
            stage.pick("A", other, t + float(stage.rng.uniform(0, 0.1)), left=True)
        t += 1.6
    stage.leave("A", t)


def two_skus_in_one_grip(stage: Stage) -> None:
    """One hand takes a thing and a neighbouring one of another weight, from a plate on which both stand."""
    t = stage.enter("A", 3.0)
    for first in stage.any_goods(2):
        beside = [
            each
            for each in stage.on_shelf_of(first)
            if stage.are_neighbours(first, each) and abs(each.weight_g - first.weight_g) > OTHER_WEIGHT_G
        ]
        t = stage.go("A", first, t) + 0.9
        if beside:
            stage.pick_together("A", first, beside[0], t)
        else:
            stage.pick("A", first, t)
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
