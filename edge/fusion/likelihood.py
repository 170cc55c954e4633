"""How well a weight change fits so many units of a SKU."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edge.config import FusionSection
from edge.planogram import Sku

BROAD_G = 2000.0
"""[g] Width of the weight density when a unit's weight is not known: shop goods weigh 5 g to 2 kg."""

IMPLAUSIBLE_G = 5.0
"""[g] A catalogue weight below is more likely a typing error than a product (seen: 1.6 g for a bottle)."""


@dataclass(frozen=True, slots=True)
class UnitWeight:
    """What one unit of a SKU weighs: N(mean, sigma^2), except that the catalogue may be wrong."""

    mean_g: float  # [g] 0 when unknown
    sigma_g: float  # [g] unit to unit
    wrong: float  # [1] probability that mean_g says nothing

    @classmethod
    def of(cls, sku: Sku, options: FusionSection) -> UnitWeight:
        """From the catalogue's entry."""
        if sku.weight_g is None:
            return cls(0.0, 0.0, 1.0)
        sigma_g = sku.weight_sigma_g or max(options.sku_sigma_min_g, options.sku_sigma_share * sku.weight_g)
        return cls(sku.weight_g, sigma_g, 0.5 if sku.weight_g < IMPLAUSIBLE_G else options.catalogue_wrong)


def log_density(
    delta_g: float, quantity: int, unit: UnitWeight, noise_g: float, options: FusionSection
) -> float:
    """Log of p(|total change| = ``delta_g`` | ``quantity`` units) in 1/g.

    The mixture keeps a uniform floor for wrong catalogue entries, so that no measurement is impossible.

    Args:
        delta_g: [g] absolute total change.
        quantity: units, >= 1.
        unit: weight of one unit.
        noise_g: [g] standard deviation of the measurement alone.
        options: spreads.
    """
    floor = unit.wrong / (BROAD_G * quantity)
    if unit.wrong >= 1.0:
        return math.log(floor)
    expected_g = quantity * unit.mean_g
    sigma_g = math.sqrt(
        noise_g**2 + quantity * unit.sigma_g**2 + (options.gain_sigma_share * expected_g) ** 2
    )
    z = (delta_g - expected_g) / sigma_g
    peak = (1.0 - unit.wrong) / (sigma_g * math.sqrt(2.0 * math.pi))
    return float(np.logaddexp(math.log(peak) - 0.5 * z * z, math.log(floor)))
