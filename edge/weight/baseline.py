"""The resting level and noise of every plate of a rack, tracked only while nothing happens."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edge.config import WeightSection
from edge.samples import Grams
from edge.weight.kernel.library import kernel, pointer, structure

EPOCH_S = 0.5
"""[s] The baseline moves once an epoch. An epoch counts only when the next one is calm too: the first touch
of a slow hand is below any threshold, and must not be taken for drift."""

NOISE_FLOOR_G = 0.2
"""[g] Least noise of a hop mean: below a 20 kg cell's own resolution (0.24 g) it is chance."""

UNKNOWN_G = 1.0
"""[g] Noise and ripple of a plate that has not been watched yet: usual on recorded plates."""

WIDEN_SHARE = 0.3
"""[1] of what a disturbance that left nothing swung beyond the known noise is taken for noise."""


class Baseline:
    """Levels and noise of a rack; the kernel (``kernel/baseline.c``) reads and moves them.

    The level follows a drift no faster than ``rest_drift_g_per_s``; its corrections since it was last set are
    summed up and capped, so that a slow theft is not drift for ever (zero tracking of industrial scales: the
    tolerance is cumulative). While a plate is disturbed, nothing of it is updated.

    Attributes:
        level_g: [plate] g; NaN before the first calm epoch.
        noise_g: [plate] g, standard deviation of hop means around the level.
        ripple_g: [plate] g, usual spread of the samples within a hop.
        corrected_g: [plate] g, sum of corrections since the level was last set.
        state: the same for the kernel: ``struct baseline``.
    """

    def __init__(self, plates: int, hop_s: float, options: WeightSection, resolution_g: float = 0.0) -> None:
        self.epoch_hops = max(2, round(EPOCH_S / hop_s))
        self.level_g: Grams = np.empty(plates)
        self.noise_g: Grams = np.empty(plates)
        self.ripple_g: Grams = np.empty(plates)
        self.corrected_g: Grams = np.empty(plates)
        self._age = np.empty(plates, np.int64)  # [epochs] in the level
        self._trusted = np.empty(plates, np.bool_)  # whether the epoch that waits was calm
        self._waiting = np.empty((3, plates))  # its mean, mean square residual, ripple
        self._shifted = np.empty(plates, np.bool_)  # found at another level with the last epoch
        epoch_s = self.epoch_hops * hop_s
        self.state = structure(
            "baseline",
            plates=plates,
            epoch_hops=self.epoch_hops,
            epoch_s=epoch_s,
            baseline_s=options.baseline_s,
            noise_s=options.noise_s,
            drift_g=options.rest_drift_g_per_s * epoch_s,
            cap_g=options.baseline_cap_g,
            # Rounding to steps of q is noise of q / sqrt(12), which a quiet plate does not even show.
            noise_floor_g=max(NOISE_FLOOR_G, resolution_g / math.sqrt(12)),
            level_g=self.level_g,
            noise_g=self.noise_g,
            ripple_g=self.ripple_g,
            corrected_g=self.corrected_g,
            age=self._age,
            trusted=self._trusted,
            waiting_g=self._waiting[0],
            waiting_g2=self._waiting[1],
            waiting_ripple_g=self._waiting[2],
            shifted=self._shifted,
        )
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new baseline."""
        self.level_g.fill(np.nan)
        self.noise_g.fill(UNKNOWN_G)
        self.ripple_g.fill(UNKNOWN_G)
        for array in (self.corrected_g, self._age, self._trusted, self._waiting, self._shifted):
            array.fill(0)

    @property
    def ready(self) -> NDArray[np.bool_]:
        """[plate] whether there is a level to compare with."""
        return np.isfinite(self.level_g)

    def update(self, mean_g: Grams, spread_g: Grams, calm: NDArray[np.bool_]) -> None:
        """Take in one epoch.

        Args:
            mean_g: [epoch_hops, plate] g, hop means of the epoch.
            spread_g: [epoch_hops, plate] g, their spreads.
            calm: [plate] plates that were valid and undisturbed in all of it.
        """
        kernel.baseline_update(self.state, pointer(mean_g), pointer(spread_g), pointer(calm))

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
