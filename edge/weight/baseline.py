"""The resting level and noise of every plate of a rack, tracked only while nothing happens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.config import WeightSection
from edge.samples import Grams
from edge.weight.conditioning import Hop

GUARD_HOPS = 4
"""[hops] A hop enters the baseline only after so many more calm ones: the first touch of a slow hand is
below any threshold, and must not be taken for drift."""

NOISE_FLOOR_G = 0.2
"""[g] Least noise of a hop mean: below a 20 kg cell's own resolution (0.24 g) it is chance."""

WARM_UP_HOPS = 5
"""[hops] After so many calm hops a new plate has a level to compare with."""


class Baseline:
    """Levels and noise of a rack.

    The level follows a drift no faster than ``rest_drift_g_per_s`` and its corrections since the last
    settled change are summed, so that drift and a slow theft can be told apart (Hardy, "zero tracking":
    the tolerance is cumulative). While a plate is *held*, nothing of it is updated.

    Attributes:
        level_g: [plate] g; NaN before the first calm readings.
        noise_g: [plate] g, standard deviation of hop means around the level.
        ripple_g: [plate] g, usual spread of the samples within a hop.
        corrected_g: [plate] g, sum of corrections since the level was last set.
    """

    def __init__(self, plates: int, hop_s: float, options: WeightSection) -> None:
        self._plates, self._hop_s, self._options = plates, hop_s, options
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new baseline."""
        self.level_g: Grams = np.full(self._plates, np.nan)
        self.noise_g: Grams = np.full(self._plates, 1.0)
        self.ripple_g: Grams = np.full(self._plates, 1.0)
        self.corrected_g: Grams = np.zeros(self._plates)
        self._calm = np.zeros(self._plates, dtype=int)
        self._guard = np.full((GUARD_HOPS, self._plates), np.nan)  # calm means not yet trusted, oldest first
        self._guard_spread = np.full((GUARD_HOPS, self._plates), np.nan)

    @property
    def ready(self) -> NDArray[np.bool_]:
        """[plate] whether there is a level to compare with."""
        return np.isfinite(self.level_g) & (self._calm >= WARM_UP_HOPS)

    def update(self, hop: Hop, calm: NDArray[np.bool_]) -> None:
        """Take in one hop.

        Args:
            hop: the newest hop.
            calm: [plate] plates that are valid and undisturbed now; all others are held.
        """
        self._calm = np.where(calm, self._calm + 1, np.where(hop.valid, self._calm, 0))
        trusted, spread = self._guard[0], self._guard_spread[0]
        use = calm & np.isfinite(trusted)
        first = use & ~np.isfinite(self.level_g)
        level = np.where(first, trusted, self.level_g)
        innovation = np.where(use, trusted - level, 0.0)
        limit = self._options.rest_drift_g_per_s * self._hop_s
        young = self._calm < 4 * WARM_UP_HOPS  # a new level is averaged before it is only followed
        gain = np.where(
            young, 1.0 / np.maximum(self._calm - GUARD_HOPS + 1, 1), self._hop_s / self._options.baseline_s
        )
        step = gain * innovation
        step = np.where(young, step, np.clip(step, -limit, limit))
        self.level_g = level + step
        self.corrected_g = self.corrected_g + np.where(young, 0.0, step)
        fade = np.where(young, 0.2, self._hop_s / self._options.noise_s)
        variance = self.noise_g**2 + np.where(use, fade, 0.0) * (innovation**2 - self.noise_g**2)
        self.noise_g = np.maximum(np.sqrt(variance), NOISE_FLOOR_G)
        ripple = np.where(use, spread, self.ripple_g)
        self.ripple_g = self.ripple_g + np.where(use, fade, 0.0) * (ripple - self.ripple_g)
        self._guard = np.concatenate([self._guard[1:], np.where(calm, hop.mean_g, np.nan)[None]])
        self._guard_spread = np.concatenate(
            [self._guard_spread[1:], np.where(calm, hop.spread_g, np.nan)[None]]
        )

    def widen(self, plate: int, noise_g: float) -> None:
        """A disturbance left nothing: part of it was noise that is usual here now (somebody walks by)."""
        self.noise_g[plate] += 0.3 * max(noise_g - float(self.noise_g[plate]), 0.0)

    def set_level(self, plate: int, level_g: float) -> None:
        """A change has settled: the new level counts from here."""
        self.level_g[plate] = level_g
        self.corrected_g[plate] = 0.0
        self._guard[:, plate] = np.nan
        self._guard_spread[:, plate] = np.nan
