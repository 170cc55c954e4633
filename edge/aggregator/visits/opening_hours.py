"""When the store closed last, by its hours: local times of every day."""

from __future__ import annotations

import datetime
import math
import zoneinfo
from collections.abc import Sequence


class OpeningHours:
    """One store's hours.

    Args:
        closing: local times at which nobody is in the store, as ``22:00``.
        zone: name in the IANA database.
    """

    def __init__(self, closing: Sequence[str], zone: str) -> None:
        self._closing = [datetime.time.fromisoformat(each) for each in closing]
        self._zone = zoneinfo.ZoneInfo(zone)

    def closed_at(self, utc_s: float) -> float:
        """[s] the latest closing up to ``utc_s``; -inf when there are none.

        A local time that a change of the clocks leaves out counts an hour later, and of one that comes twice
        the first counts.
        """
        if not self._closing:
            return -math.inf
        today = datetime.datetime.fromtimestamp(utc_s, self._zone).date()
        days = (today - datetime.timedelta(days=back) for back in (0, 1))
        times = (datetime.datetime.combine(day, at, self._zone).timestamp()
                 for day in days for at in self._closing)  # fmt: skip
        return max(t for t in times if t <= utc_s)
