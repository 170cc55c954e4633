"""Events are told by weight first; when the cameras have seen them, they are told again, better.

What was seen stays with the event: a later revision by weight of the same act keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.fusion.act import Act
from edge.fusion.hypotheses import HypothesisSearch
from edge.messages import CropSide
from edge.vision.testimony import Question, Testimony, Witness

ActKey = tuple[str, int]
"""Rack, and number of the act there."""

REMEMBERED = 256
"""[acts] that a picture, or a revision by weight, may still come for."""


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """An act that the cameras were asked about."""

    question: Question
    act: Act
    looks: tuple[Mapping[str, float], ...] = ()


class SecondLook:
    """Keeps acts and what was seen of them together.

    Args:
        witness: whoever sees the shelves; None: nobody.
        hypotheses: explains changes of weight, with looks or without.
    """

    def __init__(self, witness: Witness | None, hypotheses: HypothesisSearch) -> None:
        self.witness, self._hypotheses = witness, hypotheses
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new object."""
        if self.witness is not None:
            self.witness.reset()
        self._asked: dict[ActKey, _Asked] = {}

    def told(self, key: ActKey, act: Act) -> tuple[Act, tuple[Testimony, ...]]:
        """(an act as it is to be told now, what the cameras say of it at once).

        Args:
            key: of the act; a known one is a revision.
            act: as weight alone explains it.
        """
        if self.witness is None:
            return act, ()
        if not act.hypotheses:
            self.forget(key)
            return act, ()
        question = _question(key, act)
        known = self._asked.pop(key, None)
        if known is not None and (known.question.plates, known.question.side) == (
            question.plates,
            question.side,
        ):
            self._asked[key] = replace(known, act=act)
            return self._explained(act, known.looks), ()
        self._asked[key] = _Asked(question, act)
        while len(self._asked) > REMEMBERED:
            self._asked.pop(next(iter(self._asked)))
        return act, self.witness.ask(question)

    def forget(self, key: ActKey) -> None:
        """The act was none."""
        if self._asked.pop(key, None) is not None and self.witness is not None:
            self.witness.withdraw(key)

    def heard(self, testimony: Testimony) -> Act | None:
        """The act as it looks now; ``None``: nobody asked for it any more."""
        known = self._asked.get(testimony.key)
        if known is None:
            return None
        self._asked[testimony.key] = replace(known, looks=testimony.looks)
        return self._explained(known.act, testimony.looks)

    def _explained(self, act: Act, looks: tuple[Mapping[str, float], ...]) -> Act:
        if not looks:
            return act
        return replace(act, hypotheses=self._hypotheses.explain(act.total, looks))


def _question(key: ActKey, act: Act) -> Question:
    total = act.total
    side = CropSide.BEFORE if float(total.delta_g.sum()) < 0 else CropSide.AFTER
    return Question(key, total.plates, side, total.onset_ns, total.settled_ns)
