"""The counter: receipts are issued and corrected here, and questions about them asked and answered.

A fold like the store around it: statements, receipts and what was given up go in by ``apply``; what is due is
planned and changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from edge.aggregator.carts.doubt import Doubt
from edge.aggregator.entries import GivenUpEntry, ReceiptEntry, StatementEntry
from edge.aggregator.picture import Picture
from edge.aggregator.receipts.book import ReceiptBook
from edge.aggregator.receipts.issuing import Standing, Till, is_correct
from edge.aggregator.receipts.token import Tokens
from edge.aggregator.review.cases import CaseFile, case_name
from edge.aggregator.review.desk import ReviewDesk
from edge.aggregator.review.docket import Docket
from edge.aggregator.review.questions import Questions
from edge.aggregator.review.statements import Statements
from edge.aggregator.visits.visit import Visit
from edge.config import ReviewSection
from edge.messages import (
    CaseKind,
    CounterMessage,
    Dispute,
    EventIdentity,
    Reading,
    Receipt,
    ReceiptStatus,
    ReviewAnswer,
    ReviewCase,
)
from edge.planogram import Catalogue, Planogram

DAY_S = 86_400.0

GIVEN_UP_LATE = "nobody answered in time"
GIVEN_UP_FULL = "too many questions were open"


@dataclass(frozen=True, slots=True)
class Heard:
    """What changed by something that was said."""

    events: frozenset[EventIdentity]  # of which people now say something else
    statements: tuple[tuple[CounterMessage, bool], ...]  # new, or of another standing; whether they stand


class Counter:
    """Everything that happens to a visit after it left.

    Args:
        catalogue: names, weights and prices.
        planogram: what should stand where.
        options: what people are asked.
        tokens: names for looking receipts up.
    """

    def __init__(
        self, catalogue: Catalogue, planogram: Planogram, options: ReviewSection, tokens: Tokens
    ) -> None:
        self._options = options
        self._statements = Statements()
        self.desk = ReviewDesk(self._statements)
        self.book = ReceiptBook(self._statements, options.dispute_days * DAY_S)
        self._till = Till(tokens, options.charge_above)
        self._questions = Questions(self.desk, options)
        self.docket = Docket(CaseFile(catalogue, planogram), self.desk, self.book, options)
        self._version = 0  # rises with everything that was said

    # --- plan -------------------------------------------------------------------------------------

    def receive(self, statement: CounterMessage, picture: Picture) -> tuple[StatementEntry, ...]:
        """The entry that a statement asks for; none when it was made already."""
        if self._statements.get(statement.id) is not None:
            return ()
        return (StatementEntry(statement, self._gold(statement, picture)),)

    def _gold(self, statement: CounterMessage, picture: Picture) -> Reading | None:
        """What a blind case is known to be."""
        if not isinstance(statement, ReviewAnswer):
            return None
        if statement.case != case_name(CaseKind.GOLD, statement.event):
            return None
        decision = picture.decision(statement.event)
        if decision is None:  # forgotten since it was shown: the answer is no evidence of anything
            return statement.shown[0]
        return Reading(decision.items, decision.visit, decision.foreign, decision.happened)

    def receipts_due(
        self, closed: Iterable[Visit], waiting: Collection[str], picture: Picture
    ) -> Iterator[ReceiptEntry]:
        """Receipts that are missing or say something else by now.

        Args:
            closed: visits that left long enough ago.
            waiting: visits of which tracks may still tell something.
            picture: what is believed.
        """
        for visit in closed:
            compared = (picture.contents(visit.visit), picture.unseen(visit.visit), self._version)
            is_known = visit.receipt is not None and visit.receipt.left_at == visit.left_at
            if visit.visit in waiting or (is_known and visit.compared == compared):
                continue
            cart = picture.cart(visit)
            question = self.question(visit, picture)
            present = self._till.present(
                visit, cart, picture.contents(visit.visit), self._standing(visit, question)
            )
            if visit.receipt is None or not is_correct(visit.receipt, present):
                yield ReceiptEntry(present)
            else:
                visit.compared = compared

    def corrections_due(self, visits: Iterable[Visit]) -> Iterator[ReceiptEntry]:
        """Corrections of receipts whose visits the carts have forgotten."""
        remembered = {
            visit.receipt.receipt
            for visit in visits
            if visit.receipt is not None and visit.left_at is not None
        }
        return (ReceiptEntry(receipt) for receipt in self.book.corrections(remembered))

    def given_up_due(self, visits: Iterable[Visit], picture: Picture, utc_s: float) -> Iterator[GivenUpEntry]:
        """Receipts that have waited too long, and of too many the ones an answer would tell least about."""
        waiting = [
            visit
            for visit in visits
            if _waits(visit) and not self.desk.has_given_up(visit.visit, visit.left_at or 0.0)
        ]
        late = [visit for visit in waiting if (visit.left_at or 0.0) + self._options.answer_within_s < utc_s]
        for visit in late:
            yield GivenUpEntry(visit.visit, visit.left_at or 0.0, GIVEN_UP_LATE)
        rest = [visit for visit in waiting if visit not in late]
        if len(rest) > self._options.open_max:
            rest.sort(key=lambda visit: (-_worth(self.question(visit, picture)), visit.left_at, visit.visit))
            for visit in rest[self._options.open_max :]:
                yield GivenUpEntry(visit.visit, visit.left_at or 0.0, GIVEN_UP_FULL)

    # --- apply ------------------------------------------------------------------------------------

    def apply_statement(self, entry: StatementEntry) -> Heard:
        """Take in what somebody said."""
        changed: frozenset[EventIdentity] = frozenset()
        self._version += 1
        touched = self._statements.add(entry)
        for each in touched:
            changed |= self.desk.apply(each)
            self.book.remark(each.statement)
        said = [each.statement for each in touched]
        return Heard(changed, tuple((each, self._statements.stands(each)) for each in said))

    def apply_given_up(self, entry: GivenUpEntry) -> None:
        """A receipt waits no longer."""
        self._version += 1
        self.desk.give_up(entry)

    def apply_receipt(self, receipt: Receipt) -> Receipt:
        """Take in a receipt; the latest of its chain."""
        self.book.forget()
        return self.book.add(receipt)

    # --- read -------------------------------------------------------------------------------------

    def question(self, visit: Visit, picture: Picture) -> Doubt | None:
        """The question that a visit waits for."""
        cart = picture.cart(visit)
        if not cart.needs_review:
            return None
        return self._questions.of(visit, cart, picture.doubts(visit.visit), picture.own(visit.visit))

    def cases(self, visits: Collection[Visit], picture: Picture) -> tuple[ReviewCase, ...]:
        """All open cases, in the order in which they should be looked at."""
        waiting = [(visit, self.question(visit, picture)) for visit in visits if _waits(visit)]
        return self.docket.cases([(visit, doubt) for visit, doubt in waiting if doubt], visits, picture)

    def _standing(self, visit: Visit, question: Doubt | None) -> Standing:
        known, left_at = visit.receipt, visit.left_at or 0.0
        remarks = self.book.remarks(known.receipt) if known else ()
        answers = [each for each in self.desk.about(visit.visit) if each.t >= (visit.entered_at or 0.0)]
        said = [*answers, *(remark for remark in remarks if not isinstance(remark, Dispute))]
        return Standing(
            question_open=question is not None,
            given_up=self.desk.has_given_up(visit.visit, left_at),
            forgiven=self.book.forgiven(known.receipt) if known else {},
            statements=sorted(said, key=lambda each: (each.t, each.id)),
            retractions=self.book.retractions(known) if known else (),
        )


def _waits(visit: Visit) -> bool:
    """Whether its receipt waits for an answer."""
    return (
        visit.receipt is not None
        and visit.receipt.status is ReceiptStatus.QUESTION_OPEN
        and visit.receipt.left_at == visit.left_at
    )


def _worth(doubt: Doubt | None) -> float:
    """[nat/s] of asking."""
    return doubt.information_nat / doubt.expected_s if doubt else 0.0
