"""From a board's wrapping tick counter to the host's monotonic time. Sans-I/O: arrival times are arguments.

A block arrives some delay after its last sample was taken: never early, often late. So the true line from
ticks to host time lies below all arrivals, and the best estimate is the line that hugs them from below: of
all lines under the points, the one with the least total distance to them. It is the edge of the points' lower
convex hull below their mean (Moon, Skelly, Towsley: Estimation and removal of clock skew from network delay
measurements, INFOCOM 1999). One-way arrivals cannot show the smallest delay itself: all times are late by
that constant (about the time that one block needs on the line).

Samples are dated by their ticks on that line, not by their arrival. Corrections are slewed, so that time
stays monotonic and even across blocks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

NS_PER_S = 1_000_000_000
TICKS_MODULUS = 1 << 32
BIN_NS = NS_PER_S
"""[ns] of these arrivals, only the promptest is kept."""
BINS_MAX = 60
"""[bins] memory of the fit: long against jitter, short against a board's warming up."""
DRIFT_MAX = 0.02
"""[1] no quartz (1e-4) or ceramic resonator (5e-3) is farther from its nominal rate."""
SLEW_MAX = 0.01
"""[1] share of the elapsed time by which the dates of samples may be moved meanwhile."""
JUMP_NS = NS_PER_S
"""[ns] no slow clock: ticks that arrive so much too early, or for ``JUMP_BINS`` too late, have jumped."""
JUMP_BINS = 10


@dataclass(frozen=True, slots=True)
class BlockTime:
    """When the samples of one block were taken."""

    mono_ns: int  # [ns] the first one
    period_ns: float  # [ns] between two


@dataclass(frozen=True, slots=True)
class ClockReport:
    """What is known of a board's clock and of its line."""

    drift_ppm: float  # [1e-6] by how much the board's ticks are faster than nominal
    rate_hz: float  # [Hz] samples per second, measured in host time
    jitter_ns: float  # [ns] mean lateness of arrivals beyond the promptest
    restarts: int  # how often the ticks have jumped


@dataclass(frozen=True, slots=True)
class _Arrival:
    """The promptest block of one bin, relative to the first block."""

    ticks: float  # [ticks] of its last sample
    ns: int  # [ns] arrival
    first_ticks: int  # [ticks] of its first sample
    sample: int  # number of its first sample


