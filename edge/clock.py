"""The only place that reads a clock.

There are three kinds of time, each with its own name:

``mcu_ticks``  a board's own counter; wraps; never leaves ``firmware_bridge``.
``mono_ns``    the host's monotonic nanoseconds; all logic runs on it; a clock step cannot move it.
``utc``        seconds since the Unix epoch; for people and the ledger only.
"""

from __future__ import annotations

import ctypes
import time
from typing import Protocol


class Clock(Protocol):
    """Source of host time, passed to whatever needs it, so that tests and replay bring their own."""

    def mono_ns(self) -> int:
        """Monotonic nanoseconds; only differences mean something."""
        ...

    def utc_s(self) -> float:
        """Seconds since the Unix epoch; may step."""
        ...


class SystemClock:
    """The machine's clocks."""

    def mono_ns(self) -> int:
        """See :class:`Clock`."""
        return time.monotonic_ns()

    def utc_s(self) -> float:
        """See :class:`Clock`."""
        return time.time()


class ReplayClock:
    """The machine's monotonic clock, and a calendar that starts at a recording's time and runs at its pace.

    Args:
        start_utc_s: [s] Unix epoch, now.
        speed: [x] store seconds a second.
    """

    def __init__(self, start_utc_s: float, speed: float) -> None:
        self._start_utc_s, self._speed = start_utc_s, speed
        self._start_ns = time.monotonic_ns()

    def mono_ns(self) -> int:
        """See :class:`Clock`."""
        return time.monotonic_ns()

    def utc_s(self) -> float:
        """See :class:`Clock`."""
        return self._start_utc_s + (time.monotonic_ns() - self._start_ns) / 1e9 * self._speed


_TIME_ERROR = 5  # <sys/timex.h>: the clock is not synchronised


def utc_is_synchronized() -> bool:
    """Whether the kernel says that a time service has set this machine's clock; True where it cannot say."""
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    if adjtimex is None:
        return True
    timex = ctypes.create_string_buffer(512)  # struct timex, 208 bytes; mode 0 only reads
    return bool(adjtimex(timex) != _TIME_ERROR)
