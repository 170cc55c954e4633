"""When the readings of a scale were taken: by their arrival, or by when the host asked. Sans-I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from firmware_bridge.arrival_clock import ArrivalClock
from firmware_bridge.clock_sync import NS_PER_S, BlockTime, ClockReport
from firmware_bridge.drivers.dialogue import Reading


@dataclass(frozen=True, slots=True)
class Dated:
    """Consecutive readings, evenly spaced."""

    readings: Sequence[Reading]
    time: BlockTime
    lost_before: int  # [samples]


class Dates(Protocol):
    """One way to date readings."""

    def restart(self) -> None:
        """The readings before have nothing to do with those to come."""
        ...

    def date(self, readings: Sequence[Reading], arrival_ns: int) -> list[Dated]:
        """Date what arrived together; nothing while too little is known. Dates rise from call to call."""
        ...

    def report(self) -> ClockReport | None:
        """How the clock runs; ``None`` while that is not known."""
        ...


class ArrivalDates:
    """For scales that send by themselves."""

    def __init__(self) -> None:
        self._clock = ArrivalClock()
        self.restart = self._clock.restart
        self.report = self._clock.report

    def date(self, readings: Sequence[Reading], arrival_ns: int) -> list[Dated]:
        """See ``Dates``."""
        dated = self._clock.date(len(readings), arrival_ns)
        return [Dated(readings, dated.time, dated.lost_before)] if dated else []


MEMORY = 0.1
"""[1] weight of the newest period in the measured rate."""


class AskedDates:
    """For scales that are asked: each reading has a time of its own, off by half an answer's way at most.

    Args:
        period_ns: [ns] between two requests, as intended.
    """

    def __init__(self, period_ns: int) -> None:
        self._nominal_ns = period_ns
        self.restart()

    def restart(self) -> None:
        """See ``Dates``."""
        self._latest_ns: int | None = None
        self._period_ns = float(self._nominal_ns)
        self._jitter_ns = 0.0

    def date(self, readings: Sequence[Reading], arrival_ns: int) -> list[Dated]:
        """See ``Dates``."""
        return [self._date(reading, reading.mono_ns or arrival_ns) for reading in readings]

    def report(self) -> ClockReport | None:
        """See ``Dates``."""
        if self._latest_ns is None:
            return None
        return ClockReport(0.0, NS_PER_S / self._period_ns, self._jitter_ns, 0)

    def _date(self, reading: Reading, taken_ns: int) -> Dated:
        lost = 0
        if self._latest_ns is not None:
            elapsed_ns = taken_ns - self._latest_ns
            lost = max(0, round(elapsed_ns / self._period_ns) - 1)
            period_ns = elapsed_ns / (lost + 1)
            self._jitter_ns += MEMORY * (abs(period_ns - self._period_ns) - self._jitter_ns)
            self._period_ns += MEMORY * (period_ns - self._period_ns)
        self._latest_ns = taken_ns
        return Dated((reading,), BlockTime(taken_ns, self._period_ns), lost)
