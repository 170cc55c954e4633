"""Watches how the machine's calendar time runs against its monotonic time."""

from __future__ import annotations

from collections.abc import Callable

from edge.clock import Clock
from edge.samples import NS_PER_S, UtcReading

MOVED_NS = 5_000_000
"""[ns] shift of the offset that is worth a new reading."""

SPAN_NS = 1_000_000
"""[ns] between two looks at the monotonic clock around one at UTC, at most: else the machine was busy."""


class UtcWatch:
    """Gives a reading at the start, and whenever clock or synchronisation have moved.

    Args:
        clock: the host's.
        synchronized: whether a time service has set it.
    """

    def __init__(self, clock: Clock, synchronized: Callable[[], bool]) -> None:
        self._clock = clock
        self._synchronized = synchronized
        self._last: UtcReading | None = None

    def update(self) -> UtcReading | None:
        """A new reading, or ``None`` when the last still holds."""
        before_ns = self._clock.mono_ns()
        utc_s = self._clock.utc_s()
        after_ns = self._clock.mono_ns()
        if self._last is not None and after_ns - before_ns > SPAN_NS:
            return None
        reading = UtcReading(
            mono_ns=(before_ns + after_ns) // 2, utc_s=utc_s, synchronized=self._synchronized()
        )
        last = self._last
        if last is not None and last.synchronized == reading.synchronized:
            moved_ns = (reading.utc_s - last.utc_s) * NS_PER_S - (reading.mono_ns - last.mono_ns)
            if abs(moved_ns) <= MOVED_NS:
                return None
        self._last = reading
        return reading
