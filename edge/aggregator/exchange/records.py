"""The ledger for other programs: pages of what it tells, from a position on. Read beside the writer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from itertools import islice
from typing import Any, TypeVar

from edge.aggregator.exchange.export import Exporter, ExportFormat
from edge.aggregator.exchange.notices import NoticeHead, kind_of, notice_of
from edge.aggregator.exchange.pages import NoticePage, Reach, RecordPage
from edge.aggregator.ledger import Ledger, Place
from edge.aggregator.ledger.lookup import head_at, last_position
from edge.config import ExportsSection
from edge.errors import MessageError, StorageError

PageT = TypeVar("PageT")

ENTRIES_MAX = 5000
"""[entries] read for one page: what is wanted may be rare."""


class LedgerRecords:
    """Reads the ledger, any thread, one at a time; see :class:`~edge.aggregator.exchange.pages.Records`.

    Args:
        place: where the ledger is.
        store: its name.
        options: how it is called outside.
    """

    def __init__(self, place: Place, store: str, options: ExportsSection) -> None:
        self._place, self._store, self._options = place, store, options
        self._lock = threading.Lock()
        self._ledger: Ledger | None = None

    def notices(self, after: int, limit: int, kinds: Collection[str] = ()) -> NoticePage:
        """Notices of some kinds, or all.

        Raises:
            MessageError: no such position.
            StorageError: the ledger cannot be read.
        """

        def read(ledger: Ledger) -> NoticePage:
            found: list[NoticeHead] = []
            position = after
            for row in islice(ledger.entries(head_at(ledger, after)), ENTRIES_MAX):
                position = row.id
                notice = notice_of(row.entry, position=row.id, utc_s=row.utc_s, store=self._store)
                if notice is not None and (not kinds or kind_of(notice) in kinds):
                    found.append(notice)
                if len(found) >= limit:
                    break
            items: Any = tuple(found)
            return NoticePage(items=items, next=position, end=last_position(ledger))

        return self._read(after, read)

    def poslog(self, after: int, limit: int) -> RecordPage:
        """POSLog-like records; all that one entry tells are on one page. Raises as above."""

        def read(ledger: Ledger) -> RecordPage:
            exporter = Exporter(ledger, ExportFormat.POSLOG, self._store, self._options)
            items, position, end = _some(exporter, ledger, after, limit)
            return RecordPage(items=tuple(items), next=position, end=end)

        return self._read(after, read)

    def epcis(self, after: int, limit: int) -> tuple[dict[str, Any], Reach]:
        """An EPCIS document, and how far it goes. Raises as above."""

        def read(ledger: Ledger) -> tuple[dict[str, Any], Reach]:
            exporter = Exporter(ledger, ExportFormat.EPCIS, self._store, self._options)
            items, position, end = _some(exporter, ledger, after, limit)
            return exporter.document_of(items, position), Reach(next=position, end=end)

        return self._read(after, read)

    def close(self) -> None:
        """Close the ledger."""
        with self._lock:
            if self._ledger is not None:
                self._ledger.close()
            self._ledger = None

    def _read(self, after: int, read: Callable[[Ledger], PageT]) -> PageT:
        with self._lock:
            if self._ledger is None:
                self._ledger = Ledger(self._place)
            try:
                if after > (end := last_position(self._ledger)):
                    raise MessageError(
                        "the ledger has no such position", where="after", found=str(after),
                        expected=f"at most {end}",
                        fix="Begin again from 0: the ledger was replaced, or the position is another one's.",
                    )  # fmt: skip
                return read(self._ledger)
            except StorageError:
                self._ledger.close()  # it may have been set aside: look again next time
                self._ledger = None
                raise


def _some(exporter: Exporter, ledger: Ledger, after: int, limit: int) -> tuple[list[Any], int, int]:
    """Things to write, the position up to which they tell everything, and the ledger's end."""
    end = last_position(ledger)
    until = min(end, after + ENTRIES_MAX)
    found: list[Any] = []
    position = after
    for each in exporter.read(after, until):
        if len(found) >= limit and each.position > position:
            return found, position, end
        found.append(each.what)
        position = each.position
    return found, until, end
