"""What one endpoint has yet to be told: the ledger from its position on, as far as it concerns it."""

from __future__ import annotations

import logging
from collections import deque
from itertools import islice

from edge.aggregator.exchange.notices import NoticeHead, kind_of, notice_of
from edge.aggregator.exchange.webhooks.outbox import Progress, WebhookOutbox
from edge.aggregator.ledger import Ledger
from edge.aggregator.ledger.lookup import head_at, last_position
from edge.aggregator.ledger.rows import LedgerRow
from edge.config import WebhookSection

logger = logging.getLogger(__name__)

LOT = 100
"""[entries] read at a time."""


class Pending:
    """Reads on where the outbox says.

    Args:
        section: the endpoint.
        store: name of the store.
        ledger: open, for this endpoint alone.
        outbox: how far it has come.
    """

    def __init__(self, section: WebhookSection, store: str, ledger: Ledger, outbox: WebhookOutbox) -> None:
        self._section, self._store = section, store
        self._ledger, self._outbox = ledger, outbox
        self._lot: deque[LedgerRow] = deque()
        self._follows = 0  # position that the lot follows

    def progress(self) -> Progress:
        """Where the endpoint stands; a new one, or one whose ledger was replaced, begins as it should.

        Raises:
            StorageError: ledger or outbox cannot be read or written.
        """
        name = self._section.name
        known = self._outbox.progress(name)
        end = last_position(self._ledger)
        if known is not None and known.position <= end and self._stands_at(known):
            return known
        self.forget()
        if known is None:
            position = 0 if self._section.from_start else end
        else:
            position = min(known.position, end)
            logger.error(
                "webhook %s: the ledger was replaced; what it held up to %d may not have been told"
                " (`steelyard webhooks rewind`)", name, position,
            )  # fmt: skip
        self._outbox.begin(name, *head_at(self._ledger, position))
        return self._outbox.progress(name) or Progress(name, *head_at(self._ledger, position))

    def behind(self, progress: Progress) -> int:
        """[entries] after its position."""
        return max(0, last_position(self._ledger) - progress.position)

    def first(self, progress: Progress) -> LedgerRow | None:
        """The next entry that concerns the endpoint; what does not is passed over, on disk lot by lot."""
        if progress.position != self._follows:
            self.forget()
        passed = None
        while True:
            while self._lot:
                if self._concerns(self._lot[0]):
                    return self._lot[0]
                passed = self._lot.popleft()
            if passed is not None:
                self._told(passed)
            start = (self._follows, passed.hash) if passed else (progress.position, progress.hash)
            self._lot.extend(self._read(start))
            self._follows = start[0]
            if not self._lot:
                return None

    def done(self, row: LedgerRow) -> None:
        """An entry has been told."""
        self._lot.popleft()
        self._told(row)

    def forget(self) -> None:
        """Read the next entries anew: an erasure may have changed them."""
        self._lot.clear()

    def row_at(self, position: int) -> LedgerRow | None:
        """One entry."""
        rows = self._ledger.entries(head_at(self._ledger, position - 1))
        return next(islice(rows, 1), None)

    def notice(self, row: LedgerRow) -> NoticeHead | None:
        """What an entry tells."""
        return notice_of(row.entry, position=row.id, utc_s=row.utc_s, store=self._store)

    def _told(self, row: LedgerRow) -> None:
        self._outbox.advance(self._section.name, row.id, row.hash)
        self._follows = row.id

    def _read(self, after: tuple[int, bytes]) -> list[LedgerRow]:
        return list(islice(self._ledger.entries(after), LOT))

    def _concerns(self, row: LedgerRow) -> bool:
        notice = self.notice(row)
        return notice is not None and (not self._section.kinds or kind_of(notice) in self._section.kinds)

    def _stands_at(self, known: Progress) -> bool:
        """Whether the ledger is still the one in which it has come so far."""
        if self._lot and known.position == self._follows:
            return True  # read from it a moment ago
        return head_at(self._ledger, known.position) == (known.position, known.hash)
