"""Whole visits of about a minute, mixed as in the labels of the recorded store.

237 events of 46 recordings: 24 % put-backs, 24 % of the gaps at most a second.
"""

from __future__ import annotations

from tools.scenarios.stage import Goods, Stage

PUT_BACK_SHARE, QUICK_SHARE = 0.24, 0.24
TRANSFERS = (8, 13)

Held = tuple[Goods, tuple[tuple[str, ...], list[float]], float]
"""(what, where it stood, g)"""


def long_visit(stage: Stage) -> None:
    """A minute, 8-12 transfers, put-backs at their own places."""
    shop(stage, "A", stage.enter("A", 3.0), misplacing=0.0)


def long_visits_together(stage: Stage) -> None:
    """Two or three such visits at once, each as it comes."""
    for index in range(int(stage.rng.integers(2, 4))):
        visit = "ABC"[index]
        shop(stage, visit, stage.enter(visit, 3.0 + 4.0 * index), misplacing=0.0)


def long_visits_careless(stage: Stage) -> None:
    """Three or four such visits; half of the put-backs end where they do not belong."""
    for index in range(int(stage.rng.integers(3, 5))):
        visit = "ABCD"[index]
        shop(stage, visit, stage.enter(visit, 3.0 + 3.0 * index), misplacing=0.5)


def shop(stage: Stage, visit: str, t: float, *, misplacing: float) -> None:
    """One mixed visit from ``t`` on."""
    held: list[Held] = []
    latest: Goods | None = None
    left = False
    for _ in range(int(stage.rng.integers(*TRANSFERS))):
        if held and stage.rng.random() < PUT_BACK_SHARE / (1 - PUT_BACK_SHARE):
            goods, where, weight_g = held.pop(int(stage.rng.integers(len(held))))
            latest = goods
            if stage.rng.random() < misplacing:
                (latest,) = stage.any_goods(1)
                where = stage.place(latest, straddle=False)
            t = stage.go(visit, latest, t) + float(stage.rng.uniform(0.6, 1.2))
            stage.put(visit, goods, t, at=where, weight_g=weight_g)
            t += float(stage.rng.uniform(0.9, 2.0))
            continue
        beside = stage.on_shelf_of(latest) if latest is not None else []
        quick = bool(beside) and stage.rng.random() < QUICK_SHARE
        if quick:
            goods = beside[int(stage.rng.integers(min(len(beside), 3)))]
            t += float(stage.rng.uniform(-0.6, 0.0))  # of the second that it waited after the last one
        else:
            (goods,) = stage.any_goods(1)
            t = stage.go(visit, goods, t) + float(stage.rng.uniform(0.6, 1.2))
        where = stage.place(goods)
        left = not left if quick else False  # no hand is at two places within half a second
        held.append((goods, where, stage.pick(visit, goods, t, at=where, left=left)))
        latest = goods
        t += float(stage.rng.uniform(0.9, 2.0))
    stage.leave(visit, t)
