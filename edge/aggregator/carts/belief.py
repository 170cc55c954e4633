"""The carts as joint hypotheses: every event branches each account of what happened; the best few are kept.

A branch says what the event was and who did it, weighed by densities of the measured change (1/g): a unit
that was weighed when it was taken is known again, by that very weight, when it is put back; a thing in the
wrong place may be taken by the next shopper. Later events so re-weigh earlier doubt. A beam goes in, another
comes out.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from edge.aggregator.carts.account import (
    Account,
    Actor,
    Beam,
    Choice,
    Claim,
    Holding,
    Resting,
    Sighting,
    Thing,
    merged,
    rested,
)
from edge.aggregator.carts.experience import NO_EXPERIENCE, Experience, LearnedLayout, Tally
from edge.aggregator.carts.placing import Placing
from edge.config import CartSection
from edge.messages import EventKind, ItemCount
from edge.straddle import log_straddle

NEGLIGIBLE = 12.0
"""[nat] Branches so much below an event's best are not followed."""

MATCH_G = 1.0
"""[g] What slow motion of the plates adds to the difference of two weighings of one thing."""

MISMATCH, MISMATCH_G = 0.02, 50.0
"""[1, g] Mass of weighings that went wrong, a hand still resting on the goods for one, and their width."""

TAKE_RESTING = math.log(1.0)
"""[nat] Prior that a hand takes a thing that lies there by mistake, against the goods of the place: it is one
among them, but in front."""

STRANGER = math.log(0.03)
"""[nat] Prior that somebody else than its owner takes a thing away that is not the store's."""

SEVERAL = math.log(0.1)
"""[nat] Prior of each further unit put back in one go."""

FOREIGN = math.log(0.03 / 500.0)
"""[nat, 1/g] Prior that what is put down is not from the store, a phone, a bag, a resting hand; of any weight
up to some hundred grams."""

OUTSIDE = math.log(1e-4)
"""[nat] Prior that it is from the store though nothing says that the shopper held it: a pick was missed."""

ONE_HAND_S, ONE_HAND = 0.35, math.log(0.02)
"""[s, nat] One hand seldom moves things at two places within so short a time."""

RESTING_MAX = 64
"""[things] in wrong places that are remembered, the latest; staff tidies up the others one day."""


@dataclass(frozen=True, slots=True)
class _Branch:
    """One way to read an event within one account, before it is known who did it."""

    log_fit: float  # [nat, 1/g]
    items: tuple[ItemCount, ...] = ()  # of what is put back: told by `lost`
    gained: tuple[Thing, ...] = ()
    lost: tuple[Thing, ...] = ()
    laid: Resting | None = None
    lifted: Resting | None = None
    foreign: bool = False
    seen: Sighting | None = None


class CartBelief:
    """Updates beams."""

    def __init__(self, placing: Placing, layout: LearnedLayout, options: CartSection) -> None:
        self._placing, self._layout, self._options = placing, layout, options

    def update(self, beam: Beam, claim: Claim, experience: Experience = NO_EXPERIENCE) -> Beam:
        """Branch every account by one event and keep the best, normalised to sum 1."""
        branching = _Branching(self._placing, self._layout, experience, claim)
        actors = [(actor, math.log(actor.probability)) for actor in claim.actors]
        found: list[tuple[float, Account, _Branch, Actor]] = []
        floor = -math.inf
        for account in rested(beam, claim.t_s, 2 * ONE_HAND_S):
            for actor, log_actor in actors:
                log_who = account.log_weight + log_actor
                if log_who + branching.log_fit_max < floor:
                    break  # actors, accounts and branches are sorted
                log_who += _log_free(account, claim, actor)
                for branch in branching.of(account, actor.visit):
                    log_weight = log_who + branch.log_fit
                    if log_weight < floor:
                        break
                    floor = max(floor, log_weight - NEGLIGIBLE)
                    found.append((log_weight, account, branch, actor))
        if not found:
            return beam
        found.sort(key=lambda each: -each[0])
        return merged(
            [
                _after(account, branch, actor, claim, log_weight)
                for log_weight, account, branch, actor in found[: self._options.beam]
                if log_weight >= floor
            ]
        )


