"""How many units a weight is: for lots that staff bring, and for levels that changed while nobody looked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TypeVar

from edge.planogram import Sku

UNIT_SIGMA_MIN_G, UNIT_SIGMA_SHARE = 0.4, 0.006
"""[g, 1] Units of one SKU differ by so much, where the catalogue does not say (docs/fusion.md)."""

BATCH_SHARE = 0.004
"""[1] The mean of a delivered batch is off the catalogue's, and a plate's gain off 1, by so much of the
weight: that does not average out over the units of a lot."""

SLOW_G = 1.0
"""[g] Plates creep that much while a lot is set down."""

OTHER, OTHER_G = 0.02, 2000.0
"""[1, g] Prior that it is none of these goods, and the width of weights that other things may have."""

AROUND = 3
"""[units] Counts so far from the nearest are looked at."""

GoodsT = TypeVar("GoodsT")


def units_by_weight(
    delta_g: float, sigma_g: float, goods: Iterable[tuple[GoodsT, Sku]]
) -> Iterator[tuple[float, GoodsT, int]]:
    """Which goods, and how many units of them, weigh ``delta_g``.

    Args:
        delta_g: [g] more (positive) or less on the plates.
        sigma_g: [g] its standard deviation.
        goods: what may have come or gone, each as likely; of unknown weight: left out.

    Yields:
        (probability, goods, units with the sign of ``delta_g``); what is missing to 1 is something else.
    """
    weighed = [(each, sku, sku.weight_g) for each, sku in goods if sku.weight_g]
    found: list[tuple[float, GoodsT, int]] = []
    for each, sku, unit_g in weighed:
        nearest = round(abs(delta_g) / unit_g)
        unit_sigma_g = sku.weight_sigma_g or max(UNIT_SIGMA_MIN_G, UNIT_SIGMA_SHARE * unit_g)
        for units in range(max(1, nearest - AROUND), nearest + AROUND + 1):
            variance = sigma_g**2 + SLOW_G**2 + units * unit_sigma_g**2 + (BATCH_SHARE * units * unit_g) ** 2
            density = _normal(abs(delta_g) - units * unit_g, variance)
            found.append(((1.0 - OTHER) * density / len(weighed), each, units))
    total = OTHER / OTHER_G + math.fsum(weight for weight, _, _ in found)
    sign = 1 if delta_g > 0 else -1
    return ((weight / total, each, sign * units) for weight, each, units in found)


def _normal(apart_g: float, variance: float) -> float:
    """[1/g] density."""
    return math.exp(-0.5 * apart_g**2 / variance) / math.sqrt(2 * math.pi * variance)
