"""The carts as joint hypotheses: who holds what, what lies where it does not belong; the best few kept.

Every event branches each hypothesis by what it was and who did it, weighed by densities of the measured
change (1/g): a unit that was weighed when it was taken is known again, by that very weight, when it is put
back; a thing in the wrong place may be taken by the next shopper. Later events so re-weigh earlier doubt.
All functions are pure: a beam goes in, another comes out.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from edge.aggregator.placing import Placing
from edge.config import CartSection
from edge.messages import EventIdentity, EventKind, Hypothesis, ItemCount

NEGLIGIBLE = 12.0
"""[nat] Branches so much below an event's best are not followed."""

MATCH_G = 1.0
"""[g] What slow motion of the plates adds to the difference of two weighings of one thing."""

MISMATCH = 1e-4
"""[1] Mass of weighings that went wrong; spread over 100 g."""

TAKE_RESTING = math.log(0.3)
"""[nat] Prior that a hand takes a thing that lies there by mistake, against the goods of the place."""

SEVERAL = math.log(0.1)
"""[nat] Prior of each further unit put back in one go."""

FOREIGN = math.log(0.1 / 500.0)
"""[nat, 1/g] Prior that what is put down is not from the store, a phone, a bag, a resting hand; of any weight
up to some hundred grams."""

OUTSIDE = math.log(1e-4)
"""[nat] Prior that it is from the store though nothing says that the shopper held it: a pick was missed."""

ONE_HAND_S, ONE_HAND = 0.35, math.log(0.02)
"""[s, nat] One hand seldom moves things at two places within so short a time."""


@dataclass(frozen=True, slots=True, order=True)
class Thing:
    """One unit that changed place, with the weight it then had."""

    sku: str  # "" when the catalogue does not hold it
    weight_g: float
    sigma_g: float  # [g] of this weighing
    foreign: bool = False  # not from the store


@dataclass(frozen=True, slots=True, order=True)
class Resting:
    """A thing where it does not belong."""

    plates: tuple[str, ...]
    thing: Thing


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
    t_s: float  # [s] when it settled
    actors: tuple[Actor, ...]  # probabilities sum to 1


@dataclass(frozen=True, slots=True)
class Choice:
    """What one joint hypothesis takes one event for."""

    event: EventIdentity
    items: tuple[ItemCount, ...]  # empty: nothing that the catalogue holds
    visit: str | None
    foreign: bool = False  # a thing that is not the store's


@dataclass(frozen=True, slots=True)
class Account:
    """One consistent account of everything that happened."""

    held: tuple[tuple[str, Thing], ...] = ()  # (visit, thing), sorted
    resting: tuple[Resting, ...] = ()
    choices: tuple[Choice, ...] = ()
    busy: tuple[tuple[float, str, str], ...] = ()  # (when [s], visit, hand) of the last moments
    log_weight: float = 0.0

    def content(self, visit: str) -> tuple[ItemCount, ...]:
        """What ``visit`` holds, by SKU; the SKU "" stands for unknown goods."""
        counts = Counter(thing.sku for who, thing in self.held if who == visit)
        return tuple(ItemCount(sku, quantity) for sku, quantity in sorted(counts.items()))

    def quantity(self, visit: str, sku: str) -> int:
        """Units of one SKU that ``visit`` holds."""
        return sum(1 for who, thing in self.held if who == visit and thing.sku == sku)


Beam = tuple[Account, ...]

EMPTY_STORE: Beam = (Account(),)


@dataclass(frozen=True, slots=True)
class _Branch:
    """One way to read an event within one account, before it is known who did it."""

    log_fit: float  # [nat, 1/g]
    items: tuple[ItemCount, ...] = ()
    gained: tuple[Thing, ...] = ()
    lost: tuple[Thing, ...] = ()
    laid: Resting | None = None
    lifted: Resting | None = None
    foreign: bool = False


