"""A small grey picture of a view: enough to see that something moves, or that the camera did."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.samples import Rgb

Thumbnail = NDArray[np.float32]
"""[height, width] levels of 255."""

WIDTH_PX = 96
"""[px] at most: a hand covers some of them, a pixel's noise none."""


def thumbnail(picture: Rgb) -> Thumbnail:
    """A picture [height, width, 3], reduced; one that is smaller keeps its size.

    A quarter of the pixels is looked at, evenly: all of them took four times as long and told no better.
    """
    height, width = picture.shape[:2]
    wide = min(WIDTH_PX, width)
    high = max(1, round(height * wide / width))
    every = max(1, width // (2 * wide))
    sampled = cv2.resize(picture, (width // every, max(1, height // every)), interpolation=cv2.INTER_LINEAR)
    grey = cv2.cvtColor(sampled, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (wide, high), interpolation=cv2.INTER_AREA), dtype=np.float32)
