"""The only place that reads a clock. Three kinds of time, each with its own name:

``mcu_ticks``  a board's own counter; wraps; never leaves ``firmware_bridge``.
``mono_ns``    the host's monotonic nanoseconds; all logic runs on it; a clock step cannot move it.
``utc``        seconds since the Unix epoch; for people and the ledger only.
"""

from __future__ import annotations

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
