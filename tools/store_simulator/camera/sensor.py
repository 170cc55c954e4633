"""A cheap camera's sensor: light that wanders over the day, noise, a little blur, JPEG."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

NOISE_LEVELS = 2.5
"""[levels of 255] standard deviation of a pixel, usual for indoor light."""

WANDER, WANDER_S = 0.05, 70.0
"""[1, s] by which the light comes and goes, and how slowly: clouds, lamps that warm up."""

WARMER = 0.02
"""[1] of red against blue in the same time."""

BLUR_PX = 0.6
JPEG_QUALITY = 85
_NOISE_TILES = 4


class Sensor:
    """Exposes scenes; one seed, one camera."""

    def __init__(self, seed: tuple[int, ...]) -> None:
        self._rng = np.random.default_rng([*seed, 29])
        self._phase = float(self._rng.uniform(0, 2 * math.pi))
        self._noise: list[NDArray[np.int16]] = []

    def gain(self, at_s: float) -> NDArray[np.float64]:
        """[3] of red, green and blue at a moment."""
        swing = math.sin(2 * math.pi * at_s / WANDER_S + self._phase)
        slower = math.sin(2 * math.pi * at_s / (7.3 * WANDER_S))
        return (1 + WANDER * swing) * np.array([1 + WARMER * slower, 1.0, 1 - WARMER * slower])

    def jpeg(self, scene: NDArray[np.uint8], at_s: float) -> bytes:
        """The picture of a scene [h, w, 3] RGB as a JPEG file."""
        red, green, blue = self.gain(at_s)
        swap = np.array([[0, 0, blue], [0, green, 0], [red, 0, 0]])
        exposed = cv2.GaussianBlur(cv2.transform(scene, swap), (3, 3), BLUR_PX)
        noisy = cv2.add(exposed, self._tile(scene.shape), dtype=cv2.CV_8U)
        ok, data = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        assert ok, "OpenCV encodes any picture of three channels"
        return data.tobytes()

    def _tile(self, shape: tuple[int, ...]) -> NDArray[np.int16]:
        """Noise for a picture: one of a few fields, turned to another beginning each time."""
        if not self._noise:
            fields = self._rng.normal(0, NOISE_LEVELS, (_NOISE_TILES, *shape))
            self._noise = list(np.round(fields).astype(np.int16))
        field = self._noise[int(self._rng.integers(_NOISE_TILES))]
        down, right = (int(self._rng.integers(side)) for side in shape[:2])
        return np.asarray(np.roll(field, (down, right), axis=(0, 1)))
