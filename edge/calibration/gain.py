"""What a gain says about the cell behind it: implied capacity, and gains that no cell has."""

from __future__ import annotations

import msgspec

from edge.samples import RAIL_HIGH

FULL_SCALE_MV_PER_V = 3.90625
"""[mV/V] Input at which an HX711 reads its rail at gain 128: 0.5 * AVDD / 128 (HX711 datasheet)."""

SENSITIVITY_MV_PER_V = (0.5, 4.0)
"""[mV/V] Rated output of load cells on the market at their nominal capacity; 1 to 3 is usual."""

TOO_STRONG = 50.0
"""[1] A cell for so many times the plate's capacity wastes the resolution that the plate needs."""


class ImpliedCapacity(msgspec.Struct, frozen=True):
    """What the gain and the zero imply."""

    rail_g: float  # [g] load at which the converter is at its end
    cell_least_g: float  # [g] nominal capacity of all cells together if they give 0.5 mV/V
    cell_most_g: float  # [g] likewise at 4 mV/V: no cell with this gain bears more


def implied_capacity(
    *, zero_counts: float, counts_per_gram: float, full_scale_mv_per_v: float = FULL_SCALE_MV_PER_V
) -> ImpliedCapacity:
    """Which cell would behave like this.

    >>> implied = implied_capacity(zero_counts=0.0, counts_per_gram=214.75)
    >>> round(implied.rail_g), round(implied.cell_least_g), round(implied.cell_most_g)
    (39062, 5000, 40000)
    """
    gain = abs(counts_per_gram)
    towards = RAIL_HIGH - zero_counts if counts_per_gram > 0 else RAIL_HIGH + zero_counts
    least, most = (share / full_scale_mv_per_v * RAIL_HIGH / gain for share in SENSITIVITY_MV_PER_V)
    return ImpliedCapacity(rail_g=max(0.0, towards) / gain, cell_least_g=least, cell_most_g=most)
