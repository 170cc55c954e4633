"""The carts as joint hypotheses: who holds what, with exact log-weights, the best few kept.

Every event branches each hypothesis by what it was and who did it; what carts allow prunes: nobody puts back
what they do not hold, unless it came from outside. Later events so re-weigh earlier doubt.
All functions are pure: a beam goes in, another comes out.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.config import CartSection
from edge.messages import EventIdentity, EventKind, Hypothesis, ItemCount

FROM_OUTSIDE = math.log(1e-3)
"""[nat] Prior that a shopper puts down goods of the store's that no event gave them."""

NEGLIGIBLE = 1e-4
"""[1] Branches of an event below are not followed."""

Holding = tuple[str, str]
"""(visit, SKU)"""


@dataclass(frozen=True, slots=True)
class Claim:
    """One event as the carts see it: what it may have been, and who may have done it."""

    event: EventIdentity
    kind: EventKind
    hypotheses: tuple[Hypothesis, ...]
    visits: tuple[tuple[str | None, float], ...]  # (visit or None for nobody, probability), sums to 1


@dataclass(frozen=True, slots=True)
class Choice:
    """What one joint hypothesis takes one event for."""

    event: EventIdentity
    hypothesis: int  # index into the event's hypotheses
    visit: str | None


@dataclass(frozen=True, slots=True)
class JointHypothesis:
    """One consistent account of everything that happened."""

    holdings: Mapping[Holding, int]
    choices: tuple[Choice, ...]
    log_weight: float

    def content(self, visit: str) -> tuple[ItemCount, ...]:
        """What ``visit`` holds, by SKU."""
        return tuple(
            ItemCount(sku, quantity) for (who, sku), quantity in sorted(self.holdings.items()) if who == visit
        )


Beam = tuple[JointHypothesis, ...]

EMPTY_STORE: Beam = (JointHypothesis({}, (), 0.0),)


class CartBelief:
    """Updates beams."""

    def __init__(self, options: CartSection) -> None:
        self._options = options

    def update(self, beam: Beam, claim: Claim) -> Beam:
        """Branch every hypothesis by one event and keep the best, normalised to sum 1."""
        branches = [
            JointHypothesis(
                holdings,
                (*joint.choices, Choice(claim.event, index, visit)),
                joint.log_weight + log_prior + fit,
            )
            for joint in beam
            for index, hypothesis in enumerate(claim.hypotheses)
            if hypothesis.probability > NEGLIGIBLE
            for visit, probability in claim.visits
            if probability > NEGLIGIBLE
            for log_prior in (math.log(hypothesis.probability * probability),)
            for holdings, fit in (_apply(joint.holdings, claim.kind, hypothesis.items, visit),)
        ]
        if not branches:
            return beam
        branches.sort(key=lambda joint: -joint.log_weight)
        return _normalised(branches[: self._options.beam])

    def forget(self, beam: Beam, events: Iterable[EventIdentity], visits: Iterable[str]) -> Beam:
        """Stop distinguishing accounts by old events and closed visits; equal accounts merge."""
        old, closed = frozenset(events), frozenset(visits)
        merged: dict[tuple[tuple[Choice, ...], tuple[tuple[Holding, int], ...]], float] = {}
        for joint in beam:
            choices = tuple(choice for choice in joint.choices if choice.event not in old)
            holdings = tuple(sorted(item for item in joint.holdings.items() if item[0][0] not in closed))
            key = (choices, holdings)
            merged[key] = merged.get(key, 0.0) + math.exp(joint.log_weight)
        kept = [
            JointHypothesis(dict(holdings), choices, math.log(weight))
            for (choices, holdings), weight in merged.items()
        ]
        kept.sort(key=lambda joint: -joint.log_weight)
        return _normalised(kept)


def content_of(beam: Beam, visit: str) -> tuple[tuple[ItemCount, ...], float]:
    """The most probable content of one cart, and its probability."""
    mass: dict[tuple[ItemCount, ...], float] = defaultdict(float)
    for joint in beam:
        mass[joint.content(visit)] += math.exp(joint.log_weight)
    best = max(mass, key=lambda content: mass[content])
    return best, min(mass[best], 1.0)


def quantity_probability(beam: Beam, visit: str, item: ItemCount) -> float:
    """Probability that ``visit`` holds exactly this quantity of this SKU."""
    key = (visit, item.sku)
    mass = sum(math.exp(joint.log_weight) for joint in beam if joint.holdings.get(key, 0) == item.quantity)
    return min(mass, 1.0)


def choices_of(beam: Beam) -> dict[EventIdentity, tuple[Choice, float]]:
    """What each remembered event most probably was, given all others, and how probable that is."""
    mass: dict[EventIdentity, dict[Choice, float]] = defaultdict(lambda: defaultdict(float))
    for joint in beam:
        weight = math.exp(joint.log_weight)
        for choice in joint.choices:
            mass[choice.event][choice] += weight
    best = {event: max(each, key=each.__getitem__) for event, each in mass.items()}
    return {event: (choice, min(mass[event][choice], 1.0)) for event, choice in best.items()}


def _apply(
    holdings: Mapping[Holding, int], kind: EventKind, items: tuple[ItemCount, ...], visit: str | None
) -> tuple[Mapping[Holding, int], float]:
    """Holdings after an event, and the log-probability that they allow it."""
    if visit is None or not items:
        return holdings, 0.0
    after = dict(holdings)
    fit = 0.0
    for item in items:
        key = (visit, item.sku)
        held = after.get(key, 0)
        if kind is EventKind.PICK:
            after[key] = held + item.quantity
        elif held > item.quantity:
            after[key] = held - item.quantity
        elif held == item.quantity:
            del after[key]
        else:
            fit += FROM_OUTSIDE
    return after, fit


def _normalised(ranked: list[JointHypothesis]) -> Beam:
    top = ranked[0].log_weight
    log_sum = top + math.log(math.fsum(math.exp(joint.log_weight - top) for joint in ranked))
    return tuple(
        JointHypothesis(joint.holdings, joint.choices, joint.log_weight - log_sum) for joint in ranked
    )
