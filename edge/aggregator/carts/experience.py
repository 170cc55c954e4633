"""What stands where, as picks have shown it: the planogram learns.

A gondola may be stocked otherwise than its planogram says. Each pick read as goods that are not planned there
makes the next such reading there likelier, and a place that gave an SKU is expected to give it again. Both
are predictive probabilities of Pólya urns over the picks so far, so every account of what happened carries
its own, and later picks re-weigh the first ones. Bounded: the planogram always keeps a fair part of its word.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.aggregator.carts.account import Sighting
from edge.aggregator.carts.beam import Rows, Table
from edge.messages import EventIdentity
from edge.planogram import Planogram, shelf_of

REARRANGED = 0.005
"""[1] Prior that goods stand otherwise on their gondola than planned, with the weight of one pick."""

REARRANGED_MAX = 0.5
"""[1] The planogram keeps at least the rest, however many picks contradict it."""

AT_HOME = 0.8
"""[1] Goods that stand otherwise than planned mostly come from the same gondola."""

SEEN_MAX, SEEN_PICKS = 0.2, 2.0
"""[1, picks] What was taken at a place before gets so much of the prior at most, half of it after so many."""

MEMORY_PICKS = 50.0
"""[picks] of one gondola, and of one plate, that count; then all count half, so that new ones tell more."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Picks that tell of some plates."""

    picks: float = 0.0  # of their gondola
    missed: float = 0.0  # of these: of goods that are not planned where they were taken
    here: tuple[tuple[str, float], ...] = ()  # by SKU, of these plates; a pick counts by the share it touched

    @classmethod
    def of(cls, sightings: Sequence[Sighting], plates: tuple[str, ...]) -> Tally:
        """Of single picks, all on the gondola of ``plates``."""
        here: dict[str, float] = {}
        for sighting in sightings:
            if shared := sum(plate in sighting.plates for plate in plates):
                here[sighting.sku] = here.get(sighting.sku, 0.0) + shared / len(plates)
        missed = sum(not sighting.planned for sighting in sightings)
        return cls(len(sightings), missed, tuple(sorted(here.items())))

    def joined(self, other: Tally) -> Tally:
        """Both together."""
        here = dict(self.here)
        for sku, count in other.here:
            here[sku] = here.get(sku, 0.0) + count
        return Tally(self.picks + other.picks, self.missed + other.missed, tuple(sorted(here.items())))


def tallies(
    seen: Table[EventIdentity, tuple[Sighting, ...]], plates: tuple[str, ...]
) -> tuple[list[Tally], Rows]:
    """What accounts saw of some plates themselves: the tallies that there are, and each account's.

    Args:
        seen: by event of a pick; one event is on one gondola.
        plates: of one gondola.
    """
    gondola = _gondola_of(plates)
    accounts = len(seen.numbers)
    picks, missed = np.zeros(accounts), np.zeros(accounts)
    here: dict[str, NDArray[np.float64]] = {}  # by SKU
    for _, column in seen.columns():
        if next((each.gondola for value in column.values for each in value), "") != gondola:
            continue
        told = [Tally.of(value, plates) for value in column.values]
        picks += np.array([each.picks for each in told])[column.numbers]
        missed += np.array([each.missed for each in told])[column.numbers]
        for sku in sorted({sku for each in told for sku, _ in each.here}):
            counts = np.array([dict(each.here).get(sku, 0.0) for each in told])
            here[sku] = here.get(sku, 0.0) + counts[column.numbers]
    if not picks.any():
        return [Tally()], np.zeros(accounts, np.intp)
    known: dict[tuple[float, ...], int] = {}
    rows = np.column_stack((picks, missed, *here.values())).tolist()
    numbers = [known.setdefault(tuple(row), len(known)) for row in rows]
    found = [
        Tally(
            own, strange, tuple(sorted((sku, each) for sku, each in zip(here, counts, strict=True) if each))
        )
        for own, strange, *counts in known
    ]
    return found, np.array(numbers)