class ClockSync:
    """Dates the blocks of one board from power-up to power-down.

    Args:
        tick_hz: nominal tick rate, as the board identifies itself.
        rate_hz: nominal sample rate; the true one is measured.
        drift_max: [1] by how much the true tick rate may differ from the nominal one.
    """

    def __init__(self, *, tick_hz: float, rate_hz: float, drift_max: float = DRIFT_MAX) -> None:
        self._drift_max = drift_max
        self._nominal_ns = NS_PER_S / tick_hz  # [ns] a tick
        self._slope_ns = self._nominal_ns  # [ns] a tick, fitted
        self._offset_ns = 0.0  # [ns] of the fitted line at tick 0
        self._ticks_per_sample = tick_hz / rate_hz
        self._bins: deque[_Arrival] = deque(maxlen=BINS_MAX)
        self._open_bin: _Arrival | None = None
        self._open_bin_ends_ns = 0
        self._late_bins = 0
        self._restarts = 0
        self._jitter_ns = 0.0
        self._origin: tuple[int, int] | None = None  # (ticks, mono_ns) of the first block
        self._ticks = self._arrival_ns = self._sample = self._samples = 0  # of the block before
        self._dated_ns = 0.0  # [ns] date given to the block before

    def date(self, *, mcu_ticks: int, samples: int, lost_before: int, arrival_ns: int) -> BlockTime:
        """Date a block and learn from its arrival.

        Args:
            mcu_ticks: [ticks] of the first sample, modulo 2^32.
            samples: [samples] in the block.
            lost_before: [samples] missing between the block before and this one.
            arrival_ns: [ns] host time at which its last byte was read; must not decrease.
        """
        if self._origin is None:
            self._origin = (mcu_ticks, arrival_ns)
        ns = arrival_ns - self._origin[1]
        ticks = self._unwrap(mcu_ticks - self._origin[0], ns)
        sample = self._sample + self._samples + lost_before
        arrival = _Arrival(ticks + (samples - 1) * self._ticks_per_sample, ns, ticks, sample)
        if self._open_bin is None:
            self._restart(arrival)
            dated_ns = self._line_ns(ticks)
        elif self._lateness_ns(arrival) < -JUMP_NS:
            self._restart(arrival)
            self._restarts += 1
            dated_ns = max(self._line_ns(ticks), self._dated_ns + self._samples * self._period_ns)
        else:
            self._measure_rate(ticks, sample)
            self._learn(arrival)
            dated_ns = self._slew(ticks)
        self._ticks, self._arrival_ns, self._sample, self._samples = ticks, ns, sample, samples
        self._dated_ns = dated_ns
        return BlockTime(self._origin[1] + round(dated_ns), self._period_ns)

    def lateness_ns(self, *, mcu_ticks: int, arrival_ns: int) -> float:
        """By how much later than promptly a block arrives whose last sample is of these ticks; 0 at first."""
        if self._origin is None:
            return 0.0
        ns = arrival_ns - self._origin[1]
        return ns - self._line_ns(self._unwrap(mcu_ticks - self._origin[0], ns))

    def report(self) -> ClockReport:
        """How the clock runs."""
        return ClockReport(
            drift_ppm=(self._nominal_ns / self._slope_ns - 1) * 1e6,
            rate_hz=NS_PER_S / self._period_ns,
            jitter_ns=self._jitter_ns,
            restarts=self._restarts,
        )

    @property
    def _period_ns(self) -> float:
        return self._ticks_per_sample * self._slope_ns

    def _line_ns(self, ticks: float) -> float:
        return self._offset_ns + self._slope_ns * ticks

    def _unwrap(self, wrapped_ticks: int, ns: int) -> int:
        """Ticks since the first block; the host's clock tells how often the counter went round meanwhile."""
        advance = (wrapped_ticks - self._ticks) % TICKS_MODULUS
        expected = (ns - self._arrival_ns) / self._slope_ns
        rounds = max(0, round((expected - advance) / TICKS_MODULUS))
        return self._ticks + advance + rounds * TICKS_MODULUS

    def _measure_rate(self, ticks: int, sample: int) -> None:
        """Ticks between samples, over the whole memory: a converter has an oscillator of its own."""
        anchor = self._bins[0] if self._bins else self._open_bin
        if anchor is not None and sample > anchor.sample and ticks > anchor.first_ticks:
            self._ticks_per_sample = (ticks - anchor.first_ticks) / (sample - anchor.sample)

    def _lateness_ns(self, arrival: _Arrival) -> float:
        return arrival.ns - self._line_ns(arrival.ticks)

    def _restart(self, arrival: _Arrival) -> None:
        """Forget the fit; begin with this block as if it were prompt."""
        self._bins.clear()
        self._late_bins = 0
        self._offset_ns = arrival.ns - self._slope_ns * arrival.ticks
        self._open_bin, self._open_bin_ends_ns = arrival, arrival.ns + BIN_NS

    def _learn(self, arrival: _Arrival) -> None:
        lateness_ns = self._lateness_ns(arrival)
        self._jitter_ns += 0.01 * (max(lateness_ns, 0.0) - self._jitter_ns)
        if lateness_ns < 0:
            self._offset_ns += lateness_ns
        best = self._open_bin
        if best is None or arrival.ns >= self._open_bin_ends_ns:
            self._close_bin()
            self._open_bin, self._open_bin_ends_ns = arrival, arrival.ns + BIN_NS
        elif lateness_ns < self._lateness_ns(best):
            self._open_bin = arrival

    def _close_bin(self) -> None:
        closed = self._open_bin
        if closed is None or (self._bins and closed.ticks <= self._bins[-1].ticks):
            return
        self._late_bins = self._late_bins + 1 if self._lateness_ns(closed) > JUMP_NS else 0
        if self._late_bins >= JUMP_BINS:
            self._restart(closed)
            self._restarts += 1
            return
        self._bins.append(closed)
        if len(self._bins) > 1:
            slope_ns = hugging_slope([(arrival.ticks, arrival.ns) for arrival in self._bins])
            most_ns = self._nominal_ns * (1 + self._drift_max)
            self._slope_ns = min(max(slope_ns, self._nominal_ns * (1 - self._drift_max)), most_ns)
        self._offset_ns = min(arrival.ns - self._slope_ns * arrival.ticks for arrival in self._bins)

    def _slew(self, ticks: int) -> float:
        """Date for a block at ``ticks``: its place on the line, as far as continuity allows."""
        elapsed_ns = self._slope_ns * (ticks - self._ticks)
        expected_ns = self._dated_ns + elapsed_ns
        correction_ns = self._line_ns(ticks) - expected_ns
        if correction_ns > JUMP_NS:
            return expected_ns + correction_ns  # forward, time may step
        most_ns = SLEW_MAX * elapsed_ns
        return expected_ns + min(max(correction_ns, -most_ns), most_ns)


def hugging_slope(points: Sequence[tuple[float, float]]) -> float:
    """Slope of the line under all points that is closest to them in total.

    Args:
        points: at least two (x, y), by rising x.
    """
    hull: list[tuple[float, float]] = []
    for x, y in points:
        while len(hull) > 1:
            (ax, ay), (bx, by) = hull[-2], hull[-1]
            if (bx - ax) * (y - ay) > (by - ay) * (x - ax):
                break
            hull.pop()
        hull.append((x, y))
    mean_x = sum(x for x, _ in points) / len(points)
    (ax, ay), (bx, by) = next(edge for edge in pairwise(hull) if edge[1][0] >= mean_x)
    return (by - ay) / (bx - ax)
