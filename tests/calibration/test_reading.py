"""Means of captures, and how well they are known."""

from __future__ import annotations

import numpy as np
import pytest
from true_cell import RATE_HZ, TrueCell

from edge.calibration.reading import Capture, read


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8])
def test_the_sampling_sigma_is_the_spread_of_means(correlation: float) -> None:
    """Also when neighbours are alike, where noise / sqrt(n) would be up to three times too small."""
    cell = TrueCell(noise_g=1.0, correlation=correlation)
    readings = [read(cell.capture(seconds=10)) for _ in range(400)]
    spread = np.std([reading.mean_counts for reading in readings])
    stated = np.sqrt(np.mean([reading.sampling_sigma_counts**2 for reading in readings]))
    assert stated == pytest.approx(spread, rel=0.15)


def test_a_reading_in_numbers() -> None:
    counts = np.tile(np.array([90, 110], np.int32), 200)
    reading = read(Capture(counts, RATE_HZ))
    assert (reading.mean_counts, reading.samples, reading.seconds) == (100.0, 400, 5.0)
    assert reading.noise_counts == pytest.approx(10.0, rel=0.01)
    assert (reading.sampling_sigma_counts, reading.swing_counts) == (0.0, 0.0)


def test_both_rails_are_saturation() -> None:
    counts = np.array([2**23 - 1, 0, -(2**23), 5], np.int32)
    assert Capture(counts, RATE_HZ).saturated_share == 0.5


@pytest.mark.parametrize("code", [0, 2**20 - 1, 2**23 - 1, -(2**23)])
def test_a_lone_failed_read_is_left_out_and_counted(code: int) -> None:
    """A board reports it as the lower rail, an Arduino sketch as whatever it clocked in."""
    cell = TrueCell()
    sound = cell.capture()
    torn = Capture(sound.counts.copy(), RATE_HZ)
    torn.counts[7] = code
    assert torn.misread_share == 1 / 400
    left = torn.without_misreads()
    assert (left.counts.size, left.lost) == (399, 1)
    assert read(left).mean_counts == pytest.approx(read(sound).mean_counts, abs=1.0)


def test_a_plate_that_reads_about_zero_has_no_misreads() -> None:
    capture = TrueCell(zero_counts=0.0, noise_g=0.01).capture()
    assert (capture.counts == 0).any()
    assert capture.misread_share == 0.0
