"""Pages of what the ledger tells other programs; ``records.py`` reads them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

import msgspec

from edge.aggregator.exchange.notices import Notice


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How far a page goes."""

    next: int  # position to go on from
    end: int  # position of the ledger's last entry; all has been told when `next` is no less


class NoticePage(Reach, frozen=True, kw_only=True):
    """Notices in the ledger's order."""

    items: tuple[Notice, ...]


class RecordPage(Reach, frozen=True, kw_only=True):
    """POSLog-like records in the ledger's order."""

    items: tuple[dict[str, Any], ...]


class Records(Protocol):
    """The ledger for other programs, from a position on, in its order. Any thread.

    All raise ``MessageError`` (no such position) and ``StorageError`` (the ledger cannot be read).
    """

    def notices(self, after: int, limit: int, kinds: Collection[str] = ()) -> NoticePage:
        """Notices of some kinds, or all."""
        ...

    def poslog(self, after: int, limit: int) -> RecordPage:
        """POSLog-like records; all that one entry tells are on one page."""
        ...

    def epcis(self, after: int, limit: int) -> tuple[dict[str, Any], Reach]:
        """An EPCIS document, and how far it goes."""
        ...
