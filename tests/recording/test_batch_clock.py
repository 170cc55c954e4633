"""The clock behind jittered batches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.recording.batch_clock import fit_batch_clock

RATE_HZ = 60.0
BATCH = 12
EPOCH_S = 1_587_531_997.0


def stamps(batches, lost=(), rate_hz=RATE_HZ, jitter_s=0.003, seed=1):
    """(timestamps, samples, true index of each batch's first sample) of a source that loses some batches."""
    random = np.random.default_rng(seed)
    numbers = np.array([n for n in range(batches) if n not in set(lost)])
    true_s = EPOCH_S + ((numbers + 1) * BATCH - 1) / rate_hz
    first = (numbers - numbers[0]) * BATCH
    return true_s + random.normal(0, jitter_s, len(numbers)), np.full(len(numbers), BATCH), first


def test_even_source_is_found_to_a_millisecond():
    timestamps_s, samples, first = stamps(300)
    clock = fit_batch_clock(timestamps_s, samples, RATE_HZ)
    assert (clock.first_index == first).all()
    assert clock.lost_before.sum() == 0
    truth_s = EPOCH_S + first / RATE_HZ
    found_s = np.array([clock.first_sample_s(batch) for batch in range(300)])
    assert np.abs(found_s - truth_s).max() < 0.0015


@pytest.mark.parametrize("rate_hz", [59.7, 60.02, 60.4])
def test_true_rate_is_measured(rate_hz):
    timestamps_s, samples, _ = stamps(600, rate_hz=rate_hz)
    clock = fit_batch_clock(timestamps_s, samples, RATE_HZ)
    assert 1 / clock.period_s == pytest.approx(rate_hz, abs=0.01)
    assert clock.lost_before.sum() == 0


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(1, 118), max_size=12), st.integers(0, 10_000))
def test_lost_batches_are_losses_and_shift_nothing(lost, seed):
    timestamps_s, samples, first = stamps(120, lost=lost, seed=seed)
    clock = fit_batch_clock(timestamps_s, samples, RATE_HZ)
    assert (clock.first_index == first).all()
    assert clock.lost_before.sum() == BATCH * len(lost)
    assert abs(clock.first_sample_s(0) - EPOCH_S) < 0.003


def test_a_few_late_batches_are_no_losses():
    timestamps_s, samples, _ = stamps(100)
    timestamps_s[[20, 50, 51]] += [0.026, 0.15, 0.026]
    clock = fit_batch_clock(timestamps_s, samples, RATE_HZ)
    assert clock.lost_before.sum() == 0
    assert abs(clock.first_sample_s(0) - EPOCH_S) < 0.002


def test_a_pause_that_is_no_multiple_of_a_batch_keeps_later_samples_in_place():
    timestamps_s, samples, _ = stamps(100, jitter_s=0.0)
    timestamps_s[60:] += 5.1
    clock = fit_batch_clock(timestamps_s, samples, RATE_HZ)
    assert clock.lost_before[60] == 306
    assert clock.first_sample_s(99) == pytest.approx(EPOCH_S + 99 * 0.2 + 5.1, abs=0.01)


def test_one_batch_is_enough():
    clock = fit_batch_clock(np.array([EPOCH_S]), np.array([BATCH]), RATE_HZ)
    assert clock.first_sample_s(0) == pytest.approx(EPOCH_S - 11 / 60, abs=1e-6)
