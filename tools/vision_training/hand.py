"""A hand that reaches into the picture: palm and fingers as thick strokes, bare or gloved, shaded."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SKIN_HUES = (4, 16)  # OpenCV's 0..179
"""Skin of all people lies between red and orange; what differs is saturation and brightness."""


def draw_hand(view: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The picture with a hand over up to a third of it, coming from one of the borders.

    Args:
        view: (size, size, 3) RGB.
        rng: decides everything.
    """
    size = view.shape[0]
    mask = np.zeros((size, size), np.uint8)
    angle = rng.uniform(0, 2 * np.pi)
    inward = -np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-inward[1], inward[0]])
    palm = size / 2 - inward * size * rng.uniform(0.3, 0.6) + across * size * rng.uniform(-0.3, 0.3)
    palm_px = size * rng.uniform(0.14, 0.24)
    _stroke(mask, palm - inward * size, palm, 1.5 * palm_px)
    cv2.circle(mask, _point(palm), round(palm_px), 255, -1)
    for place in np.linspace(-0.75, 0.75, 4):
        root = palm + across * place * palm_px
        spread = inward + across * (place * 0.5 + rng.normal(0, 0.12))
        _stroke(mask, root, root + spread * palm_px * rng.uniform(1.0, 2.2), palm_px * 0.42)
    thumb = across * rng.choice((-1.0, 1.0)) + inward * rng.uniform(0.2, 0.9)
    _stroke(mask, palm, palm + thumb * palm_px * rng.uniform(1.0, 1.7), palm_px * 0.48)

    cover = cv2.GaussianBlur(mask, (0, 0), max(0.6, size / 250)).astype(np.float32)[:, :, None] / 255
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    shade = 0.65 + 0.35 * np.minimum(depth / (0.5 * palm_px), 1)  # the rounding of fingers
    texture = 1 + rng.normal(0, 0.03, (size, size))
    hand = _colour(rng)[None, None] * (shade * texture)[:, :, None]
    return np.clip(view * (1 - cover) + hand * cover, 0, 255).astype(np.uint8)


def _stroke(
    mask: NDArray[np.uint8], start: NDArray[np.float64], end: NDArray[np.float64], width: float
) -> None:
    cv2.line(mask, _point(start), _point(end), 255, max(1, round(width)), cv2.LINE_AA)


def _point(place: NDArray[np.float64]) -> tuple[int, int]:
    return round(float(place[0])), round(float(place[1]))


def _colour(rng: np.random.Generator) -> NDArray[np.float64]:
    """RGB 0..255 of skin, or of a glove or sleeve in one case of five."""
    if rng.random() < 0.2:
        return rng.uniform(10, 245, 3)
    hsv = np.array([[[rng.integers(*SKIN_HUES), rng.integers(40, 160), rng.integers(60, 250)]]], np.uint8)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0].astype(np.float64)
