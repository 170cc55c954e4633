"""Samples without numbers or ticks, dated by their arrival: even, monotonic, and losses found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.arrival_clock import MEASURE_NS, ArrivalClock

NS_PER_S = 1_000_000_000
LEAST_DELAY_NS = 5_000_000


@dataclass
class Run:
    """What a clock made of a scale: one entry a dated arrival."""

    clock: ArrivalClock
    true_ns: list[float] = field(default_factory=list)
    dated_ns: list[int] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)
    lost: int = 0

    @property
    def error_ns(self) -> np.ndarray:
        """[ns] beyond the least delay, which nobody can know."""
        return np.array(self.dated_ns) - np.array(self.true_ns) - LEAST_DELAY_NS


def run_scale(
    *,
    seconds: float,
    rate_hz: float,
    jitter_ns: Callable[[int], float] = lambda _: 0.0,
    missing: Callable[[int], bool] = lambda _: False,
    together: int = 1,
    rate_at: Callable[[float], float] | None = None,
) -> Run:
    """A scale that samples evenly; so many samples arrive at once, each no earlier than the one before."""
    run = Run(ArrivalClock())
    arrival_ns, true_s, waiting = 0, 3.0, []
    for number in range(int(seconds * rate_hz)):
        true_s += 1 / (rate_at(true_s) if rate_at else rate_hz)
        if missing(number):
            continue
        waiting.append(true_s * NS_PER_S)
        if len(waiting) < together:
            continue
        arrival_ns = max(arrival_ns, round(waiting[-1] + LEAST_DELAY_NS + jitter_ns(number)))
        dated = run.clock.date(len(waiting), arrival_ns)
        if dated is not None:
            run.true_ns.append(waiting[0])
            run.dated_ns.append(dated.time.mono_ns)
            run.samples.append(len(waiting) + dated.lost_before)
            run.lost += dated.lost_before
        waiting = []
    return run


@pytest.mark.parametrize("rate_hz", [2.0, 9.7, 11.3, 80.0, 91.0])
@pytest.mark.parametrize("together", [1, 4])
def test_dates_are_true_and_even_whatever_the_jitter(rate_hz: float, together: int) -> None:
    random = Random(5)
    run = run_scale(
        seconds=60, rate_hz=rate_hz, together=together, jitter_ns=lambda _: random.expovariate(1 / 8e6)
    )
    settled = run.error_ns[len(run.error_ns) // 2 :]
    assert np.abs(settled).max() < 0.2 * NS_PER_S / rate_hz + 2e6
    assert run.lost == 0
    assert (np.diff(run.dated_ns) > 0).all()
    report = run.clock.report()
    assert report is not None
    assert report.rate_hz == pytest.approx(rate_hz, rel=2e-3)
    assert report.jitter_ns > 0


def test_nothing_is_dated_before_the_rate_is_known() -> None:
    clock = ArrivalClock()
    arrivals = [number * 100_000_000 for number in range(30)]
    dated = [clock.date(1, ns) is not None for ns in arrivals]
    assert dated.index(True) == MEASURE_NS // 100_000_000 + 1
    assert all(dated[dated.index(True) :])


def test_a_backlog_does_not_pass_for_a_rate() -> None:
    clock = ArrivalClock()
    clock.date(400, 0)
    for number in range(1, 40):
        clock.date(1, number * 100_000_000)
    report = clock.report()
    assert report is not None
    assert report.rate_hz == pytest.approx(10.0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), rate_hz=st.sampled_from([10.0, 80.0]))
def test_lost_samples_are_found_and_dates_stay_true(seed: int, rate_hz: float) -> None:
    random = Random(seed)
    gone = {random.randrange(int(15 * rate_hz), int(50 * rate_hz)) for _ in range(6)}
    run = run_scale(
        seconds=60,
        rate_hz=rate_hz,
        missing=lambda number: number in gone,
        jitter_ns=lambda _: random.uniform(0, 0.4e9 / rate_hz),
    )
    assert run.lost == len(gone)
    assert np.abs(run.error_ns[-10:]).max() < 0.5e9 / rate_hz
    assert np.abs(run.error_ns).max() < (len(gone) + 0.5) * 1e9 / rate_hz  # early, until it is noticed
    assert (np.diff(run.dated_ns) > 0).all()


def test_a_pause_is_a_hole_at_once() -> None:
    run = run_scale(seconds=30, rate_hz=10.0, missing=lambda number: 100 <= number < 114)
    assert run.lost == 14
    assert np.abs(run.error_ns).max() < 5e6


def test_a_stalled_host_loses_nothing() -> None:
    """What waited arrives at once; its last sample is prompt."""
    clock = ArrivalClock()
    dated = [clock.date(1, number * 100_000_000) for number in range(40)]
    late = clock.date(15, (39 + 15) * 100_000_000)
    assert late is not None
    assert late.lost_before == 0
    assert dated[-1] is not None
    assert late.time.mono_ns == pytest.approx(dated[-1].time.mono_ns + 100_000_000, abs=2e6)


@pytest.mark.parametrize(("before_hz", "after_hz"), [(10.0, 80.0), (80.0, 10.0)])
def test_another_rate_is_measured_anew(before_hz: float, after_hz: float) -> None:
    run = run_scale(seconds=1, rate_hz=3000, rate_at=lambda second: before_hz if second < 20 else after_hz)
    report = run.clock.report()
    assert report is not None
    assert report.rate_hz == pytest.approx(after_hz, rel=0.01)
    assert (np.diff(run.dated_ns) > 0).all()
    assert np.abs(run.error_ns[-20:]).max() < 0.5e9 / after_hz
