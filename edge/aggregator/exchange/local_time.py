"""Moments as the store's neighbours write them: local time with its offset from UTC."""

from __future__ import annotations

import datetime
import zoneinfo

LATEST_S = 253_402_214_400.0
"""[s] 9999-12-31: later is a wrong clock, and no calendar writes it."""


class LocalTime:
    """One store's time.

    Args:
        zone: name in the IANA database.
    """

    def __init__(self, zone: str) -> None:
        self._zone = zoneinfo.ZoneInfo(zone)

    def iso(self, utc_s: float) -> str:
        """``2026-11-22T21:52:34.120+01:00``; what no calendar writes becomes the nearest that one does."""
        return self._at(utc_s).isoformat(timespec="milliseconds")

    def day(self, utc_s: float) -> str:
        """``2026-11-22``."""
        return self._at(utc_s).date().isoformat()

    def offset(self, utc_s: float) -> str:
        """``+01:00``."""
        return self._at(utc_s).isoformat()[-6:]

    def _at(self, utc_s: float) -> datetime.datetime:
        millis = round(min(max(utc_s, 86_400.0), LATEST_S), 3)
        return datetime.datetime.fromtimestamp(millis, self._zone)
