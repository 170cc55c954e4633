"""What a person said an event was, as evidence: people err, so it re-weighs accounts and overwrites none."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edge.messages import Reading


@dataclass(frozen=True, slots=True)
class Testimony:
    """One answer to "which of these was it?", the last answer being "none of these"."""

    said: Reading | None  # None: none of those shown
    shown: tuple[Reading, ...]
    error: float  # [1] probability that this person answers wrongly

    def log_likelihood(self, truth: Reading) -> float:
        """Log p(answer | truth) [nat], at most 0; whoever errs takes every wrong answer alike."""
        right = truth not in self.shown if self.said is None else truth == self.said
        return math.log(1.0 - self.error) if right else math.log(self.error / len(self.shown))
