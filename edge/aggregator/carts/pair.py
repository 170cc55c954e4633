"""Two events of which the later undoes the earlier: goods moved in both, or one hand moved none."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.aggregator.carts.account import Claim
from edge.aggregator.carts.beam import Beam

LOST_HAND = 0.02
"""[1] of events are given to the wrong visit for certain."""


@dataclass(frozen=True, slots=True)
class Undone:
    """The earlier event of a pair.

    Attributes:
        claim: what it was.
        happened: whether it did; asked where all accounts agree, and so no longer say it.
    """

    claim: Claim
    happened: bool

    def happened_in(self, beam: Beam) -> NDArray[np.bool_]:
        """[account] whether goods moved."""
        column = beam.choices.column(self.claim.event)
        if column is None:
            return np.full(len(beam), self.happened)
        return np.array([choice.happened for choice in column.values])[column.numbers]

    def log_one_hand(self, later: Claim) -> float:
        """Log odds that one visit's hand was at both events, against any hands [nat].

        If nothing moved, a hand stayed from the one to the other: that speaks for it where only one visit
        can have been there, and against it where two were.
        """
        by_visit: dict[str | None, float] = {}
        for actor in self.claim.actors:
            by_visit[actor.visit] = by_visit.get(actor.visit, 0.0) + actor.probability
        same = math.fsum(by_visit.get(actor.visit, 0.0) * actor.probability for actor in later.actors)
        visits = {actor.visit for claim in (self.claim, later) for actor in claim.actors if actor.visit}
        return math.log(LOST_HAND + (1.0 - LOST_HAND) * min(same, 1.0)) + math.log(max(len(visits), 1))
