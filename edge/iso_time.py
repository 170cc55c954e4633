"""Moments as people write them in files: ISO 8601 with its offset, so that no machine's time zone matters."""

from __future__ import annotations

import calendar
import re

_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d))?\Z", re.ASCII)


def utc_s_of(text: str) -> float:
    """Seconds since the Unix epoch; a day alone begins at midnight UTC.

    Raises:
        ValueError: no such moment, or a time of day without its offset.
    """
    found = _MOMENT.match(text)
    if found is None:
        raise ValueError(f"{text!r} is no moment like 2026-03-01 or 2026-03-01T06:00:00+01:00")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    in_range = year >= 1 and 1 <= month <= 12 and hour < 24 and minute < 60 and second < 60
    if not in_range or not 1 <= day <= calendar.monthrange(year, month)[1]:
        raise ValueError(f"{text!r} names a moment that does not exist")
    return float(calendar.timegm((year, month, day, hour, minute, second)) - _offset_s(found[7]))


def _offset_s(zone: str | None) -> int:
    if zone is None or zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 14 or minutes > 59:
        raise ValueError(f"{zone!r} is no offset from UTC")
    return (1 if zone[0] == "+" else -1) * (3600 * hours + 60 * minutes)
