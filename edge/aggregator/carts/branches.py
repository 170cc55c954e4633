"""The ways to read one event within an account: what was taken, what was put, or that nothing happened.

Each is weighed by a density of the measured change (1/g) and by how likely the goods are to be there. A unit
that was weighed when it was taken is known again, by that very weight, when it is put back; a thing in the
wrong place may be taken by the next shopper. Who did it is asked elsewhere (``belief.py``).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from edge.aggregator.carts.account import Claim, Resting, Sighting, Thing
from edge.aggregator.carts.beam import Beam, Column, Rows
from edge.aggregator.carts.experience import Experience, LearnedLayout, Tally, tallies
from edge.aggregator.carts.placing import Placing
from edge.messages import EventKind, Hypothesis, ItemCount
from edge.planogram import Catalogue
from edge.straddle import log_straddle

MATCH_G = 1.0
"""[g] What slow motion of the plates adds to the difference of two weighings of one thing."""

UNIT_SPREAD = 0.004
"""[1] Units of one SKU differ by so much of their weight: those of one grip were not weighed one by one."""

MISMATCH, MISMATCH_G = 0.02, 30.0
"""[1, g] Mass of pairs of weighings of one thing of which one went wrong, a hand still resting on it for one,
and the mean of what it was off by (Laplace)."""

TOLD_APART_SIGMAS = 3.0
"""[sigma] Weighings of one thing that differ by more are told apart: which of the two went wrong matters."""

TAKE_RESTING = math.log(1.0)
"""[nat] Prior that a hand takes a thing that lies there by mistake, against the goods of the place: it is one
among them, but in front."""

TAKE_OWN = math.log(10.0)
"""[nat] The same of a thing that is the visit's own: who lays a phone down takes it up again, and soon."""

STRANGER = math.log(0.03)
"""[nat] Prior that somebody else than its owner takes a thing away that is not the store's."""

SEVERAL = math.log(0.1)
"""[nat] Prior of each further unit put back in one go."""

FOREIGN = math.log(0.03 / 500.0)
"""[nat, 1/g] Prior that what is put down is not from the store, a phone, a bag, a resting hand; of any weight
up to some hundred grams."""

OUTSIDE = math.log(1e-4)
"""[nat] Prior that it is from the store though nothing says that the shopper held it: a pick was missed."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One way to read an event within one account, before it is known who did it."""

    items: tuple[ItemCount, ...] = ()  # of what is put back: told by `lost`
    gained: tuple[Thing, ...] = ()
    lost: tuple[Thing, ...] = ()
    laid: Resting | None = None
    lifted: Resting | None = None
    foreign: bool = False
    seen: tuple[Sighting, ...] = ()
    happened: bool = True

    @property
    def read_as(self) -> tuple[ItemCount, ...]:
        """What the event moved, as far as the catalogue knows it, by SKU."""
        if self.items:
            return self.items
        skus = [thing.sku for thing in self.lost if thing.sku]
        return tuple(ItemCount(sku, skus.count(sku)) for sku in sorted(set(skus)))


DID_NOT_HAPPEN = Branch(happened=False)


Fitting = tuple[float, Branch]
"""How well a branch fits [nat, 1/g], and the branch."""


@dataclass(frozen=True, slots=True, eq=False)
class Branches:
    """All branches of some accounts, best first."""

    log_fits: tuple[float, ...]  # [nat, 1/g]
    branches: tuple[Branch, ...]

    @classmethod
    def of(cls, fitting: Iterable[Fitting]) -> Branches:
        """Of branches in any order."""
        ranked = sorted(fitting, key=lambda each: -each[0])
        return cls(tuple(log_fit for log_fit, _ in ranked), tuple(branch for _, branch in ranked))


