"""Shoppers in the store at the same time, each going on to another act when one is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tools.scenarios.script import Act
from tools.scenarios.stage import Stage
from tools.scenarios.unseen.alone import take
from tools.scenarios.unseen.shopper import Shopper

Alone = Callable[[Stage, Shopper], None]
Together = Callable[[Stage, Shopper, Shopper], None]
AnyAct = TypeVar("AnyAct", Alone, Together)

OWN_SHARE = 0.6
"""[1] of the acts that are of a row's own kinds; the others are of the rows before."""

MEETING_SHARE = 0.35
"""[1] of a row's own acts that are meetings, where it has such and another shopper is there."""

WAITS_S = 12.0
"""[s] that a shopper may have to stand and wait for another to meet."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """Acts to choose from."""

    alone: tuple[Alone, ...]
    together: tuple[Together, ...] = ()

    def __add__(self, other: Kinds) -> Kinds:
        return Kinds(self.alone + other.alone, self.together + other.together)


class Company:
    """One to four shoppers of one script.

    Args:
        stage: where they play; its rng decides everything.
        near: by shopper, the gondola to stay at; "" for anywhere.
    """

    def __init__(self, stage: Stage, near: tuple[str, ...]) -> None:
        self._stage, self._rng = stage, stage.rng
        entry_s = 3.0
        self._shoppers: list[Shopper] = []
        for visit, gondola in zip("ABCD", near, strict=False):
            self._shoppers.append(Shopper(visit, stage.enter(visit, entry_s), gondola))
            entry_s += float(self._rng.uniform(0.6, 5.0))

    def shop(self, own: Kinds, easier: Kinds, *, acts: tuple[int, int]) -> None:
        """So many acts each, from the least to the most; then everybody leaves."""
        todo = {who.visit: int(self._rng.integers(acts[0], acts[1] + 1)) for who in self._shoppers}
        active = list(self._shoppers)
        while active:
            who = min(active, key=lambda each: each.t)
            others = [each for each in active if each is not who and each.t - who.t < WAITS_S]
            self._act(who, others, own if self._rng.random() < OWN_SHARE or not easier.alone else easier)
            todo[who.visit] -= 1
            if todo[who.visit] <= 0:
                active.remove(who)
                self._stage.leave(who.visit, who.t)

    def _act(self, who: Shopper, others: list[Shopper], kinds: Kinds) -> None:
        """The first act of a shuffled few that there is an occasion for."""
        if others and kinds.together and self._rng.random() < MEETING_SHARE:
            other = others[int(self._rng.integers(len(others)))]
            for together in self._shuffled(kinds.together):
                if self._happens(together, who, other):
                    return
        for alone in (*self._shuffled(kinds.alone), take):
            if self._happens(alone, who):
                return

    def _happens(self, act: Callable[..., None], *shoppers: Shopper) -> bool:
        script, before = self._stage.script, [who.t for who in shoppers]
        transfers = len(script.transfers)
        act(self._stage, *shoppers)
        after = [who.t for who in shoppers]
        if before == after:
            return False
        script.acts.append(
            Act(
                act.__name__, tuple(who.visit for who in shoppers), min(before), max(after),
                range(transfers, len(script.transfers)),
            )
        )  # fmt: skip
        return True

    def _shuffled(self, acts: Sequence[AnyAct]) -> list[AnyAct]:
        return [acts[int(choice)] for choice in self._rng.permutation(len(acts))]
