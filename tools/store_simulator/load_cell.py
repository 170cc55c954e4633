"""The electrical chain of a board: grams on its plates -> what its ADC counts.

HX711-like: 24 bit, 2 mV/V cells of 20 kg at gain 128 give about 210 counts/g. The noise figures are those
of the real store in the nanostore recording: white 0.3-0.7 g, and on most plates a slow sine of 1.2-1.8 Hz.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FULL_SCALE_COUNTS = (1 << 23) - 1

Grams = NDArray[np.float64]
Counts = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class LoadCells:
    """The cells of one board, as they were made: fixed for ever by the board's id."""

    zero_counts: NDArray[np.float64]  # [channel] counts of the empty plate
    counts_per_gram: NDArray[np.float64]  # [channel]; negative where the cell is mounted upside down
    noise_g: NDArray[np.float64]  # [channel] standard deviation of the white noise
    sine_g: NDArray[np.float64]  # [channel] amplitude of the slow sine
    sine_hz: NDArray[np.float64]  # [channel]
    sine_rad: NDArray[np.float64]  # [channel] phase at second 0

    @classmethod
    def of_board(cls, board_id: str, channels: int) -> LoadCells:
        """The cells that the board with this id has. Equal ids have equal cells."""
        rng = np.random.default_rng(zlib.crc32(board_id.encode()))
        reversed_cell = rng.integers(channels)
        counts_per_gram = rng.normal(210.0, 6.0, channels)
        counts_per_gram[reversed_cell] *= -1
        return cls(
            zero_counts=np.round(rng.uniform(-400_000, 400_000, channels)),
            counts_per_gram=counts_per_gram,
            noise_g=rng.uniform(0.3, 0.7, channels),
            sine_g=rng.exponential(0.35, channels).clip(0, 2.0),
            sine_hz=rng.uniform(1.2, 1.8, channels),
            sine_rad=rng.uniform(0, 2 * np.pi, channels),
        )

    def to_counts(self, load_g: Grams, at_s: NDArray[np.float64], rng: np.random.Generator) -> Counts:
        """Sample the loads.

        Args:
            load_g: [n, channel] true load in grams.
            at_s: [n] time of each sample.
            rng: source of the white noise.

        Returns:
            [n, channel] counts, clipped where the converter saturates.
        """
        sine_g = self.sine_g * np.sin(2 * np.pi * self.sine_hz * at_s[:, None] + self.sine_rad)
        noisy_g = load_g + sine_g + rng.normal(size=load_g.shape) * self.noise_g
        counts = np.round(noisy_g * self.counts_per_gram + self.zero_counts)
        return counts.clip(-FULL_SCALE_COUNTS - 1, FULL_SCALE_COUNTS).astype(np.int32)
