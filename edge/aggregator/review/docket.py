"""What people may be asked now: doubts, disputes, second looks, audits, and cases whose answer is known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from edge.aggregator.carts.doubt import Doubt
from edge.aggregator.decisions import Decision
from edge.aggregator.picture import Picture
from edge.aggregator.receipts.book import ReceiptBook
from edge.aggregator.review.cases import CaseFile, contents_of
from edge.aggregator.review.desk import ReviewDesk
from edge.aggregator.review.questions import alternatives
from edge.aggregator.review.queue import in_order, next_for
from edge.aggregator.review.sampling import AUDIT, is_drawn
from edge.aggregator.visits.visit import Visit
from edge.config import ReviewSection
from edge.messages import CaseKind, Dispute, ItemCount, Receipt, ReviewCase

CERTAIN = 0.999
"""[1] What an event is known to be that is at least so probable: people err far more often than that."""

GOLD_MAX = 50
"""[cases] the latest such events, from which a reviewer's blind cases are taken."""


class Docket:
    """Makes the list of cases.

    Args:
        file: puts a case together.
        desk: what was answered.
        book: receipts, disputes and audits.
        options: shares of the samples.
    """

    def __init__(self, file: CaseFile, desk: ReviewDesk, book: ReceiptBook, options: ReviewSection) -> None:
        self._file, self._desk, self._book, self._options = file, desk, book, options

    def cases(
        self, waiting: Iterable[tuple[Visit, Doubt]], visits: Iterable[Visit], picture: Picture
    ) -> tuple[ReviewCase, ...]:
        """All open cases, in the order in which they should be looked at.

        Args:
            waiting: visits whose receipts wait for an answer, with their questions.
            visits: all that are remembered.
            picture: what is believed.
        """
        doubts = {case.case: case for case in self._doubts(waiting, picture)}
        audited = (self._file.audit(receipt) for receipt in self._to_audit(visits))
        return in_order([*doubts.values(), *self._disputed(picture), *self._seconds(picture), *audited])

    def next_for(
        self,
        reviewer: str,
        cases: tuple[ReviewCase, ...],
        picture: Picture,
        besides: Collection[str] = (),
    ) -> ReviewCase | None:
        """What to ask a reviewer next, told blind.

        Args:
            reviewer: name.
            cases: all open ones, in order.
            picture: what is believed.
            besides: names of cases that are before somebody already.
        """
        gold = tuple(self.gold(picture))
        seen, share = self._desk.seen_by(reviewer), self._options.gold_share
        return next_for(reviewer, seen, cases, gold, gold_share=share, besides=frozenset(besides))

    def gold(self, picture: Picture) -> Iterator[ReviewCase]:
        """Recent events that are known beyond doubt, as cases."""
        certain = [each for each in picture.decisions if _is_certain(each)]
        for decision in certain[-GOLD_MAX:]:
            yield self._case(CaseKind.GOLD, decision, picture)

    def behind(self, audit: ReviewCase, picture: Picture) -> tuple[ReviewCase, ...]:
        """The events behind an audited receipt that are remembered, by onset, each as it is taken."""
        receipt = self._book.get(audit.receipt)
        named = {event for line in receipt.lines for event in line.events} if receipt else set()
        own = picture.own(receipt.visit) if receipt else ()
        cases = (self._case(CaseKind.AUDIT, decision, picture) for decision in own)
        return tuple(
            msgspec.structs.replace(case, candidates=case.candidates[:1])
            for case in cases
            if str(case.event) in named
        )

    def _doubts(self, waiting: Iterable[tuple[Visit, Doubt]], picture: Picture) -> Iterator[ReviewCase]:
        """One case an event, even if several receipts wait for it; the longest wait counts."""
        for visit, doubt in sorted(waiting, key=lambda each: -(each[0].left_at or 0.0)):
            decision = picture.decision(doubt.event)
            if decision is not None and visit.receipt is not None:
                yield self._file.about_event(
                    CaseKind.DOUBT, doubt, decision.event, visit=visit.visit,
                    cart=contents_of(picture.cart(visit)),
                    receipt=visit.receipt.receipt, opened_at=visit.left_at or 0.0,
                )  # fmt: skip

    def _disputed(self, picture: Picture) -> Iterator[ReviewCase]:
        """The least sure event behind each disputed line that nobody has been asked about."""
        for dispute in self._book.disputes():
            behind = list(self._behind(dispute, picture))
            if behind:
                decision = min(behind, key=lambda each: (each.probability, each.event.identity))
                yield self._case(CaseKind.DISPUTE, decision, picture, dispute)

    def _behind(self, dispute: Dispute, picture: Picture) -> Iterator[Decision]:
        receipt = self._book.get(dispute.receipt)
        for decision in picture.own(receipt.visit) if receipt else ():
            is_of_line = not dispute.sku or any(item.sku == dispute.sku for item in decision.items)
            if is_of_line and not self._desk.answers_to(decision.event.identity):
                yield decision

    def _seconds(self, picture: Picture) -> Iterator[ReviewCase]:
        """Events that one person was asked about, and a second one is to be."""
        asked = [
            event
            for event in self._desk.answered()
            if len(self._desk.answers_to(event)) == 1
            and is_drawn("second", str(event), self._options.second_share)
        ]
        known = [decision for event in asked if (decision := picture.decision(event)) is not None]
        for decision in sorted(known, key=lambda each: (each.event.t_onset, each.event.identity)):
            yield self._case(CaseKind.SECOND, decision, picture)

    def _case(
        self, kind: CaseKind, decision: Decision, picture: Picture, dispute: Dispute | None = None
    ) -> ReviewCase:
        """About an event that no account is in doubt of."""
        return self._file.about_event(
            kind, alternatives(decision), decision.event, visit=decision.visit,
            cart=_held(decision, picture),
            receipt=dispute.receipt if dispute else "", dispute=dispute,
            opened_at=dispute.t if dispute else decision.event.t_decided,
        )  # fmt: skip

    def _to_audit(self, visits: Iterable[Visit]) -> Iterator[Receipt]:
        """The sample of receipts that nobody doubted, corrected or disputed, and that nobody audited yet."""
        for visit in visits:
            receipt = visit.receipt
            if (
                receipt is not None
                and is_drawn(AUDIT, receipt.receipt, self._options.audit_share)
                and self._is_undoubted(receipt)
            ):
                yield receipt

    def _is_undoubted(self, receipt: Receipt) -> bool:
        return not (
            receipt.needs_review
            or receipt.statements
            or receipt.corrects
            or self._book.remarks(receipt.receipt)
        )


def _held(decision: Decision, picture: Picture) -> tuple[ItemCount, ...]:
    """What the cause of an event is believed to hold."""
    if decision.visit is None:
        return ()
    content, _ = picture.contents(decision.visit).best()
    return tuple(item for item in content if item.sku)


def _is_certain(decision: Decision) -> bool:
    return decision.probability >= CERTAIN and bool(decision.items) and len(decision.event.hypotheses) > 1
