"""The converter: grams become counts, whole ones, between two rails.

HX711-like (datasheet): 24 bits for +-20 mV at a gain of 128. A cell of 20 kg and 2 mV/V at 5 V gives 10 mV,
so that 2^22 counts are 20 kg: 210 counts a gram.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.store_simulator.quantities import Counts, Grams

RAIL_HIGH, RAIL_LOW = 2**23 - 1, -(2**23)
COUNTS_PER_GRAM, GAIN_SPREAD = 210.0, 6.0
ZERO_COUNTS = 400_000.0
"""[counts] of an empty plate at most: 2 kg of shelf, and what the cell is off."""


@dataclass(frozen=True, slots=True)
class Converter:
    """Zero and gain of the channels of one board."""

    zero_counts: NDArray[np.float64]  # [channel] counts of the empty plate
    counts_per_gram: NDArray[np.float64]  # [channel]; negative where the cell is mounted upside down

    @classmethod
    def made(cls, channels: int, made: np.random.Generator) -> Converter:
        """A board as it came from the bench: somebody has mounted one of its cells upside down."""
        reversed_cell = made.integers(channels)
        counts_per_gram = made.normal(COUNTS_PER_GRAM, GAIN_SPREAD, channels)
        counts_per_gram[reversed_cell] *= -1
        return cls(np.round(made.uniform(-ZERO_COUNTS, ZERO_COUNTS, channels)), counts_per_gram)

    def update(self, grams: Grams) -> Counts:
        """[n, channel] counts, rounded, and clipped where the converter saturates."""
        counts = np.round(grams * self.counts_per_gram + self.zero_counts)
        return counts.clip(RAIL_LOW, RAIL_HIGH).astype(np.int32)
