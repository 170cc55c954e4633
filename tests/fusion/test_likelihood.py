"""The weight's likelihood: a density, heavy-tailed, wider with quantity and noise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edge.config import FusionSection
from edge.fusion.likelihood import UnitWeights, log_density
from edge.planogram import Sku

OPTIONS = FusionSection()


def weighing(**catalogue: float) -> UnitWeights:
    return UnitWeights.of([Sku(sku="x", name="x", **catalogue)], OPTIONS)


JAM = weighing(weight_g=380.0)


def density(delta_g: float, quantity: int = 1, unit: UnitWeights = JAM, noise_g: float = 0.5) -> float:
    (log,) = log_density(delta_g, np.array([quantity]), unit, noise_g, OPTIONS)
    return math.exp(log)


@pytest.mark.parametrize("quantity", [1, 2, 5])
@pytest.mark.parametrize("noise_g", [0.2, 10.0])
def test_it_is_a_density(quantity: int, noise_g: float) -> None:
    at_g = np.arange(0.0, 380.0 * 6 + 400.0, 0.1)
    mass = sum(density(float(each), quantity, noise_g=noise_g) for each in at_g) * 0.1
    assert mass == pytest.approx(1.0, abs=0.01)


def test_its_peak_is_the_expected_weight() -> None:
    assert density(760.0, 2) > max(density(757.0, 2), density(763.0, 2))


def test_more_units_spread_more() -> None:
    assert density(380.0, 1) > density(760.0, 2) > density(1140.0, 3)


def test_noise_makes_a_miss_likelier_and_a_hit_less_likely() -> None:
    assert density(400.0, noise_g=15.0) > density(400.0, noise_g=0.5)
    assert density(380.0, noise_g=15.0) < density(380.0, noise_g=0.5)


def test_no_measurement_is_impossible() -> None:
    assert density(1e6, noise_g=0.1) > 0


def test_the_catalogues_own_spread_wins() -> None:
    loose = weighing(weight_g=380.0, weight_sigma_g=40.0)
    assert density(430.0, unit=loose) > density(430.0)


def test_an_unknown_weight_says_nothing() -> None:
    unknown = weighing()
    assert density(50.0, unit=unknown) == density(1_500.0, unit=unknown)


def test_an_absurd_weight_is_believed_less() -> None:
    absurd = weighing(weight_g=1.6)
    assert density(620.0, unit=absurd) > 10 * density(620.0)


def test_rows_are_judged_apart() -> None:
    both = UnitWeights.of([Sku(sku="x", name="x", weight_g=380.0), Sku(sku="y", name="y")], OPTIONS)
    found = log_density(380.0, np.array([1, 2]), both, 0.5, OPTIONS)
    assert np.exp(found) == pytest.approx([density(380.0), density(380.0, 2, weighing())])
