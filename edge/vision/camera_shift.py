"""Has the camera moved? The shift between two pictures of a view, by phase correlation.

Kuglin and Hines, "The Phase Correlation Image Alignment Method", 1975.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from edge.vision.thumbnail import Thumbnail

SHIFT_SHARE_MAX = 0.012
"""[1] of the view's width by which it may have moved between the pictures (1.2 px of 96)."""

RESPONSE_MIN = 0.03
"""[1] A weaker peak is no shift but another picture."""


def camera_shift(before: Thumbnail, after: Thumbnail) -> tuple[float, float] | None:
    """By how much a view has moved between two pictures of it, right and down; ``None``: it is another view.

    Args:
        before: of the whole area of the view.
        after: the same later, of the same size.

    Returns:
        [1] Shares of the area's width and height.
    """
    height, width = before.shape
    (right, down), response = cv2.phaseCorrelate(before, after, _window(width, height))
    if response < RESPONSE_MIN or np.hypot(right, down) > SHIFT_SHARE_MAX * width:
        return None
    return right / width, down / height


@lru_cache(maxsize=8)
def _window(width: int, height: int) -> Thumbnail:
    return np.asarray(cv2.createHanningWindow((width, height), cv2.CV_32F), dtype=np.float32)