@dataclass(frozen=True, slots=True)
class Experience:
    """Counts of past picks, each with the probability of its reading."""

    by_plate: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # [picks] by plate and SKU
    astray: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """[picks] by gondola: of goods that are not planned there, and of all."""

    def joined(self, sightings: Collection[tuple[Sighting, float]]) -> Experience:
        """With more picks, each of some probability."""
        if not sightings:
            return self
        by_plate, astray = dict(self.by_plate), dict(self.astray)
        for sighting, mass in sightings:
            missed, picks = astray.get(sighting.gondola, (0.0, 0.0))
            missed, picks = missed + mass * (not sighting.planned), picks + mass
            halved = 0.5 if picks > MEMORY_PICKS else 1.0
            astray[sighting.gondola] = halved * missed, halved * picks
            for plate in sighting.plates:
                seen = dict(by_plate.get(plate, {}))
                seen[sighting.sku] = seen.get(sighting.sku, 0.0) + mass
                if math.fsum(seen.values()) > MEMORY_PICKS:
                    seen = {sku: 0.5 * count for sku, count in seen.items() if count > 0.01}
                by_plate[plate] = seen
        return Experience(by_plate, astray)

    def tally(self, plates: tuple[str, ...]) -> Tally:
        """What it tells of some plates."""
        missed, picks = self.astray.get(_gondola_of(plates), (0.0, 0.0))
        here: dict[str, float] = {}
        for plate in plates:
            for sku, count in self.by_plate.get(plate, {}).items():
                here[sku] = here.get(sku, 0.0) + count / len(plates)
        return Tally(picks, missed, tuple(sorted(here.items())))


NO_EXPERIENCE = Experience()


class LearnedLayout:
    """Priors p(SKU | plates), as the nodes state them and as experience corrects them.

    Args:
        planogram: what is planned where.
    """

    def __init__(self, planogram: Planogram) -> None:
        self._planogram = planogram
        self._homes: dict[str, set[str]] = {}  # SKU -> plates
        self._gondolas: dict[str, set[str]] = {}  # gondola -> SKUs
        for facing in planogram.facings:
            if facing.sku is not None:
                self._homes.setdefault(facing.sku, set()).update(facing.plates)
                self._gondolas.setdefault(_gondola_of(facing.plates), set()).add(facing.sku)

    def sighting(self, event: EventIdentity, plates: tuple[str, ...], sku: str) -> Sighting:
        """One pick of an SKU."""
        return Sighting(event, plates, sku, _gondola_of(plates), self._is_planned(sku, plates))

    def log_prior(self, sku: str, log_planned: float, plates: tuple[str, ...], tally: Tally) -> float:
        """Log prior of an SKU at plates that moved [nat].

        Args:
            sku: a known one.
            log_planned: [nat] the node's word, from the planogram alone.
            plates: of one shelf.
            tally: what picks have shown of these plates and their gondola.
        """
        rearranged = min((REARRANGED + tally.missed) / (1.0 + tally.picks), REARRANGED_MAX)
        here = self._gondolas.get(_gondola_of(plates), set())
        anywhere = AT_HOME / len(here) if sku in here else 0.0
        if sku in self._homes:
            anywhere += (1.0 - AT_HOME) / len(self._homes)
        expected = (1.0 - rearranged) * math.exp(log_planned) + rearranged * anywhere
        total = sum(count for _, count in tally.here)
        if total > 0.0:
            share = SEEN_MAX * total / (total + SEEN_PICKS)
            expected += share * (dict(tally.here).get(sku, 0.0) / total - expected)
        return math.log(max(expected, 1e-300))

    def _is_planned(self, sku: str, plates: tuple[str, ...]) -> bool:
        """Whether the SKU is planned at one of the plates, or at the next one."""
        row = self._planogram.shelf(shelf_of(plates[0]))
        columns = [row.index(plate) for plate in plates if plate in row]
        near = {row[column] for c in columns for column in (c - 1, c, c + 1) if 0 <= column < len(row)}
        return not near.isdisjoint(self._homes.get(sku, set()))


def _gondola_of(plates: Sequence[str]) -> str:
    return plates[0].partition("/")[0]
