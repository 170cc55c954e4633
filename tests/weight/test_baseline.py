"""The level of a plate at rest: quickly there, never pulled along by a hand, its corrections bounded."""

from __future__ import annotations

import numpy as np
import pytest
from plate_signal import LOAD_G, PLATES, at_s, moved, quiet, see, taken, walking

from edge.config import WeightSection


def level_g(seen, plate: str = PLATES[1]) -> float:
    return next(health.level_g for health in seen.watch.health() if health.plate == plate)


def test_there_is_a_level_after_two_seconds() -> None:
    seen = see(quiet(2))
    assert all(health.settled for health in seen.watch.health())
    assert level_g(seen) == pytest.approx(LOAD_G, abs=1.0)


def test_before_there_is_none() -> None:
    assert not any(health.settled for health in see(quiet(0.1)).watch.health())


def test_the_level_is_the_new_one_after_a_change() -> None:
    grams = quiet(10)
    grams[:, 1] += taken(10, 5.0, -622.0)
    assert level_g(see(grams)) == pytest.approx(LOAD_G - 622.0, abs=1.0)


def test_a_press_leaves_the_level_alone() -> None:
    grams = quiet(10)
    grams[:, 1] += moved(10, [(4.0, 0.0), (4.1, 80.0), (4.5, 50.0), (4.6, 90.0), (4.7, 0.0)])
    assert level_g(see(grams)) == pytest.approx(LOAD_G, abs=0.6)


def test_the_noise_is_the_plates_own() -> None:
    calm, loud = (
        next(iter(see(quiet(30, noise_g=noise_g)).watch.health())).noise_g for noise_g in (0.5, 8.0)
    )
    assert 0.0 < calm < 1.0
    assert loud == pytest.approx(8.0 / np.sqrt(8), rel=0.5)


def test_the_noise_of_walking_is_forgotten_when_it_is_over() -> None:
    health = see(np.concatenate([walking(20), quiet(30)])).watch.health()
    assert all(each.noise_g < 1.0 for each in health)


def test_corrections_are_capped() -> None:
    """5 g/min would be followed for ever: beyond the cap it is said that something goes."""
    drift_g = -at_s(150) * 5.0 / 60.0  # 12 g in the end
    grams = quiet(150)
    grams[:, 1] += drift_g
    capped = see(grams, options=WeightSection(baseline_cap_g=4.0))
    assert {change.plate for change in capped.changes} == {PLATES[1]}
    assert sum(change.delta_g for change in capped.changes) < -2.0
    assert see(grams).changes == []
