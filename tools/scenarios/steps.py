"""The lightest things: picks of 12 g where nobody walks, of 46 g while somebody does."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from edge.planogram import Catalogue
from tools.scenarios.contest import Ground, Standing, replayed
from tools.scenarios.rendered import RenderedCase
from tools.scenarios.stage import Stage
from tools.scenarios.winner import Winner

PICKS = 5
"""[1] of each case."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is asked."""

    weight_g: float
    walking: bool

    def __str__(self) -> str:
        return f"{self.weight_g:g} g {'while somebody walks' if self.walking else 'on a quiet plate'}"


STEPS = (Step(12.0, walking=False), Step(46.0, walking=True))


def find_steps(ground: Ground, step: Step, seeds: range) -> Standing:
    """Both sides on picks of goods that weigh just so much."""
    standing = Standing()
    for seed in seeds:
        case = _case(ground, step, seed)
        standing.ours.add(case.script, replayed(case))
        standing.winner.add(case.script, Winner(case).report())
    return standing


def _case(ground: Ground, step: Step, seed: int) -> RenderedCase:
    """A stands before some goods and takes them; B, if at all, walks up and down the whole time."""
    stage = Stage(str(step), seed, ground.planogram, ground.catalogue)
    chosen = stage.any_goods(PICKS)
    weighing = {goods.sku: step.weight_g for goods in chosen}
    skus = ground.catalogue.skus.values()
    catalogue = Catalogue(
        msgspec.structs.replace(sku, weight_g=weighing.get(sku.sku, sku.weight_g)) for sku in skus
    )
    a = stage.enter("A", 3.0)
    for goods in chosen:
        a = stage.go("A", goods, a) + float(stage.rng.uniform(1.5, 2.5))
        where = stage.place(goods, straddle=False)
        stage.pick("A", goods, a, at=where, weight_g=float(stage.rng.normal(step.weight_g, 0.4)))
        a += 2.0
    stage.leave("A", a)
    if step.walking:
        b = stage.enter("B", 3.0)
        while b < a:
            b = stage.go("B", stage.any_goods(1)[0], b, aside_m=0.3) + 0.05
        stage.leave("B", b)
    return RenderedCase(stage.script, ground.planogram, catalogue, ground.noise)
