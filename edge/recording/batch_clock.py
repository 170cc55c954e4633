"""The even clock behind batches whose timestamps jitter.

A source samples at a steady rate and stamps each batch when it is issued: about the time of the batch's
last sample, some milliseconds off. Fitting one line through (sample index, timestamp) gives every sample
its true place; a batch that never came shows as a step of the timestamps, and its samples keep their
indices, so that the clock does not shift.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

LOOK_AHEAD = 3  # [batches] a late batch is followed by punctual ones; a loss stays
LEVEL_OVER = 9  # [batches] whose median is the present lateness
WHOLE_BATCH_TOLERANCE_S = 0.06  # [s] twice the worst jitter seen (26 ms)
FIT_RATE_FROM = 50  # [batches] below, the nominal rate is better known than a fit could tell
OUTLIER_SIGMAS = 3.0  # [sigma] beyond which a timestamp does not take part in the fit
FIT_ROUNDS = 4  # the set of outliers settles after two or three


@dataclass(frozen=True, slots=True, eq=False)
class BatchClock:
    """Where every batch lies on its source's even grid of samples."""

    origin_s: float  # [s] epoch time of sample 0
    period_s: float  # [s] between samples
    first_index: NDArray[np.int64]  # [batch] index of each batch's first sample, lost ones counted
    lost_before: NDArray[np.int64]  # [batch] samples missing between the previous batch and this one

    def first_sample_s(self, batch: int) -> float:
        """Epoch time of a batch's first sample."""
        return self.origin_s + float(self.first_index[batch]) * self.period_s


def fit_batch_clock(
    timestamps_s: NDArray[np.float64], samples: NDArray[np.int64], nominal_rate_hz: float
) -> BatchClock:
    """Fit the clock of one source.

    Args:
        timestamps_s: [batch] epoch time of each batch's last sample, jittered, in order; at least one.
        samples: [batch] number of samples in each.
        nominal_rate_hz: what the source claims.
    """
    lost_before = _find_losses(timestamps_s, samples, nominal_rate_hz)
    last_index = np.cumsum(samples) - 1 + np.cumsum(lost_before)
    origin_s, period_s = _fit_line(last_index, timestamps_s, 1.0 / nominal_rate_hz)
    return BatchClock(origin_s, period_s, last_index - samples + 1, lost_before)


def _find_losses(
    timestamps_s: NDArray[np.float64], samples: NDArray[np.int64], rate_hz: float
) -> NDArray[np.int64]:
    """Samples lost before each batch: steps of the lateness that stay."""
    lateness_s = (timestamps_s - (np.cumsum(samples) - 1) / rate_hz).tolist()
    lost_before = np.zeros(len(samples), np.int64)
    recent_s: deque[float] = deque([lateness_s[0]], maxlen=LEVEL_OVER)
    lost_s = 0.0
    for batch, of_batch in enumerate(samples[1:].tolist(), 1):
        batch_s = of_batch / rate_hz
        step_s = min(lateness_s[batch : batch + LOOK_AHEAD]) - lost_s - median(recent_s)
        if step_s > batch_s / 2:
            whole = round(step_s / batch_s)
            whole_fits = abs(step_s - whole * batch_s) < WHOLE_BATCH_TOLERANCE_S
            lost_before[batch] = whole * of_batch if whole_fits else round(step_s * rate_hz)
            lost_s += float(lost_before[batch]) / rate_hz
        recent_s.append(lateness_s[batch] - lost_s)
    return lost_before


def _fit_line(
    index: NDArray[np.int64], timestamps_s: NDArray[np.float64], nominal_period_s: float
) -> tuple[float, float]:
    """(epoch time of index 0, period): least squares without the outliers."""
    start_s = float(timestamps_s[0])  # relative times keep the precision of a double
    residual_s = timestamps_s - start_s - index * nominal_period_s
    good = np.ones(len(index), np.bool_)
    slope, intercept = 0.0, float(np.median(residual_s))
    for _ in range(FIT_ROUNDS):
        if good.sum() >= FIT_RATE_FROM:
            slope, intercept = (float(part) for part in np.polyfit(index[good], residual_s[good], 1))
        else:
            intercept = float(np.median(residual_s[good]))
        off_s = np.abs(residual_s - intercept - slope * index)
        sigma_s = 1.4826 * float(np.median(off_s))  # median absolute deviation of a normal distribution
        near = off_s <= max(OUTLIER_SIGMAS * sigma_s, 1e-6)
        if np.array_equal(near, good):
            break  # the next round would find the same
        good = near
    return start_s + intercept, nominal_period_s + slope
