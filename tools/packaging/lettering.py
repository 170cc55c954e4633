"""Words as masks: drawn large in one of OpenCV's fonts, then squeezed, bowed and outlined."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.packaging.designs import Face
from tools.packaging.vocabulary import Rgb

_DRAWN_PX = 72
"""[px] size at which words are drawn before they are fitted."""

PLAIN = Face(italic=False, weight=500, squeeze=1.0, arc=0.0, outlined=False)
BOLD = Face(italic=False, weight=800, squeeze=0.9, arc=0.0, outlined=False)


@lru_cache(maxsize=2)
def _font(name: str) -> cv2.FontFace:
    return cv2.FontFace(name)


def word_mask(text: str, face: Face) -> NDArray[np.uint8]:
    """A word, trimmed: [height, width] coverage 0 to 255."""
    canvas = np.zeros((2 * _DRAWN_PX, (len(text) + 2) * _DRAWN_PX, 3), np.uint8)
    font = _font("italic" if face.italic else "sans")
    cv2.putText(
        canvas, text, (_DRAWN_PX // 2, int(1.4 * _DRAWN_PX)), (255, 255, 255), font, _DRAWN_PX, face.weight
    )
    mask = canvas[..., 0]
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return np.zeros((1, 1), np.uint8)
    mask = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    mask = cv2.resize(
        mask, (max(int(mask.shape[1] * face.squeeze), 1), mask.shape[0]), interpolation=cv2.INTER_AREA
    )
    return _bowed(mask, face.arc) if face.arc else np.asarray(mask)


def _bowed(mask: NDArray[np.uint8], arc: float) -> NDArray[np.uint8]:
    height, width = mask.shape
    rise = abs(arc) * width
    columns = np.linspace(-1, 1, width, dtype=np.float32)
    offset = rise * (columns**2 if arc > 0 else 1 - columns**2)
    y, x = np.mgrid[0 : int(height + rise), 0:width].astype(np.float32)
    return np.asarray(cv2.remap(mask, x, y - offset[None, :], cv2.INTER_LINEAR, borderValue=0))


def write(
    art: NDArray[np.uint8],
    text: str,
    face: Face,
    box_px: tuple[float, float, float, float],
    ink: Rgb,
    *,
    outline: Rgb | None = None,
    align: float = 0.5,
) -> None:
    """Write a word into a box of the art as large as it fits.

    Args:
        art: [h, w, 3] drawn on.
        text: the word or words.
        face: how they are set.
        box_px: left, top, width, height.
        ink: of the letters.
        outline: a rim of this colour around them.
        align: [1] 0 left, 0.5 in the middle, 1 right.
    """
    left, top, width, height = box_px
    mask = word_mask(text, face)
    scale = min(width / mask.shape[1], height / mask.shape[0])
    fitted = (max(round(mask.shape[1] * scale), 1), max(round(mask.shape[0] * scale), 1))
    mask = np.asarray(cv2.resize(mask, fitted, interpolation=cv2.INTER_AREA))
    rim = max(round(fitted[1] * 0.08), 1) if outline is not None else 0
    mask = np.pad(mask, rim)
    x = round(left + align * (width - fitted[0])) - rim
    y = round(top + 0.5 * (height - fitted[1])) - rim
    if outline is not None:
        wide = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim + 1, 2 * rim + 1)))
        stamp(art, np.asarray(wide), x, y, outline)
    stamp(art, mask, x, y, ink)


def stamp(art: NDArray[np.uint8], mask: NDArray[np.uint8], x: int, y: int, ink: Rgb) -> None:
    """Lay ink on the art where the mask says, cut at the art's edges."""
    top, left = max(y, 0), max(x, 0)
    bottom, right = min(y + mask.shape[0], art.shape[0]), min(x + mask.shape[1], art.shape[1])
    if top >= bottom or left >= right:
        return
    cover = mask[top - y : bottom - y, left - x : right - x, None].astype(np.float32) / 255
    part = art[top:bottom, left:right]
    part[:] = (part + (np.array(ink, np.float32) - part) * cover).astype(np.uint8)
