"""The plainest signal of load cells: zero, load and noise."""

from __future__ import annotations

import numpy as np


class LoadSignal:
    """Counts of plates that carry constant loads until somebody changes them.

    Args:
        channels: [channels].
        zero_counts: reading of an empty plate.
        counts_per_gram: slope of all cells.
        noise_counts: standard deviation of white noise.
        seed: of the noise.

    Attributes:
        loads_g: [g] on each channel.
    """

    def __init__(
        self,
        *,
        channels: int,
        zero_counts: float = 80_000.0,
        counts_per_gram: float = 420.0,
        noise_counts: float = 60.0,
        seed: int = 0,
    ) -> None:
        self.loads_g = [0.0] * channels
        self._zero_counts, self._counts_per_gram = zero_counts, counts_per_gram
        self._noise_counts = noise_counts
        self._noise = np.random.default_rng(seed)

    def __call__(self, sample: int) -> list[int]:
        """Counts of each channel; they do not depend on ``sample``, only on the loads."""
        noise = self._noise.normal(0.0, self._noise_counts, len(self.loads_g))
        return [
            round(self._zero_counts + load_g * self._counts_per_gram + error)
            for load_g, error in zip(self.loads_g, noise, strict=True)
        ]
