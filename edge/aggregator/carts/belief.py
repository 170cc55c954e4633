"""The carts as joint hypotheses: every event branches each account of what happened; the best few are kept.

A branch (``branches.py``) says what the event was, an actor who did it; or it did not happen at all. Later
events so re-weigh earlier doubt. A beam goes in, another comes out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec
import numpy as np

from edge.aggregator.carts.account import Actor, Busy, Choice, Claim, Resting, Sighting, Thing
from edge.aggregator.carts.beam import Beam, Column, Rows, Table
from edge.aggregator.carts.branches import DID_NOT_HAPPEN, Branch, Branches, Branching
from edge.aggregator.carts.candidates import NEGLIGIBLE, Candidates, Deed, side_by_side
from edge.aggregator.carts.experience import NO_EXPERIENCE, Experience, LearnedLayout
from edge.aggregator.carts.pair import Undone
from edge.aggregator.carts.placing import Placing
from edge.config import CartSection
from edge.messages import Reading
from edge.planogram import Catalogue

ONE_HAND_S, ONE_HAND = 0.35, math.log(0.02)
"""[s, nat] One hand seldom moves things at two places within so short a time."""

RESTING_MAX = 64
"""[things] in wrong places that are remembered, the latest; staff tidies up the others one day."""

NOBODY = Actor(None, "", 1.0)
NOTHING_HAPPENED = Branches((0.0,), (DID_NOT_HAPPEN,))


class Sure(NamedTuple):
    """An event that nobody doubts."""

    choice: Choice
    seen: tuple[Sighting, ...]  # what it showed of where goods stand
    beam: Beam  # after it, the event itself forgotten


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

    def sure(self, beam: Beam, claim: Claim, experience: Experience = NO_EXPERIENCE) -> Sure | None:
        """What an event is where only one account and one reading of it count, as mostly; else ``None``.

        It is what :meth:`update` would find, and costs no table.
        """
        if len(beam) > 1 or claim.testimonies:
            return None
        branching = Branching(self._placing, self._layout, self._catalogue, experience, claim)
        rested = beam.rested(claim.t_s, 2 * ONE_HAND_S)
        if (deed := _only_deed(rested, claim, branching)) is None:
            return None
        return Sure(
            _choice(claim, deed), deed.branch.seen, _moved(rested, claim, np.zeros(1, np.intp), [deed])
        )

    def update(
        self,
        beam: Beam,
        claim: Claim,
        experience: Experience = NO_EXPERIENCE,
        undone: Undone | None = None,
    ) -> Beam:
        """Branch every account by one event and keep the best, normalised to sum 1.

        Args:
            beam: accounts of all events before.
            claim: the event.
            experience: of events that the accounts no longer tell.
            undone: an earlier event that this one takes back.
        """
        branching = Branching(self._placing, self._layout, self._catalogue, experience, claim)
        rested = beam.rested(claim.t_s, 2 * ONE_HAND_S)
        found = Candidates()
        log_nothing = rested.log_weights + branching.log_nothing + _log_told(claim, DID_NOT_HAPPEN, NOBODY)
        log_goods = rested.log_weights
        if undone is not None:
            moved = undone.happened_in(rested)
            # The node's odds are of both events together; with the earlier one they were weighed already.
            log_nothing += claim.log_odds_goods + undone.log_one_hand(claim)
            log_nothing, log_goods = (
                np.where(moved, -np.inf, log_nothing),
                np.where(moved, log_goods, -np.inf),
            )
        rows = np.arange(len(rested))
        found.add(log_nothing[:, None], rows, Column.same(NOTHING_HAPPENED, len(rows)), NOBODY)
        for actor in claim.actors:
            log_who = log_goods + math.log(actor.probability)
            rows = np.flatnonzero(log_who + branching.log_fit_max >= found.floor)
            if not rows.size:
                continue
            busy, branches = rested.busy.rows(rows), branching.of(rested, rows, actor.visit)
            log_free = np.array([_log_free(each, claim, actor) for each in busy.values])[busy.numbers]
            log_fits = side_by_side([each.log_fits for each in branches.values])
            log_weights = (log_who[rows] + log_free)[:, None] + log_fits[branches.numbers]
            if claim.testimonies:
                log_told = [[_log_told(claim, branch, actor) for branch in each.branches]
                            for each in branches.values]  # fmt: skip
                log_weights += side_by_side(log_told)[branches.numbers]
            found.add(log_weights, rows, branches, actor)
        log_weights, rows, numbers, deeds = found.best(self._options.beam)
        if not deeds:
            return beam
        return _after(rested.rows(rows, log_weights), claim, numbers, deeds).merged()


def _only_deed(beam: Beam, claim: Claim, branching: Branching) -> Deed | None:
    """What was done, if only one reading by the only account counts; else ``None``."""
    log_weight = float(beam.log_weights[0])
    (busy,) = beam.busy.used()
    found = [(log_weight + branching.log_nothing, Deed(DID_NOT_HAPPEN, NOBODY))]
    for actor in claim.actors:
        log_who = log_weight + math.log(actor.probability) + _log_free(busy, claim, actor)
        branches = branching.of_one(beam, actor.visit)
        two_best = zip(branches.log_fits[:2], branches.branches[:2], strict=True)
        found += [(log_who + log_fit, Deed(branch, actor)) for log_fit, branch in two_best]
    best, *others = sorted(found, key=lambda each: -each[0])
    counts = best[0] > -math.inf and not any(other[0] >= best[0] - NEGLIGIBLE for other in others)
    return best[1] if counts else None


def _log_free(busy: Busy, claim: Claim, actor: Actor) -> float:
    """Whether the hand was free for this, having done what an account says [nat]."""
    taken = any(
        actor.hand and (visit, hand) == (actor.visit, actor.hand) and abs(claim.t_s - t_s) < ONE_HAND_S
        for t_s, visit, hand in busy
    )
    return ONE_HAND if taken else 0.0


def _log_told(claim: Claim, branch: Branch, actor: Actor) -> float:
    """What people said of the event, given that it was this [nat]; at most 0."""
    truth = Reading(branch.read_as, actor.visit, branch.foreign, branch.happened)
    return sum(testimony.log_likelihood(truth) for testimony in claim.testimonies)


def _after(beam: Beam, claim: Claim, numbers: Rows, deeds: Sequence[Deed]) -> Beam:
    """The accounts, each with the event read in one way; not yet merged.

    Args:
        beam: the accounts before.
        claim: the event.
        numbers: [account] of deeds.
        deeds: what was done, and by whom.
    """
    none, seen = Column.same(None, len(beam)), beam.seen
    if any(branch.seen for branch, _ in deeds):
        seen = seen.put(claim.event, none.changed(numbers, lambda _, number: deeds[number].branch.seen))
    choices = none.changed(numbers, lambda _, number: _choice(claim, deeds[number]))
    moved = _moved(beam, claim, numbers, deeds)
    return replace(moved, choices=beam.choices.put(claim.event, choices), seen=seen)


def _choice(claim: Claim, deed: Deed) -> Choice:
    branch, actor = deed
    return Choice(claim.event, branch.read_as, actor.visit, branch.foreign, branch.happened)


def _moved(beam: Beam, claim: Claim, numbers: Rows, deeds: Sequence[Deed]) -> Beam:
    """What visits hold, what lies about and what hands did, after it; arguments as above."""

    def laid(before: tuple[Resting, ...], number: int) -> tuple[Resting, ...]:
        branch, actor = deeds[number]
        resting = list(before)
        if branch.lifted is not None:
            resting.remove(branch.lifted)
        if branch.laid is not None:
            owner = actor.visit if branch.foreign else None
            resting.append(msgspec.structs.replace(branch.laid, owner=owner))
        return tuple(resting[-RESTING_MAX:])

    def busy(before: Busy, number: int) -> Busy:
        _, actor = deeds[number]
        return (*before, (claim.t_s, actor.visit, actor.hand)) if actor.visit and actor.hand else before

    held, resting, hands = beam.held, beam.resting, beam.busy
    if any(branch.laid or branch.lifted for branch, _ in deeds):
        resting = resting.changed(numbers, laid)
    if any(actor.hand for _, actor in deeds):
        hands = hands.changed(numbers, busy)
    held = _held(held, numbers, deeds)
    if (held, resting, hands) == (beam.held, beam.resting, beam.busy):
        return beam
    return replace(beam, held=held, resting=resting, busy=hands)


def _held(
    held: Table[str, tuple[Thing, ...]], numbers: Rows, deeds: Sequence[Deed]
) -> Table[str, tuple[Thing, ...]]:
    """What visits hold after it."""
    for visit in {actor.visit for branch, actor in deeds if actor.visit and (branch.gained or branch.lost)}:

        def kept(before: tuple[Thing, ...], number: int, visit: str = visit) -> tuple[Thing, ...]:
            branch, actor = deeds[number]
            if actor.visit != visit:
                return before
            things = [*before, *branch.gained]
            for thing in branch.lost:
                things.remove(thing)
            return tuple(sorted(things))

        before = held.column(visit) or Column.same((), len(numbers))
        held = held.put(visit, before.changed(numbers, kept))
    return held
