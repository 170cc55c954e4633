"""The carts as joint hypotheses: every event branches each account of what happened; the best few are kept.

A branch (``branches.py``) says what the event was, an actor who did it; or it did not happen at all. Later
events so re-weigh earlier doubt. A beam goes in, another comes out.
"""

from __future__ import annotations

import math

import msgspec

from edge.aggregator.carts.account import (
    Account,
    Actor,
    Beam,
    Choice,
    Claim,
    Holding,
    Thing,
    merged,
    rested,
)
from edge.aggregator.carts.branches import Branch, Branching
from edge.aggregator.carts.experience import NO_EXPERIENCE, Experience, LearnedLayout
from edge.aggregator.carts.placing import Placing
from edge.config import CartSection
from edge.messages import ItemCount, Reading
from edge.planogram import Catalogue

NEGLIGIBLE = 12.0
"""[nat] Branches so much below an event's best are not followed."""

ONE_HAND_S, ONE_HAND = 0.35, math.log(0.02)
"""[s, nat] One hand seldom moves things at two places within so short a time."""

RESTING_MAX = 64
"""[things] in wrong places that are remembered, the latest; staff tidies up the others one day."""

NOBODY = Actor(None, "", 1.0)
DID_NOT_HAPPEN = Reading((), None, happened=False)


class CartBelief:
    """Updates beams.

    Args:
        placing: where things are put.
        layout: what stands where.
        catalogue: what units weigh.
        options: of the beam.
    """

    def __init__(
        self, placing: Placing, layout: LearnedLayout, catalogue: Catalogue, options: CartSection
    ) -> None:
        self._placing, self._layout, self._catalogue = placing, layout, catalogue
        self._options = options

    def update(self, beam: Beam, claim: Claim, experience: Experience = NO_EXPERIENCE) -> Beam:
        """Branch every account by one event and keep the best, normalised to sum 1."""
        branching = Branching(self._placing, self._layout, self._catalogue, experience, claim)
        actors = [(actor, math.log(actor.probability)) for actor in claim.actors]
        found: list[tuple[float, Account, Branch | None, Actor]] = []
        floor = -math.inf
        for account in rested(beam, claim.t_s, 2 * ONE_HAND_S):
            log_nothing = account.log_weight + branching.log_nothing
            if log_nothing > floor:
                log_nothing += _log_told(claim, None, NOBODY)
                floor = max(floor, log_nothing - NEGLIGIBLE)
                found.append((log_nothing, account, None, NOBODY))
            for actor, log_actor in actors:
                log_who = account.log_weight + log_actor
                if log_who + branching.log_fit_max < floor:
                    break  # actors, accounts and branches are sorted
                log_who += _log_free(account, claim, actor)
                for branch in branching.of(account, actor.visit):
                    log_weight = log_who + branch.log_fit
                    if log_weight < floor:
                        break
                    if claim.testimonies:
                        log_weight += _log_told(claim, branch, actor)
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


def _log_free(account: Account, claim: Claim, actor: Actor) -> float:
    """Whether the hand was free for this, having done what the account says [nat]."""
    taken = any(
        actor.hand and (visit, hand) == (actor.visit, actor.hand) and abs(claim.t_s - t_s) < ONE_HAND_S
        for t_s, visit, hand in account.busy
    )
    return ONE_HAND if taken else 0.0


def _log_told(claim: Claim, branch: Branch | None, actor: Actor) -> float:
    """What people said of the event, given that it was this [nat]; at most 0."""
    truth = DID_NOT_HAPPEN
    if branch is not None:
        truth = Reading(_read_as(branch), actor.visit, branch.foreign)
    return sum(testimony.log_likelihood(truth) for testimony in claim.testimonies)


def _after(account: Account, branch: Branch | None, actor: Actor, claim: Claim, log_weight: float) -> Account:
    """The account with one event read in one way; without a branch it did not happen."""
    if branch is None:
        choices = (*account.choices, Choice(claim.event, (), None, happened=False))
        return msgspec.structs.replace(account, choices=choices, log_weight=log_weight)
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
    choice = Choice(claim.event, _read_as(branch), visit, branch.foreign)
    busy = account.busy
    if visit is not None and actor.hand:
        busy = (*busy, (claim.t_s, visit, actor.hand))
    seen = (*account.seen, *branch.seen)
    return Account(held, tuple(resting[-RESTING_MAX:]), (*account.choices, choice), busy, seen, log_weight)


def _read_as(branch: Branch) -> tuple[ItemCount, ...]:
    """What the event moved, as far as the catalogue knows it."""
    return branch.items or _items_of(branch.lost)


def _items_of(lot: tuple[Thing, ...]) -> tuple[ItemCount, ...]:
    """By SKU, without what is unknown."""
    skus = [thing.sku for thing in lot if thing.sku]
    return tuple(ItemCount(sku, skus.count(sku)) for sku in sorted(set(skus)))
