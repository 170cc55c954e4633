"""Counts to grams."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.config import CalibrationFile, ChannelCalibration
from edge.samples import BAD_CODES, NO_READING, RAIL_HIGH, RAIL_LOW, CountBlock, WeightBlock


class CountsToGrams:
    """Calibration of one rack: linear per channel; impossible codes become NaN.

    A code on a rail is infinite, with the sign of the weight that it stands for: the conditioner types
    the plate as saturated.

    >>> from edge.config import ChannelCalibration
    >>> file = CalibrationFile(board_id="b", date="", channels=(
    ...     ChannelCalibration(zero_counts=1000, counts_per_gram=20.0),))
    >>> block = CountBlock("r", 0, 12_500_000.0, np.array([[3000], [0]], dtype=np.int32))
    >>> CountsToGrams(file).update(block).grams.tolist()
    [[100.0], [nan]]
    """

    def __init__(self, calibration: CalibrationFile | None) -> None:
        self._calibration = calibration
        self._zero_counts: NDArray[np.float64]  # [channel] NaN: not calibrated
        self._counts_per_gram: NDArray[np.float64]
        self.reset()

    def knows(self, channel: int) -> bool:
        """Whether the channel has a calibration."""
        return channel < len(self._counts_per_gram) and bool(np.isfinite(self._counts_per_gram[channel]))

    def renew(self, channel: int, calibration: ChannelCalibration) -> None:
        """Another calibration of one channel, from the next block on."""
        more = np.full(max(0, channel + 1 - len(self._counts_per_gram)), np.nan)
        self._zero_counts = np.concatenate((self._zero_counts, more))
        self._counts_per_gram = np.concatenate((self._counts_per_gram, more))
        self._zero_counts[channel] = calibration.zero_counts
        self._counts_per_gram[channel] = calibration.counts_per_gram

    def update(self, block: CountBlock) -> WeightBlock:
        """Grams of a block. Channels without calibration come out as NaN."""
        channels = block.counts.shape[1]
        known = min(channels, self._zero_counts.size)
        grams = np.full(block.counts.shape, np.nan)
        counts = block.counts[:, :known]
        grams[:, :known] = (counts - self._zero_counts[:known]) / self._counts_per_gram[:known]
        grams[:, :known][np.isin(counts, BAD_CODES[:-1]) | (counts == NO_READING)] = np.nan
        upwards = np.sign(self._counts_per_gram[:known]) * np.inf
        grams[:, :known] = np.where(counts == RAIL_HIGH, upwards, grams[:, :known])
        grams[:, :known] = np.where(counts == RAIL_LOW, -upwards, grams[:, :known])
        return WeightBlock(block.rack, block.mono_ns, block.period_ns, grams, block.lost_before)

    def reset(self) -> None:
        """The calibration that it was made with."""
        channels = self._calibration.channels if self._calibration is not None else ()
        self._zero_counts = np.array([each.zero_counts if each else np.nan for each in channels])
        self._counts_per_gram = np.array([each.counts_per_gram if each else np.nan for each in channels])
