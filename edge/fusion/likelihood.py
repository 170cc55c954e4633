"""How well a weight change fits so many units of a SKU."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.config import FusionSection
from edge.planogram import Sku
from edge.samples import Grams

BROAD_G = 2000.0
"""[g] Width of the weight density when a unit's weight is not known: shop goods weigh 5 g to 2 kg."""

IMPLAUSIBLE_G = 5.0
"""[g] A catalogue weight below is more likely a typing error than a product (seen: 1.6 g for a bottle)."""


@dataclass(frozen=True, slots=True, eq=False)
class UnitWeights:
    """What one unit of each SKU weighs: N(mean, sigma^2), except that the catalogue may be wrong."""

    mean_g: Grams  # [SKU] g, 0 when unknown
    sigma_g: Grams  # [SKU] g, unit to unit
    wrong: NDArray[np.float64]  # [SKU] probability that mean_g says nothing

    @classmethod
    def of(cls, skus: Iterable[Sku], options: FusionSection) -> UnitWeights:
        """From the catalogue's entries."""
        rows = [_unit_of(sku, options) for sku in skus]
        return cls(*np.array(rows, dtype=np.float64).reshape(-1, 3).T)

    def __getitem__(self, rows: NDArray[np.intp]) -> UnitWeights:
        return UnitWeights(self.mean_g[rows], self.sigma_g[rows], self.wrong[rows])


def _unit_of(sku: Sku, options: FusionSection) -> tuple[float, float, float]:
    """(mean g, sigma g, probability that the catalogue is wrong)."""
    if sku.weight_g is None:
        return 0.0, 0.0, 1.0
    sigma_g = sku.weight_sigma_g or max(options.sku_sigma_min_g, options.sku_sigma_share * sku.weight_g)
    return sku.weight_g, sigma_g, 0.5 if sku.weight_g < IMPLAUSIBLE_G else options.catalogue_wrong


def log_density(
    delta_g: float, quantity: NDArray[np.int64], units: UnitWeights, noise_g: float, options: FusionSection
) -> NDArray[np.float64]:
    """Log of p(|total change| = ``delta_g`` | ``quantity`` units) in 1/g, [row].

    The mixture keeps a uniform floor for wrong catalogue entries, so that no measurement is impossible.

    Args:
        delta_g: [g] absolute total change.
        quantity: [row] units, >= 1.
        units: [row] weight of one unit.
        noise_g: [g] standard deviation of the measurement alone.
        options: spreads.
    """
    expected_g = quantity * units.mean_g
    sigma_g = np.sqrt(noise_g**2 + quantity * units.sigma_g**2 + (options.gain_sigma_share * expected_g) ** 2)
    z = (delta_g - expected_g) / sigma_g
    peak = (1.0 - units.wrong) * np.exp(-0.5 * z * z) / (sigma_g * math.sqrt(2.0 * math.pi))
    return np.log(peak + units.wrong / (BROAD_G * quantity))
