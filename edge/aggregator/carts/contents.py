"""What a beam says of visits and events."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from functools import lru_cache

import numpy as np

from edge.aggregator.carts.account import Choice, Sighting, Thing
from edge.aggregator.carts.beam import Beam
from edge.messages import EventIdentity, ItemCount

Content = tuple[ItemCount, ...]
"""What a visit holds, by SKU; the SKU "" stands for unknown goods."""

Finding = tuple[Choice, float]
"""What an event most probably was, given all others, and how probable that is."""


class Contents:
    """What one visit may hold.

    Args:
        mass: probability by content; sums to 1.
    """

    def __init__(self, mass: Mapping[Content, float]) -> None:
        self._mass = mass

    def best(self) -> tuple[Content, float]:
        """The most probable content, and its probability."""
        best = max(self._mass, key=self._mass.__getitem__)
        return best, min(self._mass[best], 1.0)

    def quantity_probability(self, item: ItemCount) -> float:
        """Probability of exactly this quantity of this SKU."""
        mass = math.fsum(mass for content, mass in self._mass.items() if item in content)
        return min(mass, 1.0)

    def least_probability(self, item: ItemCount) -> float:
        """Probability of at least this quantity of this SKU."""
        least = ((mass, sum(each.quantity for each in content if each.sku == item.sku))
                 for content, mass in self._mass.items())  # fmt: skip
        return min(math.fsum(mass for mass, quantity in least if quantity >= item.quantity), 1.0)

    def joined(self, other: Contents) -> Contents:
        """Both together, taken as independent."""
        mass: dict[Content, float] = defaultdict(float)
        for one, share in self._mass.items():
            for two, other_share in other._mass.items():
                mass[_counted([*one, *two])] += share * other_share
        return Contents(mass)


NOTHING = Contents({(): 1.0})


@lru_cache(maxsize=4096)
def content_of(things: tuple[Thing, ...]) -> Content:
    """Things by SKU."""
    return _counted([ItemCount(thing.sku, 1) for thing in things])


def contents_of(beam: Beam) -> dict[str, Contents]:
    """Of every visit that holds something in some account."""
    weights = beam.weights
    found: dict[str, Contents] = {}
    for visit, column in beam.held.columns():
        mass: dict[Content, float] = {}
        for number, weight in zip(column.numbers.tolist(), weights, strict=True):
            if things := column.values[number]:
                content = content_of(things)
                mass[content] = mass.get(content, 0.0) + weight
        if not mass:
            continue
        if (rest := 1.0 - math.fsum(mass.values())) > 1e-9:  # accounts in which the visit holds nothing
            mass[()] = rest
        found[visit] = Contents(mass)
    return found


def findings_of(beam: Beam) -> dict[EventIdentity, Finding]:
    """Of every event that the beam's accounts still remember."""
    choices = beam.choices
    if not choices.values:
        return {}
    sizes = [len(values) for values in choices.values.values()]
    numbers = choices.numbers + np.cumsum([0, *sizes[:-1]])  # a number of its own for every choice there is
    mass = np.bincount(numbers.ravel(), np.repeat(beam.weights, len(sizes)))[numbers]  # [account, event]
    best = mass.argmax(axis=0)
    return {
        event: (values[choices.numbers[row, place]], min(float(mass[row, place]), 1.0))
        for place, (row, (event, values)) in enumerate(zip(best, choices.values.items(), strict=True))
    }


def sightings_of(beam: Beam, events: Container[EventIdentity]) -> dict[Sighting, float]:
    """What these events showed of where goods stand, with its probability."""
    columns = [column for event, column in beam.seen.columns() if event in events]
    mass: dict[Sighting, float] = defaultdict(float)
    for row, weight in enumerate(beam.weights if columns else ()):
        for column in columns:
            for sighting in column.values[column.numbers[row]]:
                mass[sighting] += weight
    return mass


def agreed(beam: Beam) -> tuple[Choice, ...]:
    """What all accounts take the same events for."""
    numbers = beam.choices.numbers
    same = (numbers == numbers[0]).all(axis=0)
    return tuple(
        values[number]
        for values, number, agree in zip(beam.choices.values.values(), numbers[0], same, strict=True)
        if agree
    )


def _counted(items: Iterable[ItemCount]) -> Content:
    counts: Counter[str] = Counter()
    for item in items:
        counts[item.sku] += item.quantity
    return tuple(ItemCount(sku, quantity) for sku, quantity in sorted(counts.items()))
