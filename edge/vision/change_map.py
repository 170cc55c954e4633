"""How much each place of a picture differs from another picture of it, whatever the light does.

The later picture is brought to the light of the earlier one (a gain and an offset a channel, fitted to what
has not changed), and both are compared by structure and colour::

    change = (1 - ZNCC) / 2 x texture + colour difference

where ZNCC is the zero-mean normalised cross-correlation in a small window (J. P. Lewis, Fast Normalized
Cross-Correlation, 1995), blind to what light is left over, and texture says whether there is any structure to
compare.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

WINDOW = 5
"""[px] side of the window in which structure and colour are compared."""

TEXTURE_LEVELS = 12.0
"""[levels of 255] standard deviation in a window from which its structure counts fully."""

COLOUR_LEVELS = 60.0
"""[levels of 255] difference of a channel's mean in a window that is a change by itself."""

FIT_SHARE = 0.6
"""[1] of the places, those that fit best, to which the light is fitted: goods may cover the rest."""

FIT_LEVELS, FIT_ROUNDS, FIT_EVERY = 2.0, 3, 5
"""[levels of 255, 1, px] Places nearer than this fit in any case; how often and on which places."""

GAIN_LEAST, GAIN_MOST = 0.5, 2.0


def change_map(before: Plane, after: Plane) -> Plane:
    """[height, width] how much each place differs, about 0 to 2.

    Args:
        before: [height, width, 3] levels.
        after: the same part later, aligned.
    """
    after = _same_light(before, after)
    grey_before, grey_after = grey(before), grey(after)
    mean_before, mean_after = _window_mean(grey_before), _window_mean(grey_after)
    variance_before = np.maximum(_window_mean(grey_before * grey_before) - mean_before * mean_before, 0.0)
    variance_after = np.maximum(_window_mean(grey_after * grey_after) - mean_after * mean_after, 0.0)
    covariance = _window_mean(grey_before * grey_after) - mean_before * mean_after
    zncc = covariance / np.maximum(np.sqrt(variance_before * variance_after), 1.0)
    texture = np.minimum(np.sqrt(np.maximum(variance_before, variance_after)) / TEXTURE_LEVELS, 1.0)
    red, green, blue = cv2.split(np.abs(_window_mean(before - after)))
    colour = np.maximum(np.maximum(red, green), blue) / COLOUR_LEVELS
    return np.asarray((1.0 - np.clip(zncc, -1.0, 1.0)) / 2 * texture + colour, dtype=np.float32)


def grey(picture: Plane) -> Plane:
    """[height, width, 3] -> [height, width]."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.float32)


def _window_mean(values: Plane) -> Plane:
    return np.asarray(cv2.blur(values, (WINDOW, WINDOW)), dtype=np.float32)


def _same_light(before: Plane, after: Plane) -> Plane:
    """``after`` in the light of ``before``: gain and offset a channel, least squares over what fits best."""
    x, y = (_sampled(each) for each in (after, before))
    moments = np.stack((np.ones_like(x), x, y, x * x, x * y), axis=1)  # [channel, moment, place]
    places = x.shape[1]
    middle, most = places // 2, int(FIT_SHARE * (places - 1))
    gain, offset = np.ones(3), np.partition(y - x, middle, axis=1)[:, middle]
    for _ in range(FIT_ROUNDS):
        residual = np.abs(gain[:, None].astype(np.float32) * x + offset[:, None].astype(np.float32) - y)
        within = np.partition(residual, most, axis=1)[:, most]
        fits = residual <= np.maximum(within, FIT_LEVELS)[:, None]
        count, of_x, of_y, of_xx, of_xy = (moments @ fits.astype(np.float32)[:, :, None])[:, :, 0].T.astype(
            np.float64
        )
        spread = of_xx - of_x * of_x / count
        slope = (of_xy - of_x * of_y / count) / np.maximum(spread, 1e-9)
        gain = np.where(spread > count, np.clip(slope, GAIN_LEAST, GAIN_MOST), gain)
        offset = (of_y - gain * of_x) / count
    return np.asarray(cv2.transform(after, np.column_stack((np.diag(gain), offset))), dtype=np.float32)


def _sampled(picture: Plane) -> Plane:
    """One row a channel."""
    return np.ascontiguousarray(picture[::FIT_EVERY, ::FIT_EVERY].reshape(-1, 3).T)
