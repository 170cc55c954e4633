"""Is a hand in the shelf? A cheap difference of small grey pictures; no model, works with gloves."""

from __future__ import annotations

import numpy as np

from edge.samples import NS_PER_S
from edge.vision.thumbnail import Thumbnail

MOTION_LEVELS = 10.0
"""[levels of 255] by which a pixel of a thumbnail must differ from the one before to have moved."""

MOTION_SHARE = 0.004
"""[1] of its pixels: a fingertip in a view of eight plates is 0.5 %, their noise is below 4 levels."""


class HandGate:
    """Tells calm pictures from those with motion in the access zone.

    A change of the light alone is no motion: the median difference is taken off first.

    Args:
        calm_s: [s] without motion until a picture is calm.
    """

    def __init__(self, calm_s: float) -> None:
        self._calm_ns = round(calm_s * NS_PER_S)
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new gate."""
        self._before: Thumbnail | None = None
        self._still_since_ns = 0

    def update(self, zone: Thumbnail, mono_ns: int) -> bool:
        """Whether nothing has moved for ``calm_s``.

        Args:
            zone: of the access zone: all slots and what a hand must cross to reach them.
            mono_ns: [ns] of the picture.
        """
        before, self._before = self._before, zone
        comparable = before is not None and before.shape == zone.shape
        if before is None or not comparable or moved_share(before, zone) > MOTION_SHARE:
            self._still_since_ns = mono_ns
            return False
        return mono_ns - self._still_since_ns >= self._calm_ns


def moved_share(before: Thumbnail, after: Thumbnail) -> float:
    """[1] share of pixels that differ by more than the light does."""
    difference = after - before
    difference -= np.median(difference)
    return float((np.abs(difference) > MOTION_LEVELS).mean())
