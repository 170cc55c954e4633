"""The resting level and noise of every plate of a rack, tracked only while nothing happens."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edge.config import WeightSection
from edge.samples import Grams

EPOCH_S = 0.5
"""[s] The baseline moves once an epoch. An epoch counts only when the next one is calm too: the first touch
of a slow hand is below any threshold, and must not be taken for drift."""

NOISE_FLOOR_G = 0.2
"""[g] Least noise of a hop mean: below a 20 kg cell's own resolution (0.24 g) it is chance."""

RIPPLE_FLOOR_G = 0.3
"""[g] Least ripple within a hop, likewise."""

UNKNOWN_G = 1.0
"""[g] Noise and ripple of a plate that has not been watched yet: usual on recorded plates."""

WIDEN_SHARE = 0.3
"""[1] of what a disturbance that left nothing swung beyond the known noise is taken for noise."""

WANDER_MAX = 4.0
"""[1] An epoch off its level counts as noise up to so many times its own variance, beyond as drift."""

YOUNG_EPOCHS = 4
"""[epochs] A new level is averaged so long before it is only followed."""


class Baseline:
    """Levels and noise of a rack.

    The level follows a drift no faster than ``rest_drift_g_per_s``; its corrections since it was last set are
    summed up and capped, so that a slow theft is not drift for ever (zero tracking of industrial scales: the
    tolerance is cumulative). While a plate is disturbed, nothing of it is updated.

    Attributes:
        level_g: [plate] g; NaN before the first calm epoch.
        noise_g: [plate] g, standard deviation of hop means around the level.
        ripple_g: [plate] g, usual spread of the samples within a hop.
        corrected_g: [plate] g, sum of corrections since the level was last set.
    """

    def __init__(self, plates: int, hop_s: float, options: WeightSection, resolution_g: float = 0.0) -> None:
        # Rounding to steps of q is noise of q / sqrt(12), which a quiet plate does not even show.
        self._noise_floor_g = max(NOISE_FLOOR_G, resolution_g / math.sqrt(12))
        self._plates, self._options = plates, options
        self.epoch_hops = max(2, round(EPOCH_S / hop_s))
        self._epoch_s = self.epoch_hops * hop_s
        self._drift_g = options.rest_drift_g_per_s * self._epoch_s
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new baseline."""
        self.level_g: Grams = np.full(self._plates, np.nan)
        self.noise_g: Grams = np.full(self._plates, UNKNOWN_G)
        self.ripple_g: Grams = np.full(self._plates, UNKNOWN_G)
        self.corrected_g: Grams = np.zeros(self._plates)
        self._age = np.zeros(self._plates, dtype=int)  # [epochs] in the level
        self._trusted = np.zeros(self._plates, dtype=bool)  # whether the epoch that waits was calm
        self._waiting = np.zeros((3, self._plates))  # its mean, mean square residual, ripple

    @property
    def ready(self) -> NDArray[np.bool_]:
        """[plate] whether there is a level to compare with."""
        return np.isfinite(self.level_g)

    def update(self, mean_g: Grams, spread_g: Grams, calm: NDArray[np.bool_]) -> None:
        """Take in one epoch.

        Args:
            mean_g: [hop, plate] g, hop means of the epoch.
            spread_g: [hop, plate] g, their spreads.
            calm: [plate] plates that were valid and undisturbed in all of it.
        """
        use = self._trusted & calm
        if use.all():
            self._follow(slice(None))
        elif use.any():
            self._follow(np.flatnonzero(use))
        self._trusted = calm
        hops = len(mean_g)
        centre = np.add.reduce(mean_g) / hops
        apart = mean_g - centre
        self._waiting = np.array(
            (centre, np.add.reduce(apart * apart) / hops, np.add.reduce(spread_g) / hops)
        )

    def _follow(self, use: NDArray[np.intp] | slice) -> None:
        """Move level and noise of some plates to the epoch that waited."""
        mean, square, ripple = self._waiting[:, use]
        age, level = self._age[use], self.level_g[use]
        level = np.where(np.isnan(level), mean, level)
        innovation = mean - level
        young = age < YOUNG_EPOCHS
        step = np.where(young, 1.0 / (age + 1.0), self._epoch_s / self._options.baseline_s) * innovation
        before, cap_g = self.corrected_g[use], self._options.baseline_cap_g
        bounded = np.minimum(np.maximum(step, -self._drift_g), self._drift_g)
        corrected = np.minimum(np.maximum(before + bounded, -cap_g), cap_g)
        self.level_g[use] = level + np.where(young, step, corrected - before)
        self.corrected_g[use] = np.where(young, before, corrected)
        fade = np.where(young, 0.5, self._epoch_s / self._options.noise_s)
        # What the level may not follow is no noise: else the noise would grow with it, and hide it.
        wander = np.minimum(innovation * innovation, WANDER_MAX * square)
        noise, usual = self.noise_g[use], self.ripple_g[use]
        variance = noise * noise + fade * (square + wander - noise * noise)
        self.noise_g[use] = np.maximum(np.sqrt(variance), self._noise_floor_g)
        self.ripple_g[use] = np.maximum(usual + fade * (ripple - usual), RIPPLE_FLOOR_G)
        self._age[use] = age + 1

    def set_level(self, plate: int, level_g: float) -> None:
        """A change has settled: the new level counts from here."""
        self.level_g[plate] = level_g
        self.corrected_g[plate] = 0.0
        self._age[plate] = 1  # the next calm epochs sharpen it
        self._trusted[plate] = False

    def forget(self, plate: int) -> None:
        """The plate weighs another way from here on: its level has to be found anew."""
        self.level_g[plate] = np.nan
        self.noise_g[plate] = self.ripple_g[plate] = UNKNOWN_G
        self.corrected_g[plate] = 0.0
        self._age[plate] = 0
        self._trusted[plate] = False

    def widen(self, plate: int, noise_g: float) -> None:
        """A disturbance left nothing: part of it was noise that is usual here now (somebody walks by)."""
        self.noise_g[plate] += WIDEN_SHARE * max(noise_g - float(self.noise_g[plate]), 0.0)
