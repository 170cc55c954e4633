"""Exports: the ledger read from a position on, as EPCIS events, POSLog-like records or plain notices.

Equal ledgers give equal bytes, in one piece or in many: the cursor is a position of the ledger, and what an
entry voids is found by its name there and not remembered from before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from edge.aggregator.entries import EventEntry, ReceiptEntry
from edge.aggregator.exchange.books import Said, movement_of, sale_of
from edge.aggregator.exchange.epcis import Epcis
from edge.aggregator.exchange.notices import notice_of
from edge.aggregator.exchange.poslog import PosLog
from edge.aggregator.ledger import Ledger
from edge.aggregator.ledger.lookup import NAMES_MAX, entered_s, head_at, rows_named
from edge.aggregator.ledger.rows import LedgerRow, named
from edge.config import ExportsSection
from edge.messages import Disturbance, Receipt, ShelfEvent
from edge.payload import encode


class ExportFormat(StrEnum):
    """What the ledger can be written as."""

    EPCIS = "epcis"
    POSLOG = "poslog"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Exported:
    """One thing to write, and the position of the entry that it comes from."""

    position: int
    what: Any  # made of dictionaries, lists, texts and numbers, or a Notice


class Exporter:
    """Reads one ledger as one format.

    Args:
        ledger: open; whoever writes it may go on.
        kind: see :class:`ExportFormat`.
        store: its name.
        options: how it is called outside.
    """

    def __init__(self, ledger: Ledger, kind: ExportFormat, store: str, options: ExportsSection) -> None:
        self._ledger, self._kind, self._store = ledger, kind, store
        self.epcis = Epcis(store, options)
        self._poslog = PosLog(store, options)

    def read(self, after: int, until: int | None = None) -> Iterator[Exported]:
        """Everything that entries after a position tell, in order.

        Args:
            after: position; 0: from the first entry.
            until: position of the last entry to read; the last there is when left out.

        Raises:
            StorageError: no such position, or the chain does not hold.
        """
        for row in self._ledger.entries(head_at(self._ledger, after)):
            if until is not None and row.id > until:
                return
            for each in self._written(row):
                yield Exported(row.id, each)

    def document_of(self, events: list[Any], until: int) -> dict[str, Any]:
        """An EPCIS document of events that were read up to a position."""
        return self.epcis.document(events, entered_s(self._ledger, until))

    def document(self, after: int, until: int) -> Iterator[bytes]:
        """An EPCIS document of everything after one position and up to another, piece by piece."""
        header = encode(self.epcis.header(entered_s(self._ledger, until)))
        yield header.removesuffix(b"}") + b',"epcisBody":{"eventList":['
        for number, each in enumerate(self.read(after, until)):
            yield (b",\n" if number else b"\n") + encode(each.what)
        yield b"\n]}}\n"

    def _written(self, row: LedgerRow) -> Iterator[Any]:
        if self._kind is ExportFormat.JSON:
            notice = notice_of(row.entry, position=row.id, utc_s=row.utc_s, store=self._store)
            if notice is not None:
                yield notice
            return
        match row.entry:
            case ReceiptEntry():
                if (sale := sale_of(self._receipts(row))) is not None:
                    yield from (self._poslog if self._kind is ExportFormat.POSLOG else self.epcis).sale(sale)
            case EventEntry(message=message) if self._kind is ExportFormat.EPCIS:
                if (movement := movement_of(self._revisions(row, message))) is not None:
                    yield from self.epcis.movement(movement)

    def _receipts(self, row: LedgerRow) -> list[Said[Receipt]]:
        """The chain of receipts that ends with an entry."""
        chain: list[Said[Receipt]] = []
        before: LedgerRow | None = row
        while before is not None and isinstance(before.entry, ReceiptEntry):
            receipt = before.entry.receipt
            chain.insert(0, Said(before.id, before.utc_s, receipt))
            names = [named("receipt", receipt.corrects)] if receipt.corrects else []
            found = rows_named(self._ledger, names)
            before = found[0] if found and found[0].id < before.id else None
        return chain

    def _revisions(
        self, row: LedgerRow, last: ShelfEvent | Disturbance
    ) -> list[Said[ShelfEvent | Disturbance]]:
        """The revisions of an event up to an entry. The ledger takes no lower one after a higher one."""
        names = [
            named("event", last.node, last.boot, last.seq, revision)
            for revision in range(max(0, last.revision - NAMES_MAX), last.revision)
        ]
        return [
            Said(each.id, each.utc_s, each.entry.message)
            for each in (*rows_named(self._ledger, names), row)
            if isinstance(each.entry, EventEntry)
        ]
