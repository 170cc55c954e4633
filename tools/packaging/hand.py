"""A hand that reaches into the picture: a sleeve, a wrist, fingers, with light and shade of its own."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.packaging.vocabulary import Rgb

_SKINS: tuple[Rgb, ...] = (
    (241, 206, 180),
    (224, 178, 145),
    (198, 146, 110),
    (150, 102, 72),
    (104, 68, 48),
    (70, 46, 36),
)
_SLEEVES: tuple[Rgb, ...] = (
    (38, 42, 58),
    (120, 32, 38),
    (64, 78, 62),
    (200, 198, 190),
    (84, 84, 92),
    (30, 62, 110),
)
_FINGERS = ((-0.42, 0.78), (-0.16, 0.98), (0.12, 1.0), (0.38, 0.84))
"""Of a hand of half width 1: where each finger begins across the palm, and its reach."""


@dataclass(frozen=True, slots=True)
class Arm:
    """Whose hand it is."""

    skin: Rgb
    sleeve: Rgb

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Arm:
        """Somebody's."""
        return cls(_SKINS[int(rng.integers(len(_SKINS)))], _SLEEVES[int(rng.integers(len(_SLEEVES)))])


def draw_hand(
    picture: NDArray[np.uint8],
    arm: Arm,
    fingertips_px: tuple[float, float],
    elbow_px: tuple[float, float],
    breadth_px: float,
    *,
    spread: float = 0.6,
) -> None:
    """Draw a forearm and its hand over what is in the picture ([h, w, 3] RGB).

    Args:
        picture: drawn on.
        arm: colours.
        fingertips_px: where the middle finger ends.
        elbow_px: where the forearm comes from, mostly beyond the picture's edge.
        breadth_px: across the palm.
        spread: [1] of the fingers: 0 closed, 1 wide.
    """
    tips, elbow = np.array(fingertips_px, np.float64), np.array(elbow_px, np.float64)
    reach = tips - elbow
    length = max(float(np.hypot(*reach)), 1.0)
    along = reach / length
    across = np.array([-along[1], along[0]])
    knuckles, wrist = tips - along * 0.95 * breadth_px, tips - along * 2.1 * breadth_px
    skin, cloth = np.zeros(picture.shape[:2], np.uint8), np.zeros(picture.shape[:2], np.uint8)
    for offset, share in _FINGERS:
        root = knuckles + across * offset * breadth_px
        tip = root + along * share * 0.9 * breadth_px + across * offset * spread * 0.5 * breadth_px
        _limb(skin, root, tip, 0.13 * breadth_px, 0.105 * breadth_px)
    _limb(skin, wrist + along * 0.5 * breadth_px, knuckles, 0.44 * breadth_px, 0.5 * breadth_px)
    thumb = wrist + along * 0.6 * breadth_px + across * 0.4 * breadth_px
    _limb(
        skin,
        thumb,
        thumb + (along * 0.7 + across * (0.25 + 0.4 * spread)) * breadth_px,
        0.2 * breadth_px,
        0.12 * breadth_px,
    )
    _limb(
        skin,
        wrist - along * breadth_px,
        wrist + along * 0.6 * breadth_px,
        0.36 * breadth_px,
        0.4 * breadth_px,
    )
    _limb(
        cloth,
        elbow - along * breadth_px,
        wrist - along * 0.5 * breadth_px,
        0.75 * breadth_px,
        0.5 * breadth_px,
    )
    for mask, colour in ((skin, arm.skin), (cloth, arm.sleeve)):
        _lay(picture, mask, colour, breadth_px)


def _limb(
    mask: NDArray[np.uint8], a: NDArray[np.float64], b: NDArray[np.float64], from_px: float, to_px: float
) -> None:
    """A tapering limb with round ends."""
    along = (b - a) / max(float(np.hypot(*(b - a))), 1e-6)
    across = np.array([-along[1], along[0]])
    corners = np.array([a + across * from_px, b + across * to_px, b - across * to_px, a - across * from_px])
    cv2.fillPoly(mask, [np.round(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    for end, radius in ((a, from_px), (b, to_px)):
        cv2.circle(
            mask, tuple(int(v) for v in np.round(end * 16)), round(radius * 16), 255, -1, cv2.LINE_AA, 4
        )


def _lay(picture: NDArray[np.uint8], mask: NDArray[np.uint8], colour: Rgb, breadth_px: float) -> None:
    """Fill a mask with a colour that darkens towards its rim and its lower right."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    part = mask[box]
    deep = np.sqrt(
        np.minimum(
            cv2.distanceTransform((part > 127).astype(np.uint8), cv2.DIST_L2, 3) / (0.22 * breadth_px), 1
        )
    )
    slant = cv2.Sobel(cv2.GaussianBlur(deep, (0, 0), max(0.06 * breadth_px, 0.8)), cv2.CV_32F, 1, 1)
    shade = np.clip(0.62 + 0.38 * deep + 0.15 * slant, 0.4, 1.05)
    cover = part[..., None].astype(np.float32) / 255
    under = picture[box]
    under[:] = under + (np.minimum(np.array(colour, np.float32) * shade[..., None], 255) - under) * cover
