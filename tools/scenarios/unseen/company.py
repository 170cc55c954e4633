"""Shoppers in the store at the same time, each going on to another act when one is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tools.scenarios.script import Act
from tools.scenarios.stage import Stage
from tools.scenarios.unseen.alone import take
from tools.scenarios.unseen.shopper import Shopper

Alone = Callable[[Stage, Shopper], None]
Together = Callable[[Stage, Shopper, Shopper], None]

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
            for choice in self._rng.permutation(len(kinds.together)):
                act = kinds.together[int(choice)]
                other = others[int(self._rng.integers(len(others)))]
                if self._happens(act.__name__, (who, other), lambda: act(self._stage, who, other)):  # noqa: B023
                    return
        for choice in (*self._rng.permutation(len(kinds.alone)), None):
            alone = take if choice is None else kinds.alone[int(choice)]
            if self._happens(alone.__name__, (who,), lambda: alone(self._stage, who)):  # noqa: B023
                return

    def _happens(self, kind: str, shoppers: tuple[Shopper, ...], act: Callable[[], None]) -> bool:
        script, began_s = self._stage.script, min(who.t for who in shoppers)
        before, transfers = [who.t for who in shoppers], len(script.transfers)
        act()
        if before == [who.t for who in shoppers]:
            return False
        ended_s = max(who.t for who in shoppers)
        visits = tuple(who.visit for who in shoppers)
        script.acts.append(Act(kind, visits, began_s, ended_s, range(transfers, len(script.transfers))))
        return True