class CartBelief:
    """Updates beams."""

    def __init__(self, placing: Placing, options: CartSection) -> None:
        self._placing, self._options = placing, options

    def update(self, beam: Beam, claim: Claim) -> Beam:
        """Branch every account by one event and keep the best, normalised to sum 1."""
        found: list[tuple[float, Account, _Branch, Actor]] = []
        for account in beam:
            picks = list(self._picks(account, claim)) if claim.kind is EventKind.PICK else []
            for actor in claim.actors:
                log_who = account.log_weight + math.log(actor.probability) + _log_free(account, claim, actor)
                branches = picks or self._returns(account, claim, actor.visit)
                found.extend((log_who + branch.log_fit, account, branch, actor) for branch in branches)
        if not found:
            return beam
        found.sort(key=lambda each: -each[0])
        floor = found[0][0] - NEGLIGIBLE
        kept = [each for each in found[: self._options.beam] if each[0] >= floor]
        return _normalised(
            [_after(account, branch, visit, claim, log) for log, account, branch, visit in kept]
        )

    def forget(self, beam: Beam, events: Iterable[EventIdentity], visits: Iterable[str]) -> Beam:
        """Stop distinguishing accounts by old events and closed visits; equal accounts merge."""
        old, closed = frozenset(events), frozenset(visits)
        merged: dict[Account, float] = defaultdict(float)
        for account in beam:
            rest = Account(
                held=tuple(each for each in account.held if each[0] not in closed),
                resting=account.resting,
                choices=tuple(choice for choice in account.choices if choice.event not in old),
            )
            merged[rest] += math.exp(account.log_weight)
        kept = [replace(account, log_weight=math.log(weight)) for account, weight in merged.items()]
        kept.sort(key=lambda account: -account.log_weight)
        return _normalised(kept)

    # --- branches ---------------------------------------------------------------------------------

    def _picks(self, account: Account, claim: Claim) -> Iterator[_Branch]:
        """The goods of the place, something unknown, or what lies there by mistake."""
        for hypothesis in claim.hypotheses:
            fit = hypothesis.log_likelihood.total
            if not hypothesis.items:
                yield _Branch(fit, gained=(Thing("", claim.weight_g, claim.sigma_g),))
                continue
            units = sum(item.quantity for item in hypothesis.items)
            gained = tuple(
                Thing(item.sku, claim.weight_g / units, claim.sigma_g / units + (units > 1) * MATCH_G)
                for item in hypothesis.items
                for _ in range(item.quantity)
            )
            yield _Branch(fit, hypothesis.items, gained)
        for resting in account.resting:
            if set(resting.plates) & set(claim.plates):
                thing = resting.thing
                fit = TAKE_RESTING + self._placing.log_straddle(claim) + _log_same(claim, (thing,))
                items = (ItemCount(thing.sku, 1),) if thing.sku else ()
                gained = () if thing.foreign else (thing,)
                yield _Branch(fit, items, gained, lifted=resting, foreign=thing.foreign)

    def _returns(self, account: Account, claim: Claim, visit: str | None) -> Iterator[_Branch]:
        """Something that the visit holds, something of the store's, or something else."""
        straddle = self._placing.log_straddle(claim)
        held = [thing for who, thing in account.held if who == visit]
        for lot in _lots(held):
            skus = {thing.sku for thing in lot}
            place = sum(self._placing.log_place(sku, claim.plates) for sku in skus)
            fit = place + straddle + _log_same(claim, lot) + (len(lot) - 1) * SEVERAL - math.log(len(held))
            counts = Counter(thing.sku for thing in lot if thing.sku)
            items = tuple(ItemCount(sku, quantity) for sku, quantity in sorted(counts.items()))
            yield _Branch(fit, items, lost=lot, laid=self._laid(claim, lot))
        for hypothesis in claim.hypotheses:
            if hypothesis.items:
                place = self._placing.log_place(hypothesis.items[0].sku, claim.plates)
                terms = hypothesis.log_likelihood
                fit = OUTSIDE + place + terms.weight + terms.stock + terms.vision
                lot = (Thing(hypothesis.items[0].sku, claim.weight_g, claim.sigma_g),)
                yield _Branch(fit, hypothesis.items, laid=self._laid(claim, lot))
        thing = Thing("", claim.weight_g, claim.sigma_g, foreign=True)
        fit = FOREIGN + self._placing.log_place("", claim.plates) + straddle
        yield _Branch(fit, laid=Resting(claim.plates, thing), foreign=True)

    def _laid(self, claim: Claim, lot: tuple[Thing, ...]) -> Resting | None:
        """A single thing in a wrong place is remembered; goods in their own place are stock again."""
        if len(lot) != 1 or self._placing.is_own(lot[0].sku, claim.plates):
            return None
        return Resting(claim.plates, replace(lot[0], weight_g=claim.weight_g, sigma_g=claim.sigma_g))


