"""Counts to grams: polarity, rails, codes that no load makes, channels without calibration."""

from __future__ import annotations

import numpy as np
import pytest

from edge.config import CalibrationFile, ChannelCalibration
from edge.samples import NO_READING, CountBlock
from edge.weight.calibration import CountsToGrams

RAIL = 2**23


def calibrated(*channels: tuple[float, float]) -> CountsToGrams:
    return CountsToGrams(
        CalibrationFile(
            board_id="board",
            date="2024-01-01",
            channels=tuple(
                ChannelCalibration(zero_counts=zero, counts_per_gram=gain) for zero, gain in channels
            ),
        )
    )


def block_of(*rows: list[int]) -> CountBlock:
    return CountBlock("rack", 1, 12_500_000.0, np.array(rows, dtype=np.int32), lost_before=3)


def test_grams_are_counts_above_zero_over_the_gain() -> None:
    out = calibrated((-1_000.0, 210.0), (50_000.0, 200.0)).update(block_of([209_000, 50_100]))
    assert out.grams == pytest.approx(np.array([[1000.0, 0.5]]))
    assert (out.rack, out.mono_ns, out.period_ns, out.lost_before) == ("rack", 1, 12_500_000.0, 3)


def test_a_cell_mounted_upside_down_is_turned_round() -> None:
    upright, reversed_ = calibrated((1_000.0, 210.0)), calibrated((1_000.0, -210.0))
    load = [[1_000 + 210 * 500]]
    mirrored = [[1_000 - 210 * 500]]
    assert upright.update(block_of(*load)).grams == pytest.approx(reversed_.update(block_of(*mirrored)).grams)


@pytest.mark.parametrize(("gain", "rail", "grams"), [
    (210.0, RAIL - 1, np.inf), (210.0, -RAIL, -np.inf), (-210.0, RAIL - 1, -np.inf), (-210.0, -RAIL, np.inf),
])  # fmt: skip
def test_a_rail_is_infinite_with_the_sign_of_the_load(gain: float, rail: int, grams: float) -> None:
    assert calibrated((0.0, gain)).update(block_of([rail])).grams[0, 0] == grams


@pytest.mark.parametrize("code", [NO_READING, 0, 2**22 - 1, 2**21 - 1, 2**20 - 1, 2**19 - 1])
def test_codes_of_a_read_at_the_wrong_moment_are_no_weight(code: int) -> None:
    assert np.isnan(calibrated((1_000.0, 210.0)).update(block_of([code])).grams[0, 0])


def test_channels_without_calibration_are_no_weight_and_disturb_no_other() -> None:
    grams = calibrated((1_000.0, 20.0)).update(block_of([3_000, 3_000, 3_000])).grams
    assert grams[0, 0] == 100.0
    assert np.isnan(grams[0, 1:]).all()


def test_more_calibration_than_channels_is_no_harm() -> None:
    assert calibrated((1_000.0, 20.0), (0.0, 20.0)).update(block_of([3_000])).grams.tolist() == [[100.0]]
