"""Dates samples of devices that have neither clock nor sample numbers. Sans-I/O.

Such a device samples evenly by an oscillator of its own, and its samples arrive some time later. Counting
them makes a clock: the sample's number is its tick, and ``ClockSync`` fits ticks to arrivals. A sample that
never arrived makes all later ones late for good, while delays on the way do not last; so persistent lateness,
in whole periods, is the number of samples that were lost. Until that is noticed, dates are early by so much,
for ``BIN_NS`` at most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from firmware_bridge.clock_sync import NS_PER_S, BlockTime, ClockReport, ClockSync, hugging_slope

MEASURE_NS = 2 * NS_PER_S
"""[ns] of arrivals before the first date: with 50 ms of jitter, a rate to 2.5 %."""
MEASURE_SAMPLES = 5
"""[samples] at least, likewise."""
RATE_MAX_HZ = 10_000.0
"""[Hz] no device on a serial line is faster; what seems so arrives from a backlog."""
DRIFT_MAX = 0.05
"""[1] how far the rate may be from the first measurement."""
HOLE_NS = NS_PER_S // 4
HOLE_PERIODS = 1.5
"""[ns, periods] of lateness that is no delay: a device that paused."""
BIN_NS = NS_PER_S
"""[ns] in which at least one arrival is prompt."""
SPARSE_BINS = 2
"""[bins] in a row with more samples lost than received: no loss, but a slower rate."""
LOST_SHARE = 0.6
"""[1] of a period that the promptest arrival of a bin must be late by: below it may be jitter."""


@dataclass(frozen=True, slots=True)
class ArrivalTime:
    """When the samples of one arrival were taken, and how many are missing before them."""

    time: BlockTime
    lost_before: int  # [samples]


class ArrivalClock:
    """Dates what one device sends by itself, from the moment it is heard."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Measure anew: nothing is known of the device's clock any more."""
        self._sync: ClockSync | None = None
        self._arrivals: list[tuple[int, int]] = []  # (samples, ns) while the rate is measured
        self._samples = 0  # [samples] number of the next one
        self._bin_ends_ns = 0
        self._least_late_ns = math.inf  # [ns] of the open bin's arrivals
        self._bin_samples = self._bin_lost = self._sparse_bins = 0

    def date(self, samples: int, arrival_ns: int) -> ArrivalTime | None:
        """Date samples that arrived together.

        Args:
            samples: [samples] at least 1.
            arrival_ns: [ns] host time at which the last of them was read; must not decrease.

        Returns:
            ``None`` while the rate is being measured: the first seconds, and after the rate has changed.
        """
        if self._sync is None:
            self._measure(samples, arrival_ns)
            return None
        lost = self._lost(samples, arrival_ns)
        if lost is None:
            self.restart()
            return None
        self._samples += lost
        time = self._sync.date(
            mcu_ticks=self._samples, samples=samples, lost_before=lost, arrival_ns=arrival_ns
        )
        taken_ns = time.mono_ns + (samples - 1) * time.period_ns
        if taken_ns > arrival_ns + max(HOLE_NS, HOLE_PERIODS * time.period_ns):
            self.restart()  # nothing arrives before it is taken: samples come faster than they did
            return None
        self._samples += samples
        return ArrivalTime(time, lost)

    def report(self) -> ClockReport | None:
        """How the device's clock runs; ``None`` while its rate is being measured."""
        return self._sync.report() if self._sync else None

    def _measure(self, samples: int, arrival_ns: int) -> None:
        if self._arrivals:  # the first one may hold a backlog of any age
            self._samples += samples
        self._arrivals.append((self._samples, arrival_ns))
        elapsed_ns = arrival_ns - self._arrivals[0][1]
        if self._samples >= MEASURE_SAMPLES and elapsed_ns >= MEASURE_NS:
            rate_hz = NS_PER_S / max(1.0, hugging_slope(self._arrivals))
            self.restart()
            if rate_hz <= RATE_MAX_HZ:
                self._sync = ClockSync(tick_hz=rate_hz, rate_hz=rate_hz, drift_max=DRIFT_MAX)

    def _lost(self, samples: int, arrival_ns: int) -> int | None:
        """Samples missing before these; ``None`` when more are missing than come."""
        assert self._sync is not None  # noqa: S101 - the caller has looked
        period_ns = NS_PER_S / self._sync.report().rate_hz
        late_ns = self._sync.lateness_ns(mcu_ticks=self._samples + samples - 1, arrival_ns=arrival_ns)
        self._least_late_ns = min(self._least_late_ns, late_ns)
        lost = 0
        if late_ns > max(HOLE_NS, HOLE_PERIODS * period_ns):
            lost = round(late_ns / period_ns)
        if arrival_ns >= self._bin_ends_ns:
            self._sparse_bins = self._sparse_bins + 1 if self._bin_lost > self._bin_samples else 0
            if self._sparse_bins >= SPARSE_BINS:
                return None
            if not lost and LOST_SHARE * period_ns < self._least_late_ns < math.inf:
                lost = round(self._least_late_ns / period_ns)
            self._bin_ends_ns = arrival_ns + max(BIN_NS, round(MEASURE_SAMPLES * period_ns))
            self._least_late_ns = math.inf
            self._bin_samples = self._bin_lost = 0
        self._bin_samples += samples
        self._bin_lost += lost
        return lost
