"""The numbers of a store that is open: read on from where the last look ended, never in the writer's way.

The ledger is read by a connection of its own, and of it the kinds alone that the numbers count; what was read
stays in memory, for as long a window as may be asked for.
"""

from __future__ import annotations

import math
import threading

from edge.aggregator.entries import ClosingEntry, ErasureEntry, GateEntry, ReceiptEntry, StatementEntry
from edge.aggregator.ledger import Ledger, Place
from edge.aggregator.ledger.lookup import first_since, last_position, rows_of
from edge.aggregator.transparency.figures import Found
from edge.aggregator.transparency.numbers import charged_units, figures_of
from edge.aggregator.transparency.stays import StayBook
from edge.clock import Clock
from edge.config import AggregatorConfig

DAY_S = 86_400.0

DAYS_MAX = 92.0
"""[d] longest window; ``steelyard report transparency`` reads everything."""

FRESH_S = 10.0
"""[s] for which numbers are shown again before they are looked up anew."""

KINDS = tuple(
    str(kind.__struct_config__.tag)
    for kind in (ReceiptEntry, StatementEntry, GateEntry, ClosingEntry, ErasureEntry)
)


class RunningNumbers:
    """Any thread may ask; one at a time is answered.

    Args:
        place: the ledger, which must exist when the first number is asked for.
        config: the share of audits, and the threshold of review.
        clock: host time.
    """

    def __init__(self, place: Place, config: AggregatorConfig, clock: Clock) -> None:
        self._place, self._config, self._clock = place, config, clock
        self._lock = threading.Lock()
        self._begin()

    def of(self, days: float) -> Found:
        """The numbers of the last days [d], at most :data:`DAYS_MAX`; some seconds old at most.

        Raises:
            StorageError: the ledger cannot be read.
        """
        days = min(days, DAYS_MAX)
        with self._lock:
            mono_s, utc_s = self._clock.mono_ns() / 1e9, self._clock.utc_s()
            made_s, found = self._made.get(days, (0.0, None))
            if found is None or mono_s - made_s >= FRESH_S:
                self._read_on(utc_s)
                found = self._look(days, utc_s)
                self._made[days] = mono_s, found
            return found

    def _look(self, days: float, utc_s: float) -> Found:
        since = utc_s - days * DAY_S
        record = self._book.record(since, math.inf)
        numbers = figures_of(record, since=since, until=None, audit_share=self._config.review.audit_share)
        return Found(numbers, charged_units(record), self._config.carts.review_below)

    def _begin(self) -> None:
        self._book = StayBook()
        self._after = -1  # position of the last row read; -1: where to begin is not known yet
        self._begun_s = -math.inf
        self._made: dict[float, tuple[float, Found]] = {}  # by days; when [s], and what

    def _read_on(self, utc_s: float) -> None:
        ledger = Ledger(self._place)  # anew each time: a damaged one may have been set aside meanwhile
        try:
            last = last_position(ledger)
            is_old = utc_s - self._begun_s > DAY_S
            if is_old or last < self._after or not self._take(ledger, last):
                self._begin()  # old stays go, the ledger is another one, or a visit was erased
                self._begun_s = utc_s
                self._after = first_since(ledger, utc_s - (DAYS_MAX + 1) * DAY_S) - 1
                self._take(ledger, last, anew=True)
        finally:
            ledger.close()

    def _take(self, ledger: Ledger, last: int, *, anew: bool = False) -> bool:
        """Read on; whether what was read before still stands."""
        for row in rows_of(ledger, KINDS, self._after, last):
            if not isinstance(row.entry, ErasureEntry):
                self._book.add(row)
            elif not anew:
                return False
            self._after = row.id
        self._after = last
        return True
