"""Which calm plates stand out: off their level, or rippling more than their whole rack does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.samples import Grams
from edge.weight.baseline import RIPPLE_FLOOR_G, Baseline

ONSET_RIPPLES = 6.0
"""[1] Ripple beyond so many times what the rack's motion explains is a hand's, however level the mean."""

ONSET_RIPPLE_G = 1.0
"""[g] Ripple that never counts as a hand on a calm plate."""

Flags = NDArray[np.bool_]
Columns = list[int] | slice
"""Some plates of a rack."""


class Stirring:
    """Compares hops with the baseline as it is now.

    Args:
        baseline: of the rack; read, never changed.
        onset_sigmas: [sigma] of a plate's noise that a calm hop's mean may be off.
    """

    def __init__(self, baseline: Baseline, onset_sigmas: float) -> None:
        self._baseline = baseline
        self._onset_sigmas = onset_sigmas

    def possible(self, mean_g: Grams, spread_g: Grams, usable: Flags | None) -> Flags:
        """[hop, plate] what stands out from a rack at rest: more than what does from a rack that shakes.

        Args:
            mean_g: [hop, plate] g.
            spread_g: [hop, plate] g.
            usable: [hop, plate]; ``None``: all of them.
        """
        return self._above(mean_g, spread_g, usable, slice(None), None)

    def stirred(
        self,
        mean_g: Grams,
        spread_g: Grams,
        usable: Flags | None,
        plates: Columns,
        loudness: NDArray[np.float64],
    ) -> Flags:
        """[hop, plate] what stands out though the rack shakes; only ``plates`` are judged and given."""
        judged = None if usable is None else usable[:, plates]
        return self._above(mean_g[:, plates], spread_g[:, plates], judged, plates, loudness[:, None])

    def loudness(self, spread_g: Grams) -> NDArray[np.float64]:
        """[hop] how much more than usual the whole rack ripples; at least 1 (median over its plates)."""
        if spread_g.shape[1] < 3:
            return np.ones(len(spread_g))
        usual = np.maximum(self._baseline.ripple_g, RIPPLE_FLOOR_G)
        middle = spread_g.shape[1] // 2
        return np.asarray(np.maximum(np.partition(spread_g / usual, middle, axis=1)[:, middle], 1.0))

    def _above(
        self,
        mean_g: Grams,
        spread_g: Grams,
        usable: Flags | None,
        plates: Columns,
        loudness: NDArray[np.float64] | None,
    ) -> Flags:
        baseline = self._baseline
        level_g = baseline.level_g[plates]
        off_g = self._onset_sigmas * baseline.noise_g[plates]
        ripple_g = ONSET_RIPPLES * baseline.ripple_g[plates]
        if loudness is not None:
            off_g, ripple_g = np.sqrt(loudness) * off_g, loudness * ripple_g
        with np.errstate(invalid="ignore"):
            above = np.abs(mean_g - level_g) > off_g
            above |= spread_g > ripple_g + ONSET_RIPPLE_G
        if usable is not None:
            above |= ~usable
        above &= np.isfinite(level_g)  # without a level there is nothing to compare with
        return above
