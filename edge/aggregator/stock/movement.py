"""What one event did to the stock: so many units more or less, here or there, and how sure that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.aggregator.stock.facings import Spot
from edge.messages import EventIdentity

Moved = Mapping[Spot, int]
"""[units] put (more than 0) or taken (less), by spot; empty: no goods moved."""

NEGLIGIBLE = 0.01
"""[units] Less is expected of most goods of a store in most events; it is left out where none is believed
moved."""


class Cause(StrEnum):
    """On whose account units moved."""

    SHOPPER = "shopper"  # a visit has or had them
    STAFF = "staff"  # in a mode, or by somebody who works here
    NOBODY = "nobody"  # no visit that could be charged was seen to do it
    UNSEEN = "unseen"  # while the node was off
    COUNT = "count"  # known only by a count that found another number
    OPEN = "open"  # tracks may still tell who it was


@dataclass(frozen=True, slots=True)
class Line:
    """Units of one SKU at one spot."""

    spot: Spot
    units: int  # [units] by the most probable reading; negative: taken
    mean: float  # [units] expected
    variance: float  # [units^2]
    probability: float  # [1] that it was just `units`


@dataclass(frozen=True, slots=True)
class Movement:
    """All that one event moved."""

    event: EventIdentity
    t_s: float
    cause: Cause
    lines: tuple[Line, ...]
    unknown: bool = False  # nobody took goods, and the catalogue holds none like them


def lines_of(readings: Iterable[tuple[float, Moved]]) -> tuple[Line, ...]:
    """Mean and variance of what each spot gained, over all readings of an event.

    Args:
        readings: (probability, what moved); what is missing to 1 moved nothing.
    """
    mass: dict[tuple[tuple[Spot, int], ...], float] = defaultdict(float)
    for probability, moved in readings:
        mass[tuple(sorted(moved.items(), key=_order))] += probability
    if not mass:
        return ()
    best, _ = max(mass.items(), key=lambda each: each[1])
    units = dict(best)
    means: dict[Spot, float] = defaultdict(float)
    squares: dict[Spot, float] = defaultdict(float)
    exact: dict[Spot, float] = defaultdict(float)  # that the most probable units moved
    anywhere: dict[Spot, float] = defaultdict(float)  # that any moved
    for lots, probability in mass.items():
        for spot, count in lots:
            means[spot] += probability * count
            squares[spot] += probability * count**2
            exact[spot] += probability * (count == units.get(spot, 0))
            anywhere[spot] += probability
    return tuple(
        Line(
            spot,
            units.get(spot, 0),
            means[spot],
            max(squares[spot] - means[spot] ** 2, 0.0),
            min(exact[spot] if spot in units else 1.0 - anywhere[spot], 1.0),
        )
        for spot in sorted(means, key=lambda each: (each.sku, each.plates))
        if spot in units or abs(means[spot]) >= NEGLIGIBLE
    )


def _order(item: tuple[Spot, int]) -> tuple[str, tuple[str, ...]]:
    return item[0].sku, item[0].plates
