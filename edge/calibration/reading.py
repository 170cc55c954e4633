"""What one capture says: a mean, and how well it is known although noise is not white."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge.samples import BAD_CODES, NO_READING, RAIL_HIGH, RAIL_LOW

BATCH_S = 0.5
"""[s] Means of so long are nearly independent: plates ring for tenths of a second and sway at 1.2 to 1.8 Hz
(docs/noise.md)."""

MISREAD_SHARE = 0.01
"""[1] of samples: fewer misreads are left out, more mean a fault."""

FAR = 30.0
"""[1] times the median distance from the median: 20 standard deviations of normal noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """Consecutive samples of one channel."""

    counts: NDArray[np.int32]  # [n] raw ADC counts
    rate_hz: float  # [Hz] measured
    lost: int = 0  # [samples] missing in between

    @property
    def seconds(self) -> float:
        """[s] that the samples cover."""
        return self.counts.size / self.rate_hz

    @property
    def saturated_share(self) -> float:
        """[1] of the samples that are on a rail."""
        on_rail = (self.counts >= RAIL_HIGH) | (self.counts == RAIL_LOW)
        return float(on_rail.mean()) if self.counts.size else 0.0

    @property
    def misread_share(self) -> float:
        """[1] of the samples that are no measurement."""
        return float(self._misread().mean()) if self.counts.size else 0.0

    def without_misreads(self) -> Capture:
        """The samples that are measurements; the others count as lost."""
        sound = self.counts[~self._misread()]
        return Capture(sound, self.rate_hz, self.lost + self.counts.size - sound.size)

    def _misread(self) -> NDArray[np.bool_]:
        """[n] codes of a failed read, far from all others: near them, a load gave the code by chance."""
        apart = np.abs(self.counts - np.median(self.counts))
        usual = max(1.0, float(np.median(apart)))
        failed = np.isin(self.counts, (*BAD_CODES, NO_READING, RAIL_LOW))
        return np.asarray(failed & (apart > FAR * usual))

    def batch_means(self) -> NDArray[np.float64]:
        """[batch] counts, means of consecutive stretches of ``BATCH_S``; at least two of them."""
        length = max(1, min(round(BATCH_S * self.rate_hz), self.counts.size // 2))
        batches = self.counts.size // length
        return np.asarray(self.counts[: batches * length].reshape(batches, length).mean(axis=1))


class Reading(msgspec.Struct, frozen=True):
    """A capture at rest, in numbers."""

    mean_counts: float  # [counts]
    sampling_sigma_counts: float  # [counts] standard deviation of the mean, by batch means
    noise_counts: float  # [counts] standard deviation of single samples
    swing_counts: float  # [counts] largest minus smallest batch mean
    seconds: float  # [s]
    samples: int  # [samples]


def read(capture: Capture) -> Reading:
    """Mean of a capture with the standard deviation that its noise leaves, autocorrelated or not.

    The variance of the mean is that of batch means over their number (method of batch means; Law and Kelton,
    Simulation Modeling and Analysis): averaging within a batch has used up the correlation already.
    """
    counts = capture.counts.astype(np.float64)
    means = capture.batch_means()
    return Reading(
        mean_counts=float(counts.mean()),
        sampling_sigma_counts=float(means.std(ddof=1) / np.sqrt(means.size)),
        noise_counts=float(counts.std(ddof=1)),
        swing_counts=float(np.ptp(means)),
        seconds=round(capture.seconds, 3),
        samples=counts.size,
    )
