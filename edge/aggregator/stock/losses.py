"""Goods gone with no visit to charge, one by one, and their sums over a window of time.

Three disjoint ways: taken and nobody was seen to do it, gone while the node was off, and missing when
somebody counted. What one way has told, the expected count has lost already, so the next one does not tell it
again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from edge.aggregator.stock.history import Check
from edge.aggregator.stock.movement import Cause, Movement
from edge.planogram import Catalogue


@dataclass(frozen=True, slots=True)
class Loss:
    """Units of one SKU that went, or came, on nobody's account."""

    t_s: float
    cause: Cause
    sku: str
    plates: tuple[str, ...]
    units: int  # [units] most probable; positive: gone
    mean: float  # [units] expected
    variance: float  # [units^2]
    price_minor: int  # [smallest unit of the currency] of one unit, then


class LossSum(msgspec.Struct, frozen=True):
    """Losses of a window together; the money is exact for `units`."""

    events: int  # that this is the sum of
    units: int  # [units] most probable
    expected: float  # [units]
    sigma: float  # [units] one standard deviation of that
    value_minor: int  # [smallest unit of the currency] of `units`
    value_sigma_minor: int  # [smallest unit of the currency] one standard deviation


def sum_of(losses: Iterable[Loss]) -> LossSum:
    """Add up; equal losses in any order give equal sums."""
    found = list(losses)
    return LossSum(
        events=len(found),
        units=sum(loss.units for loss in found),
        expected=round(math.fsum(loss.mean for loss in found), 6),
        sigma=round(math.sqrt(math.fsum(loss.variance for loss in found)), 6),
        value_minor=sum(loss.units * loss.price_minor for loss in found),
        value_sigma_minor=round(math.sqrt(math.fsum(loss.variance * loss.price_minor**2 for loss in found))),
    )


def losses_of(movement: Movement, catalogue: Catalogue) -> Iterator[Loss]:
    """What went, or came, on nobody's account in one event."""
    if movement.cause in (Cause.NOBODY, Cause.UNSEEN):
        for line in movement.lines:
            price_minor = catalogue.price_minor(line.spot.sku, movement.t_s)
            yield Loss(
                movement.t_s, movement.cause, line.spot.sku, line.spot.plates,
                -line.units, -line.mean, line.variance, price_minor,
            )  # fmt: skip


def missing_at(check: Check, plates: tuple[str, ...], catalogue: Catalogue) -> Loss:
    """What a count found missing; it knows exactly, what was expected did not."""
    count, expected = check.count, check.expected
    return Loss(
        count.t, Cause.COUNT, count.sku, plates, expected.units - count.units, expected.mean - count.units,
        expected.variance, catalogue.price_minor(count.sku, count.t),
    )  # fmt: skip
