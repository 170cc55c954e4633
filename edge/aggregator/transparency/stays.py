"""The ledger read as stays: each visit's receipts in a row, and everything that people said about it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from edge.aggregator.entries import ClosingEntry, GateEntry, ReceiptEntry, StatementEntry
from edge.aggregator.ledger.rows import LedgerRow
from edge.aggregator.receipts.book import was_running
from edge.aggregator.review.desk import visits_of
from edge.aggregator.review.statements import Statements
from edge.aggregator.visits.register import VisitRegister
from edge.messages import (
    AuditVerdict,
    Dispute,
    DisputeVerdict,
    Receipt,
    ReceiptStatus,
    ReviewAnswer,
)


@dataclass(slots=True)
class Stay:
    """One visit, from its receipts."""

    receipts: list[tuple[float, Receipt]]  # (when entered [s], receipt), each correcting the one before
    answers: list[tuple[float, ReviewAnswer]] = field(
        default_factory=list
    )  # that stand, and when entered [s]
    audits: list[AuditVerdict] = field(default_factory=list)  # that stand
    disputes: list[Dispute] = field(default_factory=list)  # that stand
    verdicts: dict[str, DisputeVerdict] = field(default_factory=dict)  # the latest that stands, by dispute

    @property
    def first(self) -> Receipt:
        """What was said first."""
        return self.receipts[0][1]

    @property
    def last(self) -> Receipt:
        """What is said now."""
        return self.receipts[-1][1]

    @property
    def entered_at(self) -> float:
        """[s] when the visit began, or, where the gate did not tell, when it left."""
        return self.left_at if self.first.entered_at is None else self.first.entered_at

    @property
    def left_at(self) -> float:
        """[s] when the visit left, by its first receipt."""
        return self.first.left_at

    @property
    def final(self) -> tuple[float, Receipt] | None:
        """The first final receipt and when it was entered [s]; ``None``: a question is still open."""
        return next((each for each in self.receipts if each[1].status is ReceiptStatus.FINAL), None)

    def is_undoubted(self) -> bool:
        """Whether no person had to look: final at once, sure, and never corrected but by an audit."""
        receipt = self.first
        return (
            receipt.status is ReceiptStatus.FINAL
            and not receipt.needs_review
            and not self.answers
            and not self.disputes
            and all(each.statements for _, each in self.receipts[1:])
        )


@dataclass(frozen=True, slots=True)
class Record:
    """Everything of a window of time."""

    stays: tuple[Stay, ...]  # that left in it
    left: int  # [visits] to be charged that left in it, by the gate's word or because they were ended
    gold: tuple[StatementEntry, ...]  # answers to cases whose answer is known, given in it


class StayBook:
    """Receipts in a row, statements and departures, as far as the ledger has been read."""

    def __init__(self) -> None:
        self._chains: list[list[tuple[float, Receipt]]] = []
        self._chain_of: dict[str, list[tuple[float, Receipt]]] = {}  # by each of its receipts
        self._statements = Statements()
        self._said: dict[str, tuple[float, StatementEntry]] = {}
        self._register = VisitRegister()

    def add(self, row: LedgerRow) -> None:
        """Take the next row in."""
        match row.entry:
            case ReceiptEntry(receipt=receipt):
                chain = self._chain_of.get(receipt.corrects)
                if chain is None:
                    chain = []
                    self._chains.append(chain)
                chain.append((row.utc_s, receipt))
                self._chain_of[receipt.receipt] = chain
            case StatementEntry(statement=statement):
                self._statements.add(row.entry)
                self._said.setdefault(statement.id, (row.utc_s, row.entry))
            case GateEntry(gate=gate):
                self._register.pass_gate(gate)
            case ClosingEntry():
                self._register.close(row.entry)

    def record(self, start_s: float, end_s: float) -> Record:
        """What is known of a window.

        Args:
            start_s: [s] a stay belongs to the window by the time at which it left; what was said about it
                later does too.
            end_s: [s] exclusive.
        """
        standing = [each for each in self._said.values() if self._statements.stands(each[1].statement)]
        chains = [Stay(chain) for chain in self._chains]
        stays = {receipt.receipt: stay for stay in chains for _, receipt in stay.receipts}
        _file(standing, stays, chains)
        return Record(
            stays=tuple(stay for stay in chains if start_s <= stay.left_at < end_s),
            left=sum(start_s <= (each.left_at or 0.0) < end_s for each in self._register.closed(math.inf)),
            gold=tuple(entry for _, entry in standing
                       if entry.gold is not None and start_s <= entry.statement.t < end_s),
        )  # fmt: skip


def record_of(rows: Iterable[LedgerRow], start_s: float, end_s: float) -> Record:
    """Read the ledger once, in order; see :meth:`StayBook.record`."""
    book = StayBook()
    for row in rows:
        book.add(row)
    return book.record(start_s, end_s)


def _file(
    standing: Iterable[tuple[float, StatementEntry]], stays: dict[str, Stay], chains: list[Stay]
) -> None:
    """Put each statement to the stay that it is about."""
    by_visit: dict[str, list[Stay]] = defaultdict(list)
    for stay in chains:
        by_visit[stay.first.visit].append(stay)
    disputed: dict[str, Stay] = {}
    ordered = sorted(standing, key=lambda each: (each[1].statement.t, each[1].statement.id))
    for utc_s, entry in ordered:
        match entry.statement:
            case ReviewAnswer() as answer if entry.gold is None:
                for visit in sorted(visits_of(answer)):
                    begun = [stay for stay in by_visit.get(visit, ()) if stay.entered_at <= answer.t]
                    if begun:
                        max(begun, key=lambda stay: stay.left_at).answers.append((utc_s, answer))
            case AuditVerdict() as audit if audit.receipt in stays:
                stays[audit.receipt].audits.append(audit)
            case Dispute() as dispute if dispute.receipt in stays:
                stays[dispute.receipt].disputes.append(dispute)
                disputed[dispute.id] = stays[dispute.receipt]
            case Dispute(receipt="") as dispute:
                stays_then = (
                    stay for stay in by_visit.get(dispute.visit, ())
                    if any(was_running(receipt, dispute.t) for _, receipt in stay.receipts)
                )  # fmt: skip
                if (ran := next(stays_then, None)) is not None:
                    ran.disputes.append(dispute)
                    disputed[dispute.id] = ran
    for _, entry in ordered:
        verdict = entry.statement
        if isinstance(verdict, DisputeVerdict) and verdict.dispute in disputed:
            disputed[verdict.dispute].verdicts[verdict.dispute] = verdict
