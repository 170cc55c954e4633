"""One consistent account of everything that happened, and a beam of them: the best few, with their weights.

Accounts share their parts and know their hashes, so that equal ones are found and merged at little cost.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import msgspec

from edge.aggregator.carts.testimony import Testimony
from edge.messages import EventIdentity, EventKind, Hypothesis, ItemCount


class Thing(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """One unit that changed place, with the weight it then had."""

    sku: str  # "" when the catalogue does not hold it
    weight_g: float
    sigma_g: float  # [g] of this weighing
    foreign: bool = False  # not from the store


class Resting(msgspec.Struct, frozen=True, cache_hash=True):
    """A thing where it does not belong."""

    plates: tuple[str, ...]
    thing: Thing
    owner: str | None = None  # visit that laid it down, if it is not the store's


class Holding(msgspec.Struct, frozen=True, cache_hash=True):
    """What one visit holds."""

    visit: str
    things: tuple[Thing, ...]  # sorted, at least one


class Choice(msgspec.Struct, frozen=True, cache_hash=True):
    """What one account takes one event for."""

    event: EventIdentity
    items: tuple[ItemCount, ...]  # empty: nothing that the catalogue holds
    visit: str | None
    foreign: bool = False  # a thing that is not the store's
    happened: bool = True  # False: plates moved, and no goods did


class Sighting(msgspec.Struct, frozen=True, cache_hash=True):
    """Goods were taken from where they stood."""

    event: EventIdentity
    plates: tuple[str, ...]
    sku: str
    gondola: str
    planned: bool  # there, or at the next plate


@dataclass(frozen=True, slots=True)
class Actor:
    """A hand that may have done it."""

    visit: str | None  # None: nobody who is tracked
    hand: str  # "" where hands are not told apart
    probability: float


@dataclass(frozen=True, slots=True)
class Claim:
    """One event as the carts see it: what was measured, what it may have been, who may have done it."""

    event: EventIdentity
    kind: EventKind
    plates: tuple[str, ...]
    weight_g: float  # [g] absolute
    sigma_g: float  # [g]
    hypotheses: tuple[Hypothesis, ...]
    t_onset_s: float  # [s] claims are read in this order
    t_s: float  # [s] when it settled
    actors: tuple[Actor, ...]  # probabilities sum to 1
    log_odds_goods: float = 20.0  # [nat] by the node's word, that goods changed place at all
    testimonies: tuple[Testimony, ...] = ()  # of people who were asked about it


class Account(msgspec.Struct, frozen=True):
    """One consistent account of everything that happened."""

    held: tuple[Holding, ...] = ()  # by visit
    resting: tuple[Resting, ...] = ()
    choices: tuple[Choice, ...] = ()  # of the same events in all accounts of a beam
    busy: tuple[tuple[float, str, str], ...] = ()  # (when [s], visit, hand) of the last moments
    seen: tuple[Sighting, ...] = ()  # of the events in `choices`
    log_weight: float = 0.0

    def things_of(self, visit: str | None) -> tuple[Thing, ...]:
        """What ``visit`` holds."""
        for holding in self.held:
            if holding.visit == visit:
                return holding.things
        return ()


_Parts = tuple[
    tuple[Holding, ...],
    tuple[Resting, ...],
    tuple[Choice, ...],
    tuple[tuple[float, str, str], ...],
    tuple[Sighting, ...],
]
"""Everything but the weight."""

Beam = tuple[Account, ...]
"""Best first; the weights sum to 1."""

EMPTY_STORE: Beam = (Account(),)

Content = tuple[ItemCount, ...]
"""What a visit holds, by SKU; the SKU "" stands for unknown goods."""

Finding = tuple[Choice, float]
"""What an event most probably was, given all others, and how probable that is."""


def merged(accounts: Sequence[Account]) -> Beam:
    """Equal accounts as one, best first, normalised."""
    top = max(account.log_weight for account in accounts)
    mass: dict[_Parts, float] = {}
    for account in accounts:
        parts = (account.held, account.resting, account.choices, account.busy, account.seen)
        mass[parts] = mass.get(parts, 0.0) + math.exp(account.log_weight - top)
    log_total = math.log(math.fsum(mass.values()))
    ranked = sorted(mass.items(), key=lambda each: -each[1])
    return tuple(Account(*parts, math.log(weight) - log_total) for parts, weight in ranked if weight > 0.0)


def rested(beam: Beam, t_s: float, memory_s: float) -> Beam:
    """The beam at ``t_s``: what hands did longer ago than ``memory_s`` no longer tells accounts apart."""
    if not any(account.busy for account in beam):
        return beam
    return merged(
        [
            msgspec.structs.replace(
                account, busy=tuple(each for each in account.busy if abs(t_s - each[0]) < memory_s)
            )
            for account in beam
        ]
    )


def without_events(beam: Beam, events: Container[EventIdentity]) -> Beam:
    """The beam with events forgotten on which all accounts agree."""
    kept = [choice.event not in events for choice in beam[0].choices]
    return merged(
        [
            msgspec.structs.replace(
                account,
                choices=tuple(compress(account.choices, kept)),
                seen=tuple(sighting for sighting in account.seen if sighting.event not in events),
            )
            for account in beam
        ]
    )


def without_visits(beam: Beam, visits: Container[str], events: Container[EventIdentity]) -> Beam:
    """Accounts that no longer tell these visits and events apart."""
    return merged(
        [
            msgspec.structs.replace(
                account, held=tuple(holding for holding in account.held if holding.visit not in visits)
            )
            for account in without_events(beam, events)
        ]
    )


# --- reading a beam --------------------------------------------------------------------------------


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


def content_of(things: Sequence[Thing]) -> Content:
    """Things by SKU."""
    return _counted([ItemCount(thing.sku, 1) for thing in things])


def contents_of(beam: Beam) -> dict[str, Contents]:
    """Of every visit that holds something in some account; one pass over the beam."""
    counted: dict[tuple[Thing, ...], Content] = {}
    masses: dict[str, dict[Content, float]] = {}
    for account in beam:
        weight = math.exp(account.log_weight)
        for holding in account.held:
            content = counted.get(holding.things)
            if content is None:
                content = counted.setdefault(holding.things, content_of(holding.things))
            mass = masses.setdefault(holding.visit, {})
            mass[content] = mass.get(content, 0.0) + weight
    for mass in masses.values():
        if (rest := 1.0 - math.fsum(mass.values())) > 1e-9:  # accounts in which the visit holds nothing
            mass[()] = rest
    return {visit: Contents(mass) for visit, mass in masses.items()}


def findings_of(beam: Beam) -> dict[EventIdentity, Finding]:
    """Of every event that the beam's accounts still remember."""
    weights = [math.exp(account.log_weight) for account in beam]
    found: dict[EventIdentity, Finding] = {}
    for column in zip(*(account.choices for account in beam), strict=True):
        mass: dict[Choice, float] = defaultdict(float)
        for choice, weight in zip(column, weights, strict=True):
            mass[choice] += weight
        best = max(mass, key=mass.__getitem__)
        found[best.event] = best, min(mass[best], 1.0)
    return found


def sightings_of(beam: Beam, events: Container[EventIdentity]) -> dict[Sighting, float]:
    """What these events showed of where goods stand, with its probability."""
    mass: dict[Sighting, float] = defaultdict(float)
    for account in beam:
        weight = math.exp(account.log_weight)
        for sighting in account.seen:
            if sighting.event in events:
                mass[sighting] += weight
    return mass


def _counted(items: list[ItemCount]) -> Content:
    counts: Counter[str] = Counter()
    for item in items:
        counts[item.sku] += item.quantity
    return tuple(ItemCount(sku, quantity) for sku, quantity in sorted(counts.items()))
