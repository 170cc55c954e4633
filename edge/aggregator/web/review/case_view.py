"""One question as it is shown: pictures, weight, answers with their keys, and what stands around."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from edge.aggregator.web.drawing.resting_level import resting_level
from edge.aggregator.web.drawing.weight_trace import Measured, change_of, weight_trace
from edge.aggregator.web.words import FITS_SIGMAS, NEAR_SIGMAS, Explainer, grams, plate_names, sentence
from edge.messages import (
    Candidate,
    CaseKind,
    CropSide,
    EventEvidence,
    EventKind,
    ItemCount,
    NothingSeen,
    ReviewCase,
)
from edge.planogram import Catalogue, Planogram, shelf_of

WIDE_PX, NARROW_PX = 720, 360
"""[px] of drawings for a desk and for a telephone."""

NONE_OF_THESE, CANNOT_TELL = "9", "0"
"""Keys besides those of the candidates."""

WHY_NOTHING = {
    NothingSeen.NOT_IN_VIEW: "No camera sees this shelf.",
    NothingSeen.CAMERA_LOST: "The camera gave no pictures.",
    NothingSeen.NO_CALM_FRAME: "A hand was in the shelf all the time.",
    NothingSeen.OCCLUDED: "Something stood between camera and goods.",
    NothingSeen.BLURRED: "The pictures were blurred.",
    NothingSeen.DARK: "It was too dark for pictures.",
    NothingSeen.MOVED_CAMERA: "The camera had been moved.",
    NothingSeen.NOTHING_CHANGED: "The camera saw the same before and after.",
    NothingSeen.NOT_ENROLLED: "The camera saw goods, and knows none yet.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One candidate, and the key that chooses it."""

    key: str
    what: str
    who: str  # "" where all candidates are of the same visit
    probability: float  # [1]
    expected: str  # "" where the catalogue has no weight
    fit: str  # one of good, warn, bad, or "" without a weight
    off: str  # how far the measured weight is from the expected one


@dataclass(frozen=True, slots=True)
class Sight:
    """What one camera saw."""

    camera: str
    before: str  # address of the picture; "": none
    after: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One plate of the shelf that moved."""

    plate: str
    moved: bool
    goods: tuple[str, ...]  # what should stand there, with its weight


@dataclass(frozen=True, slots=True)
class Charged:
    """One line of an audited receipt."""

    sku: str
    name: str
    units: int


@dataclass(frozen=True, slots=True)
class AuditView:
    """A receipt that nobody doubted, with everything behind it."""

    case: str
    lines: tuple[Charged, ...]
    looks: tuple[CaseView, ...]  # events, by onset


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything that the template shows. Nothing here tells a blind test from a doubt."""

    case: str
    question: str
    place: str
    measured: str
    sigma: str
    by: str  # whose visit, where there is one for all candidates
    answers: tuple[Answer, ...]
    sights: tuple[Sight, ...]
    no_sight: str  # why there is no picture; "" where there is one
    trace: tuple[Markup, Markup]  # wide and narrow
    level: tuple[Markup, Markup]  # the same
    neighbours: tuple[Neighbour, ...]
    cart: tuple[str, ...]
    comment: str  # the shopper's
    is_dispute: bool