class _Branching:
    """The ways to read one claim, best first; they depend on few parts of an account, so accounts share."""

    def __init__(self, placing: Placing, layout: LearnedLayout, experience: Experience, claim: Claim) -> None:
        self._placing, self._layout, self._claim = placing, layout, claim
        self._tally = experience.tally(claim.plates)
        self._gondola = claim.plates[0].partition("/")[0]
        self._plates = frozenset(claim.plates)
        self._log_straddle = log_straddle(len(claim.plates), claim.weight_g)
        self._log_places: dict[str, float] = {}  # by SKU
        self._picks: dict[tuple[tuple[Resting, ...], Tally, str | None], Sequence[_Branch]] = {}
        self._returns: dict[tuple[Thing, ...], Sequence[_Branch]] = {}
        is_pick = claim.kind is EventKind.PICK
        self._always = tuple(self._goods_taken() if is_pick else self._anything_put())
        # No unit that was weighed before fits better than exactly, weighed as well as this one.
        log_peak = -0.5 * math.log(2 * math.pi * (claim.sigma_g**2 + MATCH_G**2))
        log_known = self._log_straddle + math.log(math.exp(log_peak) + MISMATCH / MISMATCH_G)
        # Nor is any SKU likelier at its place than certain.
        terms = [hypothesis.log_likelihood for hypothesis in claim.hypotheses]
        self.log_fit_max = max([log_known, *(term.total - min(term.layout, 0.0) for term in terms)])

    def of(self, account: Account, visit: str | None) -> Sequence[_Branch]:
        """All branches of an account when ``visit`` did it."""
        if self._claim.kind is EventKind.PICK:
            lying = tuple(each for each in account.resting if self._plates.intersection(each.plates))
            recent = [sighting for sighting in account.seen if sighting.gondola == self._gondola]
            tally = Tally.of(recent, self._claim.plates)
            key = lying, tally, visit if any(each.thing.foreign for each in lying) else None
            if (branches := self._picks.get(key)) is None:
                goods = self._placed(self._tally.joined(tally))
                branches = self._picks[key] = _sorted([*goods, *self._lifted(lying, visit)])
            return branches
        held = account.things_of(visit)
        if (branches := self._returns.get(held)) is None:
            branches = self._returns[held] = _sorted([*self._put_back(held), *self._always])
        return branches

    def _placed(self, tally: Tally) -> Iterator[_Branch]:
        """The goods of the place, or something unknown, given what picks have shown of it."""
        plates = self._claim.plates
        for branch, hypothesis in zip(self._always, self._claim.hypotheses, strict=True):
            if branch.seen is None:
                yield branch
                continue
            terms = hypothesis.log_likelihood
            log_layout = self._layout.log_prior(branch.seen.sku, terms.layout, plates, tally)
            yield replace(branch, log_fit=branch.log_fit - terms.layout + log_layout)

    def _goods_taken(self) -> Iterator[_Branch]:
        """The goods of the place as the planogram alone has it, or something unknown."""
        claim = self._claim
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
            seen = self._layout.sighting(claim.event, claim.plates, hypothesis.items[0].sku)
            yield _Branch(fit, hypothesis.items, gained, seen=seen)

    def _lifted(self, lying: tuple[Resting, ...], visit: str | None) -> Iterator[_Branch]:
        """What lies there by mistake."""
        for resting in lying:
            thing = resting.thing
            fit = TAKE_RESTING + self._log_straddle + _log_same(self._claim, (thing,))
            fit += STRANGER if thing.foreign and resting.owner != visit else 0.0
            items = (ItemCount(thing.sku, 1),) if thing.sku else ()
            gained = () if thing.foreign else (thing,)
            yield _Branch(fit, items, gained, lifted=resting, foreign=thing.foreign)

    def _put_back(self, held: tuple[Thing, ...]) -> Iterator[_Branch]:
        """Something that the visit holds."""
        for lot in _lots(held):
            log_place = sum(self._log_place(sku) for sku in sorted({thing.sku for thing in lot}))
            several = (len(lot) - 1) * SEVERAL - math.log(len(held))
            fit = log_place + self._log_straddle + _log_same(self._claim, lot) + several
            yield _Branch(fit, lost=lot, laid=self._laid(lot))

    def _anything_put(self) -> Iterator[_Branch]:
        """Something of the store's that nobody is known to hold, or something else."""
        claim = self._claim
        for hypothesis in claim.hypotheses:
            if hypothesis.items:
                sku, terms = hypothesis.items[0].sku, hypothesis.log_likelihood
                fit = OUTSIDE + self._log_place(sku) + terms.weight + terms.stock + terms.vision
                lot = (Thing(sku, claim.weight_g, claim.sigma_g),)
                yield _Branch(fit, hypothesis.items, laid=self._laid(lot))
        thing = Thing("", claim.weight_g, claim.sigma_g, foreign=True)
        fit = FOREIGN + self._log_place("") + self._log_straddle
        yield _Branch(fit, laid=Resting(claim.plates, thing), foreign=True)

    def _laid(self, lot: tuple[Thing, ...]) -> Resting | None:
        """A single thing in a wrong place is remembered; goods in their own place are stock again."""
        claim = self._claim
        if len(lot) != 1 or self._placing.is_own(lot[0].sku, claim.plates):
            return None
        weighed_anew = msgspec.structs.replace(lot[0], weight_g=claim.weight_g, sigma_g=claim.sigma_g)
        return Resting(claim.plates, weighed_anew)

    def _log_place(self, sku: str) -> float:
        if (found := self._log_places.get(sku)) is None:
            found = self._log_places[sku] = self._placing.log_place(sku, self._claim.plates)
        return found


