"""Somebody who shops as chance has it: where they are in time, where they stay, what they hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tools.scenarios.stage import Goods, Stage

Place = tuple[tuple[str, ...], list[float]]
"""(plates, share of the weight on each)"""


@dataclass(frozen=True, slots=True)
class Held:
    """A unit in somebody's hands."""

    goods: Goods
    where: Place  # it was taken from
    weight_g: float


@dataclass(slots=True)
class Shopper:
    """One visit in the making."""

    visit: str
    t: float  # [s] free from then on
    near: str = ""  # gondola that they stay at; "": anywhere
    held: list[Held] = field(default_factory=list)

    def choose(self, stage: Stage, wanted: Callable[[Goods], object] = lambda _: True) -> Goods | None:
        """Some goods that fulfil a wish, near where they stay; ``None`` where there are none."""
        return next(
            (each for each in stage.any_goods(len(stage.goods), near=self.near) if wanted(each)), None
        )

    def approach(self, stage: Stage, goods: Goods, *, aside_m: float = 0.0) -> float:
        """Walk there and look; when the hand is to move [s]."""
        self.t = stage.go(self.visit, goods, self.t, aside_m=aside_m) + float(stage.rng.uniform(0.5, 1.6))
        return self.t

    def take(
        self, stage: Stage, goods: Goods, t: float, *, at: Place | None = None, left: bool = False
    ) -> None:
        """Take one unit and keep it in mind."""
        where = at or stage.place(goods)
        weight_g = stage.pick(self.visit, goods, t, at=where, left=left)
        self.held.append(Held(goods, where, weight_g))
        self.t = max(self.t, t)

    def let_go(self, stage: Stage) -> Held | None:
        """Something held that will be put somewhere."""
        return self.held.pop(int(stage.rng.integers(len(self.held)))) if self.held else None

    def rest(self, stage: Stage, least_s: float = 0.7) -> None:
        """Until the next act."""
        self.t += least_s + float(stage.rng.uniform(0.0, 1.8))
