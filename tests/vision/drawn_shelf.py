"""A shelf of plates with printed boxes on it, drawn by a few lines: textures, light, noise, a hand."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from edge.config import ViewEntry, ViewMethod, ViewPlane
from edge.planogram import Box, Facing, Planogram
from edge.samples import Rgb
from edge.vision.shelf_view import ShelfView

SIZE_PX = (640, 360)
PLATES = tuple(f"g/1/{column}" for column in range(1, 7))
CORNERS_PX = ((52.0, 70.0), (588.0, 62.0), (600.0, 300.0), (40.0, 292.0))
PLANOGRAM = Planogram(
    "drawn",
    {plate: Box((0.1 * column, 0.0, 1.0), (0.1, 0.4, 0.3)) for column, plate in enumerate(PLATES)},
    [Facing((plate,), None) for plate in PLATES],
)
ENTRY = ViewEntry(
    date="2025-01-01T00:00:00+00:00", method=ViewMethod.CLICKS, plane=ViewPlane.FRONT, plates=PLATES,
    size_px=SIZE_PX, corners_px=CORNERS_PX,
)  # fmt: skip


def view(camera: str = "cam") -> ShelfView:
    return ShelfView(camera, ENTRY, PLANOGRAM)


def label(seed: int, size: tuple[int, int] = (60, 130)) -> Rgb:
    """The front of a box: a ground colour, bands, a blob, words."""
    rng = np.random.default_rng(seed)
    width, height = size
    front = np.full((height, width, 3), rng.integers(60, 220, 3), dtype=np.uint8)
    for _ in range(5):
        top = int(rng.integers(0, height - 10))
        colour = tuple(int(each) for each in rng.integers(0, 255, 3))
        cv2.rectangle(front, (0, top), (width, top + int(rng.integers(4, 18))), colour, -1)
    centre = (int(rng.integers(15, width - 15)), int(rng.integers(20, height - 20)))
    cv2.circle(
        front, centre, int(rng.integers(8, 18)), tuple(int(each) for each in rng.integers(0, 255, 3)), -1
    )
    for row in range(4):
        word = "".join(chr(int(each)) for each in rng.integers(65, 90, 6))
        cv2.putText(front, word, (4, 25 + 28 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (250, 250, 250), 1)
    return front


def draw(
    goods: Sequence[int | None],
    *,
    noise: int = 0,
    gain: float | tuple[float, float, float] = 1.0,
    offset: float = 0.0,
    gradient: float = 0.0,
    shift_px: tuple[float, float] = (0.0, 0.0),
    hand_at: float | None = None,
    blur: float = 0.0,
    extra: Sequence[tuple[int, int, int]] = (),
) -> Rgb:
    """A picture of the shelf.

    Args:
        goods: seed of the label on each plate; None: empty.
        noise: seed of the sensor's noise.
        gain, offset: of the light.
        gradient: [1] by which the light rises across the picture.
        shift_px: of the camera.
        hand_at: [1] share of the width at which an arm reaches in from below.
        blur: [px] sigma.
        extra: (x, y, seed) of loose boxes.
    """
    width, height = SIZE_PX
    rng = np.random.default_rng(99)
    wall = rng.normal(0, 6, (height // 4, width // 4)).astype(np.float32)
    ground = 120 + cv2.resize(wall, SIZE_PX, interpolation=cv2.INTER_CUBIC)
    picture = np.repeat(ground[:, :, None], 3, axis=2)
    cv2.rectangle(picture, (20, 290), (620, 304), (70, 70, 75), -1)
    for column, seed in enumerate(goods):
        if seed is not None:
            _paste(picture, label(seed), 64 + 86 * column, 155)
    for x, y, seed in extra:
        _paste(picture, label(seed), x, y)
    if hand_at is not None:
        x = int(hand_at * width)
        cv2.line(picture, (x + 60, height), (x, 215), (205, 160, 140), 46)
        cv2.circle(picture, (x, 205), 34, (215, 170, 150), -1)
    if blur:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    move = np.array([[1, 0, shift_px[0]], [0, 1, shift_px[1]]], dtype=np.float32)
    picture = cv2.warpAffine(picture, move, SIZE_PX, borderMode=cv2.BORDER_REFLECT)
    ramp = 1 + gradient * (np.linspace(-0.5, 0.5, width)[None, :, None])
    picture = picture * np.asarray(gain) * ramp + offset
    picture += np.random.default_rng(noise).normal(0, 2.0, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _paste(picture: np.ndarray, front: Rgb, x: int, y: int) -> None:
    height, width = front.shape[:2]
    picture[y : y + height, x : x + width] = front
