"""What watched plates weigh now: the last minute of each, for the pages of those who look after them.

The writer's thread hears, the pages' thread reads: a plate's points are one immutable value.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge.messages import NodeTrace, PlateTrace

KEPT_S = 60.0
"""[s] of each plate."""

PLATES_MAX = 2000
"""[plates] kept; a flood of invented names pushes out the oldest."""

Point = tuple[float, float | None]
"""(UTC [s], weight [g]); None: no reading."""


class LiveTraces:
    """One for a store."""

    def __init__(self) -> None:
        self._points: dict[str, tuple[Point, ...]] = {}

    def hear(self, said: NodeTrace) -> None:
        """Add what a node says; what is older than the newest already known is a repetition."""
        for trace in said.traces:
            known = self._points.pop(trace.plate, ())
            since = known[-1][0] if known else float("-inf")
            points = (*known, *(point for point in _points(trace) if point[0] > since))
            oldest = points[-1][0] - KEPT_S if points else 0.0
            self._points[trace.plate] = tuple(point for point in points if point[0] >= oldest)
            if len(self._points) > PLATES_MAX:
                self._points.pop(next(iter(self._points)))

    def of(self, plate: str) -> tuple[Point, ...]:
        """Oldest first; empty: nobody watched it, or its node is silent."""
        return self._points.get(plate, ())


def _points(trace: PlateTrace) -> Iterator[Point]:
    for index, grams in enumerate(trace.grams):
        yield trace.t_first + index * trace.period_s, grams
