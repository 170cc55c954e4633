"""How the weight of one thing is shared out over the plates it stands on."""

from __future__ import annotations

import math

LEAST_G = 1.0
"""[g] Lighter totals are priced like this one: a density per gram has no bound at 0."""


def log_straddle(plates: int, total_g: float) -> float:
    """Log density of the shares that several plates show of one thing, given their total.

    Uniform over all shares: the density (k-1)! of Dirichlet(1, ..., 1), scaled to grams. 0 for one plate.

    Args:
        plates: number of plates that moved, >= 1.
        total_g: [g] what they moved together.
    """
    return math.lgamma(plates) - (plates - 1) * math.log(max(abs(total_g), LEAST_G))