# --- reading a beam --------------------------------------------------------------------------------


def content_of(beam: Beam, visit: str) -> tuple[tuple[ItemCount, ...], float]:
    """The most probable content of one cart, and its probability."""
    mass: dict[tuple[ItemCount, ...], float] = defaultdict(float)
    for account in beam:
        mass[account.content(visit)] += math.exp(account.log_weight)
    best = max(mass, key=mass.__getitem__)
    return best, min(mass[best], 1.0)


def quantity_probability(beam: Beam, visit: str, item: ItemCount) -> float:
    """Probability that ``visit`` holds exactly this quantity of this SKU."""
    mass = sum(
        math.exp(account.log_weight) for account in beam if account.quantity(visit, item.sku) == item.quantity
    )
    return min(mass, 1.0)


def choices_of(beam: Beam) -> dict[EventIdentity, tuple[Choice, float]]:
    """What each remembered event most probably was, given all others, and how probable that is."""
    mass: dict[EventIdentity, dict[Choice, float]] = defaultdict(lambda: defaultdict(float))
    for account in beam:
        weight = math.exp(account.log_weight)
        for choice in account.choices:
            mass[choice.event][choice] += weight
    best = {event: max(each, key=each.__getitem__) for event, each in mass.items()}
    return {event: (choice, min(mass[event][choice], 1.0)) for event, choice in best.items()}


# --- parts ------------------------------------------------------------------------------------------


def _log_free(account: Account, claim: Claim, actor: Actor) -> float:
    """Whether the hand was free for this, having done what the account says [nat]."""
    taken = any(
        actor.hand and (visit, hand) == (actor.visit, actor.hand) and abs(claim.t_s - t_s) < ONE_HAND_S
        for t_s, visit, hand in account.busy
    )
    return ONE_HAND if taken else 0.0


def _after(account: Account, branch: _Branch, actor: Actor, claim: Claim, log_weight: float) -> Account:
    """The account with one event read in one way."""
    held, visit = list(account.held), actor.visit
    if visit is not None:
        for thing in branch.lost:
            held.remove((visit, thing))
        held.extend((visit, thing) for thing in branch.gained)
    resting = [each for each in account.resting if each is not branch.lifted]
    if branch.laid is not None:
        resting.append(branch.laid)
    choice = Choice(claim.event, branch.items, visit, branch.foreign)
    busy = [each for each in account.busy if abs(claim.t_s - each[0]) < 2 * ONE_HAND_S]
    if visit is not None and actor.hand:
        busy.append((claim.t_s, visit, actor.hand))
    return Account(tuple(sorted(held)), tuple(resting), (*account.choices, choice), tuple(busy), log_weight)


def _lots(held: list[Thing]) -> Iterator[tuple[Thing, ...]]:
    """What one hand may put back in one go: one thing, several of a SKU, or two of different ones."""
    by_sku: dict[str, list[Thing]] = defaultdict(list)
    for thing in held:
        by_sku[thing.sku].append(thing)
        yield (thing,)
    for things in by_sku.values():
        for count in range(2, min(len(things), 4) + 1):
            yield tuple(things[:count])
    skus = sorted(by_sku)
    for index, one in enumerate(skus):
        for other in skus[index + 1 :]:
            yield (by_sku[one][0], by_sku[other][0])


def _log_same(claim: Claim, things: tuple[Thing, ...]) -> float:
    """Log density of the measured weight when these very things were put or taken [1/g]."""
    variance = claim.sigma_g**2 + MATCH_G**2 + sum(thing.sigma_g**2 for thing in things)
    z_squared = (claim.weight_g - sum(thing.weight_g for thing in things)) ** 2 / variance
    peak = math.exp(-0.5 * z_squared) / math.sqrt(2 * math.pi * variance)
    return math.log((1 - MISMATCH) * peak + MISMATCH / 100.0)


def _normalised(ranked: list[Account]) -> Beam:
    top = ranked[0].log_weight
    log_sum = top + math.log(math.fsum(math.exp(account.log_weight - top) for account in ranked))
    return tuple(replace(account, log_weight=account.log_weight - log_sum) for account in ranked)