# --- parts ------------------------------------------------------------------------------------------


def _sorted(branches: list[_Branch]) -> Sequence[_Branch]:
    return sorted(branches, key=lambda branch: -branch.log_fit)


def _log_free(account: Account, claim: Claim, actor: Actor) -> float:
    """Whether the hand was free for this, having done what the account says [nat]."""
    taken = any(
        actor.hand and (visit, hand) == (actor.visit, actor.hand) and abs(claim.t_s - t_s) < ONE_HAND_S
        for t_s, visit, hand in account.busy
    )
    return ONE_HAND if taken else 0.0


def _after(account: Account, branch: _Branch, actor: Actor, claim: Claim, log_weight: float) -> Account:
    """The account with one event read in one way."""
    held, visit = account.held, actor.visit
    if visit is not None and (branch.gained or branch.lost):
        things = [*account.things_of(visit), *branch.gained]
        for thing in branch.lost:
            things.remove(thing)
        holdings = [holding for holding in held if holding.visit != visit]
        if things:
            holdings.append(Holding(visit, tuple(sorted(things))))
            holdings.sort(key=lambda holding: holding.visit)
        held = tuple(holdings)
    resting = list(account.resting)
    if branch.lifted is not None:
        resting.remove(branch.lifted)
    if branch.laid is not None:
        owner = visit if branch.foreign else None
        resting.append(msgspec.structs.replace(branch.laid, owner=owner))
    choice = Choice(claim.event, branch.items or _items_of(branch.lost), visit, branch.foreign)
    busy = account.busy
    if visit is not None and actor.hand:
        busy = (*busy, (claim.t_s, visit, actor.hand))
    seen = account.seen if branch.seen is None else (*account.seen, branch.seen)
    return Account(held, tuple(resting[-RESTING_MAX:]), (*account.choices, choice), busy, seen, log_weight)


def _items_of(lot: tuple[Thing, ...]) -> tuple[ItemCount, ...]:
    """By SKU, without what is unknown."""
    skus = [thing.sku for thing in lot if thing.sku]
    return tuple(ItemCount(sku, skus.count(sku)) for sku in sorted(set(skus)))


def _lots(held: tuple[Thing, ...]) -> Iterator[tuple[Thing, ...]]:
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
    return math.log((1 - MISMATCH) * peak + MISMATCH / MISMATCH_G)
