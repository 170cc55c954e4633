"""Moments at which nobody was in the store and every visit had its receipt, as the ledger tells of them."""

from __future__ import annotations

from edge.aggregator.entries import ClosingEntry, GateEntry, LedgerEntry, ReceiptEntry
from edge.aggregator.visits.register import VisitRegister
from edge.messages import ReceiptStatus


class QuietMoments:
    """Reads entries in order; what was before a quiet moment is forgotten."""

    def __init__(self) -> None:
        self._register = VisitRegister()
        self._waiting: set[str] = set()  # visits that have no final receipt yet

    def update(self, entry: LedgerEntry) -> bool:
        """Take in one entry; whether it was quiet after it."""
        match entry:
            case GateEntry(gate=gate):
                _, visits = self._register.pass_gate(gate)
                self._waiting |= {visit.visit for visit in visits if visit.stays and not visit.is_crew}
                self._waiting -= {visit.visit for visit in visits if not visit.stays}
            case ClosingEntry():
                self._register.close(entry)
            case ReceiptEntry(receipt=receipt):
                if receipt.status is ReceiptStatus.FINAL:
                    self._waiting.discard(receipt.visit)
            case _:
                return False
        if self._waiting or any(True for _ in self._register.still_open()):
            return False
        self._register = VisitRegister()
        return True
