"""Whether stated probabilities are true, and what a threshold would have cost: from what people checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import msgspec

from edge.aggregator.transparency.shares import Share, wilson

EDGES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0)
"""[1] Bounds of the rows of a reliability table."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One statement that a person checked."""

    probability: float  # [1] as stated
    right: bool
    weight: float = 1.0  # how many unchecked ones it stands for, with itself


class ReliabilityRow(msgspec.Struct, frozen=True):
    """Statements of about the same probability."""

    low: float  # [1] inclusive
    high: float  # [1] exclusive, but for the last row
    stated: float | None  # [1] mean stated probability
    right: Share


class RiskPoint(msgspec.Struct, frozen=True):
    """What would have been, had receipts at least so sure been accepted without a look."""

    threshold: float  # [1] stated probability
    coverage: float  # [1] share of all receipts accepted
    risk: float  # [1] share of those accepted that were wrong
    risk_high: float  # [1] upper end of its 95 % interval
    checked: int  # [receipts] that this rests on


def reliability(checked: Iterable[Checked]) -> tuple[ReliabilityRow, ...]:
    """Stated against found, for each row that has any [Murphy, J. Appl. Meteor. 12 (1973) 595-600]."""
    known = tuple(checked)
    rows = []
    for low, high in pairwise(EDGES):
        here = [each for each in known if low <= each.probability < high or each.probability == high == 1.0]
        if here:
            stated = sum(each.probability for each in here) / len(here)
            right = Share.of(sum(each.right for each in here), len(here))
            rows.append(ReliabilityRow(low, high, round(stated, 6), right))
    return tuple(rows)


def brier(checked: Sequence[Checked]) -> float | None:
    """Mean squared difference of stated probability and truth; ``None`` of nothing."""
    if not checked:
        return None
    return round(sum((each.probability - each.right) ** 2 for each in checked) / len(checked), 6)


def risk_coverage(checked: Iterable[Checked]) -> tuple[RiskPoint, ...]:
    """The curve on which a review threshold is chosen, surest first.

    Each checked receipt counts for those it stands for, so the few audited ones weigh as much as the many
    that they were drawn from; the interval is that of Kish's effective number, (sum w)^2 / sum w^2.
    """
    ranked = sorted(checked, key=lambda each: -each.probability)
    total = sum(each.weight for each in ranked)
    points: list[RiskPoint] = []
    accepted = squared = wrong = 0.0
    for index, each in enumerate(ranked):
        accepted += each.weight
        squared += each.weight**2
        wrong += 0.0 if each.right else each.weight
        is_last = index + 1 == len(ranked) or ranked[index + 1].probability < each.probability
        if is_last:
            effective = accepted**2 / squared
            risk = wrong / accepted
            points.append(
                RiskPoint(
                    round(each.probability, 6), round(accepted / total, 6), round(risk, 6),
                    round(wilson(risk * effective, effective)[1], 6), index + 1,
                )
            )  # fmt: skip
    return tuple(points)


def threshold_for(points: Sequence[RiskPoint], max_error: float) -> RiskPoint | None:
    """The point that accepts most while the upper end of its risk is bearable; ``None``: no point does."""
    return next((point for point in reversed(points) if point.risk_high <= max_error), None)


def point_at(points: Sequence[RiskPoint], threshold: float) -> RiskPoint | None:
    """What a threshold accepts on a curve; ``None``: nothing."""
    return next((point for point in reversed(points) if point.threshold >= threshold), None)
