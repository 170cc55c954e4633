"""How often each reviewer errs: the posterior of a Beta distribution over cases whose answer is known.

Known are blind gold cases, and cases that several people were asked about: the majority is taken to be right,
and where there is none, everybody is half wrong [as in double reading in radiology].
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from edge.aggregator.carts.doubt import ERROR
from edge.messages import ReviewAnswer

PRIOR_ANSWERS = 30.0
"""[answers] that the prior of a new reviewer is worth."""

STEPS = (0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.35, 0.5)
"""[1] Errors by which answers are weighed. Steps, so that a gold case more does not weigh all anew."""

Said = tuple[object, bool]
"""What an answer says: the reading, and whether any was named."""


class ReviewerEstimate(msgspec.Struct, frozen=True):
    """One reviewer's error rate, as far as it is known."""

    reviewer: str
    right: float  # [answers] to cases whose answer is known; halves where two people disagree
    wrong: float  # [answers]
    error: float  # [1] posterior mean
    sigma: float  # [1] its standard deviation


@dataclass(frozen=True, slots=True)
class Trial:
    """How one answer compares with what is known."""

    reviewer: str
    right: float


class Reviewers:
    """Counts of right and wrong answers by reviewer."""

    def __init__(self) -> None:
        self._right: Counter[str] = Counter()
        self._wrong: Counter[str] = Counter()

    def replace(self, old: Iterable[Trial], new: Iterable[Trial]) -> frozenset[str]:
        """Count ``new`` trials in place of ``old`` ones; reviewers whose answers weigh otherwise by it."""
        old, new = tuple(old), tuple(new)
        touched = {trial.reviewer for trial in (*old, *new)}
        before = {reviewer: self.error(reviewer) for reviewer in touched}
        for trials, sign in ((old, -1), (new, 1)):
            for trial in trials:
                self._right[trial.reviewer] += sign * trial.right  # type: ignore[assignment]
                self._wrong[trial.reviewer] += sign * (1 - trial.right)  # type: ignore[assignment]
        return frozenset(reviewer for reviewer in touched if self.error(reviewer) != before[reviewer])

    def error(self, reviewer: str) -> float:
        """[1] the step of :data:`STEPS` nearest to the posterior mean."""
        mean = self.estimate(reviewer).error
        return min(STEPS, key=lambda step: abs(math.log(step / mean)))

    def estimate(self, reviewer: str) -> ReviewerEstimate:
        """Posterior of one reviewer; the prior of somebody unknown."""
        right, wrong = float(self._right[reviewer]), float(self._wrong[reviewer])
        a, b = ERROR * PRIOR_ANSWERS + wrong, (1 - ERROR) * PRIOR_ANSWERS + right
        mean = a / (a + b)
        return ReviewerEstimate(
            reviewer, right, wrong, round(mean, 6), round(math.sqrt(mean * (1 - mean) / (a + b + 1)), 6)
        )

    def names(self) -> tuple[str, ...]:
        """Everybody with a known case."""
        return tuple(sorted({name for name in (*self._right, *self._wrong)
                             if self._right[name] or self._wrong[name]}))  # fmt: skip


def said(answer: ReviewAnswer) -> Said:
    """What compares two answers."""
    return answer.reading, answer.undecided


def trials_of(answers: Sequence[ReviewAnswer]) -> tuple[Trial, ...]:
    """What several people's answers to one question tell of each of them."""
    decided = [answer for answer in answers if not answer.undecided]
    if len(decided) < 2:
        return ()
    votes = Counter(said(answer) for answer in decided)
    most = max(votes.values())
    winners = [choice for choice, count in votes.items() if count == most]
    if len(winners) > 1:
        return tuple(Trial(answer.by, 0.5) for answer in decided)
    return tuple(Trial(answer.by, float(said(answer) == winners[0])) for answer in decided)