class Branching:
    """The ways to read one claim; they depend on few parts of an account, so accounts share.

    Attributes:
        log_fit_max: [nat, 1/g] no branch fits better.
        log_nothing: [nat, 1/g] density of the change if no goods changed place: by the node's odds, against
            that of all that it took the change for.
    """

    def __init__(
        self,
        placing: Placing,
        layout: LearnedLayout,
        catalogue: Catalogue,
        experience: Experience,
        claim: Claim,
    ) -> None:
        self._placing, self._layout, self._catalogue, self._claim = placing, layout, catalogue, claim
        self._tally = experience.tally(claim.plates)
        self._gondola = claim.plates[0].partition("/")[0]
        self._plates = frozenset(claim.plates)
        self._log_straddle = log_straddle(len(claim.plates), claim.weight_g)
        self._log_places: dict[str, float] = {}  # by SKU
        # What pictures say of one unit, against goods that nobody knows; 0 where they or weight rule it out.
        singles = [each for each in claim.hypotheses if len(each.items) == 1]
        self._seen = {each.items[0].sku: each.log_likelihood.vision for each in singles}
        self._picks: dict[tuple[tuple[Resting, ...], Tally, str | None], Branches] = {}
        self._returns: dict[tuple[Thing, ...], Branches] = {}
        self._tallied: tuple[Sequence[Tally], Rows] | None = None  # of all accounts
        self._always = tuple(self._goods_taken() if self._is_pick else self._anything_put())
        # No unit that was weighed before fits better than exactly, weighed as well as this one.
        log_known = self._log_straddle + _log_match(0.0, claim.sigma_g**2 + MATCH_G**2)
        log_known += max([0.0, *self._seen.values()])
        log_known += TAKE_OWN if self._is_pick else 0.0
        # Nor is any SKU likelier at its place than certain.
        terms = [hypothesis.log_likelihood for hypothesis in claim.hypotheses]
        self.log_fit_max = max([log_known, *(term.total - min(term.layout, 0.0) for term in terms)])
        self.log_nothing = -math.inf
        if terms:
            self.log_nothing = (
                float(np.logaddexp.reduce([term.total for term in terms])) - claim.log_odds_goods
            )
            # What is put anywhere has the density of a place, too.
            self.log_nothing += 0.0 if self._is_pick else self._log_place("")

    @property
    def _is_pick(self) -> bool:
        return self._claim.kind is EventKind.PICK

    def of(self, beam: Beam, rows: Rows, visit: str | None) -> Column[Branches]:
        """All branches of some accounts when ``visit`` did it."""
        if self._is_pick:
            known, numbers = self._tallies(beam)
            lying = beam.resting.rows(rows).mapped(self._lying_here)
            return lying.changed(numbers[rows], lambda here, number: self._taken(here, known[number], visit))
        held = beam.held.column(visit) if visit is not None else None
        return (held.rows(rows) if held else Column[tuple[Thing, ...]].same((), len(rows))).mapped(self._put)

    def of_one(self, beam: Beam, visit: str | None) -> Branches:
        """The same of a beam's only account."""
        if self._is_pick:
            (resting,), (known, _) = beam.resting.used(), self._tallies(beam)
            return self._taken(self._lying_here(resting), known[0], visit)
        held = beam.held.column(visit) if visit is not None else None
        return self._put(next(held.used()) if held else ())

    # --- taken ----------------------------------------------------------------------------------------

    def _tallies(self, beam: Beam) -> tuple[Sequence[Tally], Rows]:
        if self._tallied is None:
            self._tallied = tallies(beam.seen, self._claim.plates)
        return self._tallied

    def _lying_here(self, resting: tuple[Resting, ...]) -> tuple[Resting, ...]:
        return tuple(each for each in resting if self._plates.intersection(each.plates))

    def _taken(self, lying: tuple[Resting, ...], tally: Tally, visit: str | None) -> Branches:
        key = lying, tally, visit if any(each.thing.foreign for each in lying) else None
        if (branches := self._picks.get(key)) is None:
            goods = self._placed(self._tally.joined(tally))
            branches = self._picks[key] = Branches.of([*goods, *self._lifted(lying, visit)])
        return branches

    def _placed(self, tally: Tally) -> Iterator[Fitting]:
        """The goods of the place, or something unknown, given what picks have shown of it."""
        plates = self._claim.plates
        for (log_fit, branch), hypothesis in zip(self._always, self._claim.hypotheses, strict=True):
            if not branch.seen:
                yield log_fit, branch
                continue
            # Of goods of several SKUs each is taken to have an equal part in what the node says of the place.
            log_layout = hypothesis.log_likelihood.layout
            log_planned = log_layout / len(branch.seen)
            log_learned = sum(
                self._layout.log_prior(each.sku, log_planned, plates, tally) for each in branch.seen
            )
            yield log_fit - log_layout + log_learned, branch

    def _goods_taken(self) -> Iterator[Fitting]:
        """The goods of the place as the planogram alone has it, or something unknown."""
        claim = self._claim
        for hypothesis in claim.hypotheses:
            fit = hypothesis.log_likelihood.total
            if not hypothesis.items:
                yield fit, Branch(gained=(Thing("", claim.weight_g, claim.sigma_g),))
                continue
            seen = tuple(
                self._layout.sighting(claim.event, claim.plates, item.sku) for item in hypothesis.items
            )
            yield fit, Branch(hypothesis.items, self._units(hypothesis), seen=seen)

    def _lifted(self, lying: tuple[Resting, ...], visit: str | None) -> Iterator[Fitting]:
        """What lies there by mistake."""
        for resting in lying:
            thing = resting.thing
            fit = TAKE_RESTING + self._log_straddle + self._log_same((thing,)) + self._log_seen((thing,))
            if thing.foreign:
                fit += TAKE_OWN if resting.owner == visit else STRANGER
            items = (ItemCount(thing.sku, 1),) if thing.sku else ()
            gained = () if thing.foreign else (thing,)
            yield fit, Branch(items, gained, lifted=resting, foreign=thing.foreign)

    # --- put --------------------------------------------------------------------------------------------

    def _put(self, held: tuple[Thing, ...]) -> Branches:
        if (branches := self._returns.get(held)) is None:
            branches = self._returns[held] = Branches.of([*self._put_back(held), *self._always])
        return branches

    def _put_back(self, held: tuple[Thing, ...]) -> Iterator[Fitting]:
        """Something that the visit holds."""
        for lot in _lots(held):
            log_place = sum(self._log_place(sku) for sku in sorted({thing.sku for thing in lot}))
            several = (len(lot) - 1) * SEVERAL - math.log(len(held))
            fit = log_place + self._log_straddle + several
            fit += self._log_same(lot) + self._log_seen(lot)
            branch = Branch(lost=lot, laid=self._laid(lot))
            if branch.laid is None or not self._differs(lot):
                yield fit, branch
                continue
            # One of the two weighings went wrong. If it is this one, the thing weighs what it did before.
            yield fit - math.log(2.0), branch
            before = msgspec.structs.replace(branch.laid, thing=lot[0])
            yield fit - math.log(2.0), replace(branch, laid=before)

    def _anything_put(self) -> Iterator[Fitting]:
        """Something of the store's that nobody is known to hold, or something else."""
        claim = self._claim
        for hypothesis in claim.hypotheses:
            if hypothesis.items:
                terms, skus = hypothesis.log_likelihood, [item.sku for item in hypothesis.items]
                log_place = sum(self._log_place(sku) - self._placing.log_skus for sku in skus)
                fit = OUTSIDE + log_place + terms.weight + terms.stock + terms.vision
                yield fit, Branch(hypothesis.items, laid=self._laid(self._units(hypothesis)))
        thing = Thing("", claim.weight_g, claim.sigma_g, foreign=True)
        fit = FOREIGN + self._log_place("") + self._log_straddle
        yield fit, Branch(laid=Resting(claim.plates, thing), foreign=True)

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

    # --- weights ----------------------------------------------------------------------------------------

    def _units(self, hypothesis: Hypothesis) -> tuple[Thing, ...]:
        """The things that a hypothesis takes the change for; each has its expected share of the weight."""
        claim = self._claim
        expected_g = [self._catalogue.get(item.sku).weight_g or 0.0 for item in hypothesis.items]
        if not all(expected_g):
            expected_g = [1.0] * len(hypothesis.items)
        units = [(item.sku, each_g) for item, each_g in zip(hypothesis.items, expected_g, strict=True)
                 for _ in range(item.quantity)]  # fmt: skip
        if len(units) == 1:
            return (Thing(units[0][0], claim.weight_g, claim.sigma_g),)
        per_g = claim.weight_g / sum(each_g for _, each_g in units)
        return tuple(
            Thing(
                sku,
                per_g * each_g,
                math.hypot(claim.sigma_g / len(units), MATCH_G, UNIT_SPREAD * per_g * each_g),
            )
            for sku, each_g in units
        )

    def _differs(self, lot: tuple[Thing, ...]) -> bool:
        """Whether this weighing of things is certainly another than the one before."""
        apart_g, variance = self._apart(lot)
        return abs(apart_g) > TOLD_APART_SIGMAS * math.sqrt(variance)

    def _log_same(self, lot: tuple[Thing, ...]) -> float:
        """Log density of the measured weight when these very things were put or taken [1/g]."""
        return _log_match(*self._apart(lot))

    def _log_seen(self, lot: tuple[Thing, ...]) -> float:
        """What pictures of the event say of these things [nat]: they show one of them, any as likely."""
        terms = [self._seen.get(thing.sku, 0.0) for thing in lot]
        return float(np.logaddexp.reduce(terms)) - math.log(len(terms))

    def _apart(self, lot: tuple[Thing, ...]) -> tuple[float, float]:
        """[g, g^2] How far this weighing of things is from the one before, and the variance of that."""
        variance = self._claim.sigma_g**2 + MATCH_G**2 + sum(thing.sigma_g**2 for thing in lot)
        return self._claim.weight_g - sum(thing.weight_g for thing in lot), variance


def _log_match(apart_g: float, variance: float) -> float:
    """Log density of the difference of two weighings of one thing [1/g]."""
    peak = math.exp(-0.5 * apart_g**2 / variance) / math.sqrt(2 * math.pi * variance)
    wrong = math.exp(-abs(apart_g) / MISMATCH_G) / (2 * MISMATCH_G)
    return math.log(max((1 - MISMATCH) * peak + MISMATCH * wrong, 1e-300))


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
