from __future__ import annotations

import math

import pytest

from edge.straddle import LEAST_G, log_straddle


def test_one_plate_has_no_shares() -> None:
    assert log_straddle(1, -622.0) == 0.0


@pytest.mark.parametrize("total_g", [50.0, -900.0])
def test_two_plates_share_uniformly_from_none_to_all(total_g: float) -> None:
    assert math.exp(log_straddle(2, total_g)) * abs(total_g) == pytest.approx(1.0)


def test_a_further_plate_has_its_price() -> None:
    assert log_straddle(3, 500.0) == pytest.approx(math.log(2) - 2 * math.log(500.0))


def test_next_to_nothing_is_no_certainty() -> None:
    assert log_straddle(2, 0.0) == log_straddle(2, LEAST_G)
