"""Is a hand in the shelf? A cheap difference of small grey pictures; no model, works with gloves."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.samples import NS_PER_S, Rgb

CELLS_WIDE = 96
"""[cells] to which a picture is reduced: a hand covers some, a pixel's noise none."""

MOTION_LEVELS = 10.0
"""[levels of 255] by which a cell must differ from the picture before to have moved."""

MOTION_SHARE = 0.004
"""[1] of all cells: a fingertip in a view of eight plates is 0.5 %, noise of a cell below 4 levels."""


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
        self._before: NDArray[np.float32] | None = None
        self._still_since_ns = 0

    def update(self, zone: Rgb, mono_ns: int) -> bool:
        """Whether nothing has moved for ``calm_s``.

        Args:
            zone: [height, width, 3] the access zone: all slots and what a hand must cross to reach them.
            mono_ns: [ns] of the picture.
        """
        cells = _cells(zone)
        before, self._before = self._before, cells
        comparable = before is not None and before.shape == cells.shape
        if before is None or not comparable or moved_share(before, cells) > MOTION_SHARE:
            self._still_since_ns = mono_ns
            return False
        return mono_ns - self._still_since_ns >= self._calm_ns


def moved_share(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    """[1] share of cells that differ by more than the light does."""
    difference = after - before
    difference -= np.median(difference)
    return float((np.abs(difference) > MOTION_LEVELS).mean())


def _cells(zone: Rgb) -> NDArray[np.float32]:
    height, width = zone.shape[:2]
    wide = min(CELLS_WIDE, width)
    high = max(1, round(height * wide / width))
    grey = cv2.cvtColor(zone, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (wide, high), interpolation=cv2.INTER_AREA), dtype=np.float32)
