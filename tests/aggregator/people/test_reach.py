"""What positions tell: ratios to where a bystander's hand would be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.aggregator.people.reach import BYSTANDER_PER_M2, log_hand, log_head, log_lost_hand

SIGMA_M = 0.05


@pytest.mark.parametrize("density", [log_hand, log_lost_hand])
def test_a_hand_is_somewhere(density):
    """The density over the plane of the shelf front adds up to 1."""
    step_m = 1e-3
    radii = [(number + 0.5) * step_m for number in range(8000)]
    mass = sum(
        math.exp(density(radius, SIGMA_M)) * BYSTANDER_PER_M2 * 2 * math.pi * radius * step_m
        for radius in radii
    )
    assert mass == pytest.approx(1.0, abs=2e-3)


@given(st.floats(0.0, 50.0), st.floats(0.0, 50.0))
def test_nearer_is_likelier(one, other):
    near, far = sorted((one, other))
    for log_ratio in (log_hand, log_lost_hand, log_head):
        assert log_ratio(near, SIGMA_M) >= log_ratio(far, SIGMA_M)
        assert math.isfinite(log_ratio(far, SIGMA_M))


def test_a_seen_hand_tells_more_than_a_lost_one_and_that_more_than_a_head():
    assert log_hand(0.02, SIGMA_M) > log_lost_hand(0.02, SIGMA_M) > log_head(0.0, 0.35) > 0
    assert log_lost_hand(0.25, SIGMA_M) > log_hand(0.25, SIGMA_M), "a lost hand may have come from farther"
