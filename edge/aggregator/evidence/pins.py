"""Which events' evidence somebody may still ask for, and until when.

A receipt's as long as it may be disputed; an answered question's as long as its answer may be; an open case's
as long as it is open: its pin is short and renewed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edge.aggregator.entries import LedgerEntry, ReceiptEntry, StatementEntry
from edge.messages import Receipt, ReviewAnswer, ReviewCase

OPEN_CASE_S = 86_400.0
"""[s] that an open case pins its evidence at a time: an aggregator that is off over night finds it there."""

RENEW_S = OPEN_CASE_S / 24
"""[s] after which pins of open cases are renewed."""


def pins_of_entries(entries: Iterable[LedgerEntry], dispute_s: float) -> dict[str, float]:
    """Until when [s] new entries pin evidence, by event; receipts may be disputed for ``dispute_s`` [s]."""
    until_s: dict[str, float] = {}
    for entry in entries:
        if isinstance(entry, ReceiptEntry):
            until_s.update(_of_receipt(entry.receipt, dispute_s))
        elif isinstance(entry, StatementEntry) and isinstance(entry.statement, ReviewAnswer):
            until_s[str(entry.statement.event)] = entry.statement.t + dispute_s
    return until_s


def pins_of_receipts(receipts: Iterable[Receipt], dispute_s: float) -> dict[str, float]:
    """The same of receipts that are known already."""
    return {event: t for receipt in receipts for event, t in _of_receipt(receipt, dispute_s)}


def pins_of_cases(cases: Iterable[ReviewCase], utc_s: float) -> dict[str, float]:
    """Until when [s] open cases pin theirs."""
    return {str(case.event): utc_s + OPEN_CASE_S for case in cases if case.event is not None}


def _of_receipt(receipt: Receipt, dispute_s: float) -> Iterator[tuple[str, float]]:
    return ((event, receipt.left_at + dispute_s) for line in receipt.lines for event in line.events)
