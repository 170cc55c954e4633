"""Board ticks on host time: true, even and monotonic, whatever the arrivals do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.clock_sync import ClockSync, hugging_slope

NS_PER_S = 1_000_000_000
TICK_HZ = 250_000
SAMPLES = 8
LEAST_DELAY_NS = 10_000_000


@dataclass
class Run:
    """What a clock made of a board: one entry a block."""

    clock: ClockSync
    true_ns: np.ndarray  # when the first sample was taken
    dated_ns: np.ndarray
    period_ns: np.ndarray

    @property
    def error_ns(self) -> np.ndarray:
        """[ns] beyond the least delay, which nobody can know."""
        return self.dated_ns - self.true_ns - LEAST_DELAY_NS


def run_board(
    *,
    seconds: float,
    jitter_ns: Callable[[int], float],
    drift: float = 0.0,
    rate: float = 80.0,
    first_tick: int = 0,
    lost: Callable[[int], bool] = lambda _: False,
    tick_jump: Callable[[float], float] = lambda _: 0.0,
) -> Run:
    """A board whose ticks run fast by ``drift`` and that takes ``rate`` samples a second (nominal 80)."""
    clock = ClockSync(tick_hz=TICK_HZ, rate_hz=80)
    rows = []
    arrival_ns, lost_samples = 0, 0
    for block in range(int(seconds * rate / SAMPLES)):
        true_s = 5.0 + block * SAMPLES / rate
        if lost(block):
            lost_samples += SAMPLES
            continue
        ticks = round((true_s * (1 + drift) + tick_jump(true_s)) * TICK_HZ) + first_tick
        sent_ns = round((true_s + (SAMPLES - 1) / rate) * NS_PER_S) + LEAST_DELAY_NS
        arrival_ns = max(arrival_ns, sent_ns + round(jitter_ns(block)))
        time = clock.date(
            mcu_ticks=ticks % 2**32, samples=SAMPLES, lost_before=lost_samples, arrival_ns=arrival_ns
        )
        lost_samples = 0
        rows.append((round(true_s * NS_PER_S), time.mono_ns, time.period_ns))
    columns = np.array(rows).T
    return Run(clock, columns[0], columns[1], columns[2])


def assert_monotonic(run: Run) -> None:
    """Each block begins after the last sample of the one before."""
    last_sample_ns = run.dated_ns + (SAMPLES - 1) * run.period_ns
    assert (run.dated_ns[1:] > last_sample_ns[:-1]).all()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32),
    st.floats(-0.01, 0.01),
    st.floats(0.5, 30.0),
    st.floats(72.0, 88.0),
    st.integers(0, 2**32 - 1),
)
def test_any_clock_with_any_jitter_is_followed(
    seed: int, drift: float, jitter_ms: float, rate: float, first_tick: int
) -> None:
    random = Random(seed)
    run = run_board(
        seconds=90, drift=drift, rate=rate, first_tick=first_tick,
        jitter_ns=lambda _: random.expovariate(1.0) * jitter_ms * 1e6,
    )  # fmt: skip
    assert_monotonic(run)
    settled = slice(200, None)
    # The promptest of ten arrivals a second is a tenth of the mean jitter late; the fit averages 60 of them.
    assert np.abs(run.error_ns[settled]).max() < 1e6 + 0.5e6 * jitter_ms
    report = run.clock.report()
    assert report.rate_hz == pytest.approx(rate, rel=1e-4 + 1e-5 * jitter_ms)
    assert report.drift_ppm == pytest.approx(drift * 1e6, abs=20 + 10 * jitter_ms)
    assert report.jitter_ns == pytest.approx(jitter_ms * 1e6, rel=0.5)
    assert report.restarts == 0


def test_dates_are_even_where_arrivals_are_not() -> None:
    random = Random(1)
    run = run_board(seconds=120, jitter_ns=lambda _: random.uniform(0, 20e6))
    spacing = np.diff(run.dated_ns)[300:] / (SAMPLES * NS_PER_S / 80)
    assert np.abs(spacing - 1).max() < 0.0101  # the slew limit
    assert np.median(np.abs(spacing - 1)) < 5e-5
    assert run.period_ns[300:] == pytest.approx(NS_PER_S / 80, rel=1e-4)


def test_a_host_that_was_away_moves_no_date() -> None:
    """Four seconds of blocks arrive at once, late: they are dated as taken."""
    run = run_board(seconds=60, jitter_ns=lambda block: max(0.0, 4e9 - (block - 300) * 1e8) * (block >= 300))
    assert np.abs(run.error_ns[20:]).max() < 1e6
    assert_monotonic(run)


def test_lost_blocks_leave_a_gap_of_their_length() -> None:
    run = run_board(seconds=60, jitter_ns=lambda _: 0.0, rate=82.0, lost=lambda block: 200 <= block < 240)
    assert np.abs(run.error_ns[60:]).max() < 1e6
    gap_s = np.diff(run.dated_ns).max() / NS_PER_S
    assert gap_s == pytest.approx(41 * SAMPLES / 82.0, abs=1e-3)


def test_ticks_go_round_also_while_nobody_listens() -> None:
    """2^32 ticks are 4.77 hours; the board is silent for ten."""
    away = 10 * 3600 * 10  # blocks
    run = run_board(
        seconds=away / 10 + 60, jitter_ns=lambda _: 0.0, drift=1e-4,
        lost=lambda block: 300 <= block < 300 + away,
    )  # fmt: skip
    assert np.abs(run.error_ns[20:]).max() < 2e9  # ten hours at 1e-4 less what the fit knew
    assert np.abs(run.error_ns[-50:]).max() < 1e8
    assert_monotonic(run)


@pytest.mark.parametrize("jump_s", [-500.0, 30.0, 3000.0])
def test_ticks_that_jump_are_noticed_and_time_goes_on(jump_s: float) -> None:
    run = run_board(seconds=120, jitter_ns=lambda _: 0.0, tick_jump=lambda t: jump_s if t > 60 else 0.0)
    assert run.clock.report().restarts == 1
    assert_monotonic(run)
    assert np.abs(run.error_ns[-100:]).max() < 20e6


def test_a_tick_counter_that_stood_still_is_noticed() -> None:
    run = run_board(seconds=180, jitter_ns=lambda _: 0.0, tick_jump=lambda t: -5.0 if t > 60 else 0.0)
    assert run.clock.report().restarts >= 1
    assert_monotonic(run)
    assert np.abs(run.error_ns[-50:]).max() < 20e6


def test_a_frozen_tick_counter_crashes_nothing() -> None:
    clock = ClockSync(tick_hz=TICK_HZ, rate_hz=80)
    dates = [
        clock.date(mcu_ticks=77, samples=8, lost_before=0, arrival_ns=block * 100_000_000).mono_ns
        for block in range(600)
    ]
    assert dates == sorted(dates)


def test_the_slope_hugs_from_below() -> None:
    points = [(float(x), 3.0 * x + (0.0 if x % 7 == 0 else 50.0 + x)) for x in range(60)]
    assert hugging_slope(points) == pytest.approx(3.0)