class CaseViews:
    """Makes views.

    Args:
        catalogue: names and weights.
        planogram: what should stand where.
    """

    def __init__(self, catalogue: Catalogue, planogram: Planogram) -> None:
        self._catalogue, self._planogram = catalogue, planogram
        self._explainer = Explainer(catalogue, planogram)

    def of(self, case: ReviewCase, evidence: EventEvidence | None) -> CaseView:
        """A question about an event, as told to its reviewer, with what is held of the event."""
        keyed = {str(number): candidate for number, candidate in enumerate(case.candidates, 1)}
        levels = {key: each.expected_g for key, each in keyed.items() if each.expected_g is not None}
        measured = Measured(case.delta_g, case.sigma_g, case.t_onset)
        change = change_of(evidence.traces, case.t_onset) if evidence else None
        people = list(dict.fromkeys(each.reading.visit for each in case.candidates if each.reading.visit))
        return CaseView(
            case=case.case,
            question="What was put back?" if case.event_kind is EventKind.RETURN else "What was taken?",
            place=sentence(plate_names(case.plates)),
            measured=grams(case.delta_g, signed=True),
            sigma=grams(case.sigma_g),
            by=_person(people, people[0]) if len(people) == 1 else "",
            answers=tuple(self._answer(key, each, case, people) for key, each in keyed.items()),
            sights=tuple(_sights(evidence)),
            no_sight=_no_sight(evidence),
            trace=(
                weight_trace(change, measured, levels, width=WIDE_PX, name=f"trace-{case.case}"),
                weight_trace(change, measured, levels, width=NARROW_PX, height=210, name=f"slim-{case.case}"),
            ),
            level=(
                resting_level(measured, levels, width=WIDE_PX, name=f"level-{case.case}"),
                resting_level(measured, levels, width=NARROW_PX, name=f"near-{case.case}"),
            ),
            neighbours=tuple(self._neighbours(case)),
            cart=tuple(self._units(item) for item in case.cart),
            comment=case.comment,
            is_dispute=case.kind is CaseKind.DISPUTE,
        )

    def audit(self, case: ReviewCase, behind: Sequence[tuple[ReviewCase, EventEvidence | None]]) -> AuditView:
        """An audit, with the events behind the receipt and what is held of them."""
        lines = (Charged(item.sku, self._catalogue.get(item.sku).name, item.quantity) for item in case.cart)
        return AuditView(case.case, tuple(lines), tuple(self.of(each, seen) for each, seen in behind))

    def _answer(self, key: str, candidate: Candidate, case: ReviewCase, people: list[str]) -> Answer:
        reading = candidate.reading
        what = self._explainer.items(reading.items) if reading.items else sentence(candidate.name)
        who = _person(people, reading.visit) if reading.happened and len(people) != 1 else ""
        if reading.happened and reading.visit is None:
            who = "by nobody who was tracked"
        if candidate.expected_g is None:
            return Answer(key, what, who, candidate.probability, "", "", "weight unknown")
        off_g = abs(case.delta_g - candidate.expected_g)
        sigmas = off_g / max(case.sigma_g, 1e-6)
        fit = "good" if sigmas <= FITS_SIGMAS or off_g < 1 else "warn" if sigmas <= NEAR_SIGMAS else "bad"
        words = {"good": "fits", "warn": "a little off", "bad": "does not fit"}[fit]
        expected = grams(candidate.expected_g, signed=True)
        return Answer(key, what, who, candidate.probability, expected, fit, f"{words}, {grams(off_g)} off")

    def _units(self, item: ItemCount) -> str:
        return self._explainer.items((item,))

    def _neighbours(self, case: ReviewCase) -> Iterator[Neighbour]:
        for shelf in dict.fromkeys(shelf_of(plate) for plate in case.plates):
            if shelf not in self._planogram.shelves:
                continue
            for plate in self._planogram.shelf(shelf):
                facings = self._planogram.facings_at(plate)
                goods = tuple(self._goods(facing.sku) for facing in facings if facing.sku is not None)
                yield Neighbour(plate.rpartition("/")[2], plate in case.plates, goods)

    def _goods(self, sku: str) -> str:
        known = self._catalogue.get(sku)
        return known.name if known.weight_g is None else f"{known.name}, {grams(known.weight_g)}"


def picture_path(event: str, number: int, revision: int) -> str:
    """Address of one crop of an event's evidence; another revision has another address."""
    return f"/review/picture/{event}/{number}/{revision}"


def _person(people: list[str], visit: str | None) -> str:
    """Shoppers are letters: a reviewer compares them within one question, and needs no more."""
    return "" if visit is None else f"by shopper {chr(ord('A') + people.index(visit))}"


def _sights(evidence: EventEvidence | None) -> Iterator[Sight]:
    if evidence is None:
        return
    crops = list(enumerate(evidence.crops))
    for camera in dict.fromkeys(crop.camera for crop in evidence.crops):
        pairs = {side: [at for at, crop in crops if (crop.camera, crop.side) == (camera, side)]
                 for side in CropSide}  # fmt: skip
        for index in range(max(map(len, pairs.values()))):
            before, after = (
                picture_path(str(evidence.identity), pairs[side][index], evidence.revision)
                if index < len(pairs[side])
                else ""
                for side in (CropSide.BEFORE, CropSide.AFTER)
            )
            yield Sight(camera, before, after)


def _no_sight(evidence: EventEvidence | None) -> str:
    if evidence is None:
        return "No evidence of this event is held."
    if evidence.crops:
        return ""
    return WHY_NOTHING.get(evidence.nothing_seen, "") if evidence.nothing_seen else "No camera is set up."
