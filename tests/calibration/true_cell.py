"""A load cell whose truth a test knows: gain, zero, bend, noise that is not white, weights that are off."""

from __future__ import annotations

import numpy as np

from edge.calibration.reading import Capture
from edge.calibration.weights import KnownWeight, Load

RATE_HZ = 80.0
CORRELATED_SAMPLES = 60


class TrueCell:
    """Answers with captures.

    Args:
        seed: of everything random.
        zero_counts, counts_per_gram: of the empty plate, and of one gram.
        bend: [1/g] share by which one more gram raises the gain.
        noise_g: [g] standard deviation of a sample.
        correlation: [1] between neighbouring samples.
        sine_g: [g] amplitude of a slow sway of 1.5 Hz, with a new phase in every capture.
        placing_g: [g] standard deviation of putting the same weight on again.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        zero_counts: float = 50_000.0,
        counts_per_gram: float = 210.0,
        bend: float = 0.0,
        noise_g: float = 0.3,
        correlation: float = 0.0,
        sine_g: float = 0.0,
        placing_g: float = 0.0,
    ) -> None:
        self.rng = np.random.default_rng(seed)
        self.zero_counts, self.counts_per_gram, self.bend = zero_counts, counts_per_gram, bend
        self.noise_g, self.sine_g, self.placing_g = noise_g, sine_g, placing_g
        taps = correlation ** np.arange(CORRELATED_SAMPLES)
        self._taps = taps / np.sqrt(np.sum(taps**2))
        self._errors_g: dict[KnownWeight, float] = {}

    def answer(self, mass_g: float) -> float:
        """[counts] without noise."""
        return self.zero_counts + self.counts_per_gram * mass_g * (1 + self.bend * mass_g)

    def true_mass_g(self, load: Load) -> float:
        """[g] what the weights really have: each is off within its tolerance, always the same."""
        for weight in load.weights:
            if weight not in self._errors_g:
                self._errors_g[weight] = self.rng.uniform(-1, 1) * weight.tolerance_g
        return load.nominal_g + sum(self._errors_g[weight] for weight in load.weights)

    def capture(self, mass_g: float = 0.0, *, seconds: float = 5.0, moving_g: float = 0.0) -> Capture:
        """So many grams on the plate; ``moving_g`` is how far the load runs away meanwhile."""
        samples = round(seconds * RATE_HZ)
        at_s = np.arange(samples) / RATE_HZ
        white = self.rng.normal(size=samples + CORRELATED_SAMPLES - 1)
        noise_g = self.noise_g * np.convolve(white, self._taps, mode="valid")
        noise_g += self.sine_g * np.sin(2 * np.pi * (1.5 * at_s + self.rng.uniform()))
        if mass_g:
            noise_g += self.placing_g * self.rng.normal()
        noise_g += moving_g * at_s / seconds
        counts = self.answer(mass_g) + self.counts_per_gram * noise_g
        return Capture(np.round(counts).clip(-(2**23), 2**23 - 1).astype(np.int32), RATE_HZ)

    def put(self, load: Load, *, seconds: float = 5.0) -> Capture:
        """A load of weights as they are."""
        return self.capture(self.true_mass_g(load), seconds=seconds)
