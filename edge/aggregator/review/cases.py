"""Puts everything that is needed to answer a question into one message."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from edge.aggregator.carts.doubt import LOOK_S, READ_S, Doubt
from edge.messages import (
    Candidate,
    Cart,
    CaseKind,
    Dispute,
    EventKind,
    ItemCount,
    PlannedGoods,
    Reading,
    Receipt,
    ReviewCase,
    ShelfEvent,
)
from edge.planogram import Catalogue, Planogram

FAR_FETCHED_ONE_IN = 3
"""[cases] Of so many blind ones, one offers answers by which nobody who is tracked did it."""


class CaseFile:
    """Makes cases.

    Args:
        catalogue: names and weights.
        planogram: what should stand where.
    """

    def __init__(self, catalogue: Catalogue, planogram: Planogram) -> None:
        self._catalogue, self._planogram = catalogue, planogram

    def about_event(
        self, kind: CaseKind, doubt: Doubt, event: ShelfEvent, *, visit: str | None,
        cart: tuple[ItemCount, ...],
        receipt: str, opened_at: float, dispute: Dispute | None = None,
    ) -> ReviewCase:  # fmt: skip
        """A question about one event.

        Args:
            kind: why it is asked.
            doubt: the event's candidates.
            event: what was measured.
            visit: for whose sake it is asked.
            cart: what that visit is believed to hold.
            receipt: the receipt in question, if there is one.
            opened_at: [s] since when somebody waits.
            dispute: what the shopper said, if that is why.
        """
        visits = dict.fromkeys(reading.visit for reading, _ in doubt.candidates if reading.visit is not None)
        return ReviewCase(
            case=case_name(kind, dispute.id if dispute else event.identity),
            kind=kind,
            visits=tuple(dict.fromkeys(((visit,) if visit else ()) + tuple(visits))),
            receipt=receipt,
            opened_at=opened_at,
            event=event.identity,
            event_kind=event.kind,
            t_onset=event.t_onset,
            plates=tuple(each.plate for each in event.plates),
            delta_g=event.delta_g,
            sigma_g=event.sigma_g,
            candidates=tuple(
                Candidate(
                    reading, self._name(reading), round(probability, 6), self._expected_g(reading, event)
                )
                for reading, probability in doubt.candidates
            ),
            planned=tuple(self._planned(event)),
            cart=cart,
            information_nat=round(doubt.information_nat, 6),
            expected_s=doubt.expected_s,
            dispute=dispute.id if dispute else "",
            comment=dispute.comment if dispute else "",
        )

    def audit(self, receipt: Receipt) -> ReviewCase:
        """A look at everything behind a receipt that nobody doubted."""
        events = {event for line in receipt.lines for event in line.events}
        return ReviewCase(
            case=case_name(CaseKind.AUDIT, receipt.receipt),
            kind=CaseKind.AUDIT,
            visits=(receipt.visit,),
            receipt=receipt.receipt,
            opened_at=receipt.left_at,
            cart=tuple(ItemCount(line.sku, line.quantity) for line in receipt.lines),
            expected_s=LOOK_S + (LOOK_S + READ_S) * len(events),
        )

    def _name(self, reading: Reading) -> str:
        if not reading.happened:
            return "nothing was taken or put back"
        if not reading.items:
            return "not from the store" if reading.foreign else "unknown goods"
        return " + ".join(f"{item.quantity} x {self._catalogue.get(item.sku).name}" for item in reading.items)

    def _expected_g(self, reading: Reading, event: ShelfEvent) -> float | None:
        """[g] what the scales should have shown."""
        for hypothesis in event.hypotheses:
            if hypothesis.items == reading.items and hypothesis.items:
                return hypothesis.expected_g
        weights = [(self._catalogue.get(item.sku).weight_g, item.quantity) for item in reading.items]
        if not weights or any(weight_g is None for weight_g, _ in weights):
            return None
        sign = -1 if event.kind is EventKind.PICK else 1
        return sign * sum((weight_g or 0.0) * quantity for weight_g, quantity in weights)

    def _planned(self, event: ShelfEvent) -> list[PlannedGoods]:
        return [
            PlannedGoods(plate.plate, facing.sku, self._catalogue.get(facing.sku).name)
            for plate in event.plates
            for facing in self._planogram.facings_at(plate.plate)
            if facing.sku is not None
        ]


def contents_of(cart: Cart) -> tuple[ItemCount, ...]:
    """What a ticket lists."""
    return tuple(ItemCount(line.sku, line.quantity) for line in cart.lines)


def case_name(kind: CaseKind, name: object) -> str:
    """The name of a case; it does not tell why it is asked."""
    return sha256(f"{kind.value}\0{name}".encode()).hexdigest()[:16]


def told(case: ReviewCase) -> ReviewCase:
    """A case as a reviewer sees it: nothing tells a gold case or a second look from a doubt."""
    if case.kind in (CaseKind.DISPUTE, CaseKind.AUDIT):
        return msgspec.structs.replace(case, information_nat=0.0)
    candidates = case.candidates if case.kind is CaseKind.DOUBT else _dressed(case)
    return msgspec.structs.replace(
        case,
        kind=CaseKind.DOUBT,
        receipt="",  # only a doubt has one
        candidates=candidates,
        information_nat=0.0,
        expected_s=LOOK_S + READ_S * len(candidates),
    )


def _dressed(case: ReviewCase) -> tuple[Candidate, ...]:
    """Candidates with probabilities as those of a doubt are, in an order that tells nothing.

    Accounts seldom doubt that somebody did something; so that this is not offered more often here, it is left
    out of most cases unless it is what the event is taken for.
    """
    bold = int(case.case[4:8], 16) % FAR_FETCHED_ONE_IN == 0
    likely = [each for each in case.candidates if bold or each.reading.visit or each is case.candidates[0]]
    offered = likely if len(likely) > 1 else case.candidates
    drawn = sorted(offered, key=lambda each: sha256(f"{case.case}{each.reading}".encode()).digest())
    top = 0.45 + 0.3 * int(case.case[:4], 16) / 0xFFFF
    shares = [top * (1 - top) ** place for place in range(len(drawn))]
    return tuple(
        msgspec.structs.replace(each, probability=round(share, 6))
        for each, share in zip(drawn, shares, strict=True)
    )
