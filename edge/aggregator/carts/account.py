"""One consistent account of everything that happened, and what it is made of; ``beam.py`` has the best."""

from __future__ import annotations

from dataclasses import dataclass

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
    undoes: EventIdentity | None = None  # an earlier event: goods moved in both, or in neither
    testimonies: tuple[Testimony, ...] = ()  # of people who were asked about it


Busy = tuple[tuple[float, str, str], ...]
"""What hands did in the last moments: when [s], visit, hand."""


class Account(msgspec.Struct, frozen=True):
    """One consistent account of everything that happened."""

    held: tuple[Holding, ...] = ()  # by visit
    resting: tuple[Resting, ...] = ()
    choices: tuple[Choice, ...] = ()  # of the same events in all accounts of a beam
    busy: Busy = ()
    seen: tuple[Sighting, ...] = ()  # of the events in `choices`
    log_weight: float = 0.0
