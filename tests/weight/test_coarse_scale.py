"""A scale that rounds to whole grams, or to five: quiet for minutes, and neither stuck nor restless."""

from __future__ import annotations

import numpy as np
import pytest

from edge.config import WeightSection
from edge.messages import SensorState
from edge.samples import RackLayout, WeightBlock
from edge.weight.rack import RackStep, RackWatch

RATE_HZ = 10.0
BLOCK = 5


def watch(grams: np.ndarray, resolution_g: float) -> tuple[RackWatch, list[RackStep]]:
    """What a rack of one plate makes of a whole signal."""
    rack = RackWatch(RackLayout("r", ("g/1/1",), RATE_HZ, resolution_g), WeightSection(), None)
    steps = []
    for start in range(0, len(grams), BLOCK):
        block = WeightBlock(
            "r", round(start / RATE_HZ * 1e9) + 10**9, 1e9 / RATE_HZ, grams[start : start + BLOCK, None]
        )
        steps += list(rack.update(block))
    return rack, steps


def rounded(grams: np.ndarray, resolution_g: float) -> np.ndarray:
    return np.round(grams / resolution_g) * resolution_g


@pytest.mark.parametrize("resolution_g", [1.0, 5.0])
def test_a_quiet_scale_repeats_itself_and_is_not_stuck(resolution_g: float) -> None:
    rack, steps = watch(np.full(600, 1000.0), resolution_g)
    assert [fault for step in steps for fault in step.faults] == []
    assert [health.state for health in rack.health()] == [SensorState.OK]
    assert watch(np.full(600, 1000.0), 0.0)[1][0].faults[0].reason == SensorState.STUCK.value


@pytest.mark.parametrize("resolution_g", [1.0, 5.0])
def test_the_last_digit_flickers_and_nothing_happens(resolution_g: float) -> None:
    level = 1000.0 + resolution_g / 2 + np.random.default_rng(3).normal(0, 0.1 * resolution_g, 1200)
    _, steps = watch(rounded(level, resolution_g), resolution_g)
    assert [change for step in steps for change in step.changes] == []


@pytest.mark.parametrize("resolution_g", [1.0, 5.0])
def test_a_pick_is_seen_to_the_step(resolution_g: float) -> None:
    level = np.concatenate([np.full(100, 1003.3), np.full(100, 1003.3 - 250.4)])
    _, steps = watch(rounded(level, resolution_g), resolution_g)
    (change,) = [change for step in steps for change in step.changes]
    assert change.delta_g == pytest.approx(-250.4, abs=resolution_g)
    assert abs(change.delta_g + 250.4) <= 3 * change.sigma_g
