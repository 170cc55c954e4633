"""Modes: when staff work at which shelves, by their own word.

A mode is a stretch of time at a place. It ends when somebody says so, and by itself when its time is up; then
it counts as forgotten until somebody says that the work is done. Statements may come in any order.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from dataclasses import dataclass

from edge.aggregator.stock.facings import is_within
from edge.messages import ModeBegun, ModeEnded, ShelfEvent, ShelfMode
from edge.messages.stock import MODE_MAX_S

MODES_MAX = 4096
"""[modes] remembered, the latest: years of a small store."""

AFTER_S = 2.0
"""[s] What began so shortly after the word that the work is done still belongs to it: the last lot is
in hand."""


@dataclass(frozen=True, slots=True)
class Period:
    """One mode in time."""

    mode: str  # id of the statement that began it
    kind: ShelfMode
    place: str  # "": the whole store
    by: str
    since_s: float
    until_s: float  # when it is or was over, by word or by itself
    ended: bool  # somebody has said that the work is done

    def holds(self, plate: str, t_s: float) -> bool:
        """Whether what began at a plate at a time belongs to it."""
        grace_s = AFTER_S if self.ended else 0.0
        return self.since_s <= t_s < self.until_s + grace_s and is_within(plate, self.place)

    def covers(self, event: ShelfEvent) -> bool:
        """Whether an event belongs to it."""
        return any(self.holds(plate.plate, event.t_onset) for plate in event.plates)

    def is_running(self, now_s: float) -> bool:
        """Whether it goes on."""
        return self.since_s <= now_s < self.until_s

    def is_forgotten(self, now_s: float) -> bool:
        """Whether its time is up and nobody has said that the work is done."""
        return not self.ended and self.until_s <= now_s


class Modes:
    """All modes that stand."""

    def __init__(self) -> None:
        self._begun: dict[str, ModeBegun] = {}
        self._ended: dict[str, dict[str, ModeEnded]] = defaultdict(dict)  # by mode, by statement
        self._periods: tuple[Period, ...] | None = ()  # by begin; None: to be made anew

    def say(self, statement: ModeBegun | ModeEnded, *, stands: bool) -> None:
        """Take in a statement, or one whose standing has changed."""
        self._periods = None
        if isinstance(statement, ModeBegun):
            known: dict[str, ModeBegun] | dict[str, ModeEnded] = self._begun
        else:
            known = self._ended[statement.mode]
        if stands:
            known[statement.id] = statement  # type: ignore[assignment]
        else:
            known.pop(statement.id, None)
        if len(self._begun) > MODES_MAX:
            oldest = min(self._begun.values(), key=lambda each: (each.t, each.id))
            del self._begun[oldest.id]
            self._ended.pop(oldest.id, None)

    def periods(self) -> tuple[Period, ...]:
        """All of them, by begin."""
        if self._periods is None:
            found = (self._period(begun) for begun in self._begun.values())
            self._periods = tuple(sorted(found, key=lambda each: (each.since_s, each.mode)))
        return self._periods

    def get(self, mode: str) -> Period | None:
        """A mode by its id."""
        return next((period for period in self.periods() if period.mode == mode), None)

    def at(self, plates: tuple[str, ...], t_s: float) -> Period | None:
        """The mode that what began at these plates at a time belongs to; of several the one begun first."""
        periods = self.periods()
        since = bisect.bisect_left(periods, t_s - MODE_MAX_S - AFTER_S, key=lambda each: each.since_s)
        upto = bisect.bisect_right(periods, t_s, key=lambda each: each.since_s)
        holding = (each for each in periods[since:upto] if any(each.holds(plate, t_s) for plate in plates))
        return next(holding, None)

    def open(self, now_s: float) -> tuple[Period, ...]:
        """Running and forgotten modes, by begin."""
        return tuple(each for each in self.periods() if each.is_running(now_s) or each.is_forgotten(now_s))

    def _period(self, begun: ModeBegun) -> Period:
        words = [each for each in self._ended.get(begun.id, {}).values() if each.t >= begun.t]
        limit_s = begun.t + begun.seconds
        first_s = min((each.t for each in words), default=limit_s)
        return Period(
            begun.id, begun.mode, begun.place, begun.by, begun.t, min(first_s, limit_s), ended=bool(words)
        )
