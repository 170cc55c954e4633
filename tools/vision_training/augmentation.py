"""Retail augmentation: what a shelf camera, its light and a hand do to the picture of a product.

Pure functions of a picture and a random generator. Nothing is mirrored: text is not.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.vision_training.hand import draw_hand

Picture = NDArray[np.uint8]  # (h, w, 3) RGB

GREY = 127
"""Fills what lies outside of a picture: the zero of the network's input."""


def augmented(rgb: Picture, size_px: int, rng: np.random.Generator) -> Picture:
    """One training view of a picture, (size_px, size_px, 3)."""
    if rng.random() < 0.15:
        rgb = several_units(rgb, rng)
    view = cropped(rgb, size_px, rng)
    if rng.random() < 0.25:
        view = draw_hand(view, rng)
    elif rng.random() < 0.3:
        view = cut_out(view, rng)
    view = lit(view, rng)
    if rng.random() < 0.3:
        view = blurred(view, rng)
    if rng.random() < 0.3:
        view = jpeg(view, rng)
    return view


def several_units(rgb: Picture, rng: np.random.Generator) -> Picture:
    """The product and a second facing of it beside, above or partly behind."""
    height, width = rgb.shape[:2]
    axis = int(rng.integers(2))
    length = (height, width)[axis]
    overlap = int(length * rng.uniform(0.0, 0.4))
    kept = rgb[overlap:] if axis == 0 else rgb[:, overlap:]
    return np.concatenate((rgb, kept), axis=axis)


def cropped(rgb: Picture, size_px: int, rng: np.random.Generator) -> Picture:
    """A turned, tilted crop of 45 to 100 % of the picture, stretched or with grey borders to a square."""
    height, width = rgb.shape[:2]
    area, aspect = rng.uniform(0.45, 1.0), np.exp(rng.uniform(-0.3, 0.3))
    crop_width = min(width, np.sqrt(height * width * area * aspect))
    crop_height = min(height, np.sqrt(height * width * area / aspect))
    centre = np.array(
        [
            rng.uniform(crop_width / 2, width - crop_width / 2 + 1e-6),
            rng.uniform(crop_height / 2, height - crop_height / 2 + 1e-6),
        ]
    )
    if rng.random() < 0.5:
        crop_width = crop_height = max(crop_width, crop_height)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (crop_width / 2, crop_height / 2)
    angle = np.deg2rad(rng.uniform(-15, 15))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners = corners @ turn + centre + rng.uniform(-0.06, 0.06, (4, 2)) * (crop_width, crop_height)
    square = np.array([[0, 0], [size_px, 0], [size_px, size_px], [0, size_px]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), square)
    border = cv2.BORDER_REFLECT_101 if rng.random() < 0.5 else cv2.BORDER_CONSTANT
    view = cv2.warpPerspective(
        rgb, matrix, (size_px, size_px), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=(GREY,) * 3
    )
    return view.astype(np.uint8, copy=False)


def lit(view: Picture, rng: np.random.Generator) -> Picture:
    """Brightness, contrast, gamma, colour cast, saturation, a gradient of light, sensor noise."""
    light = view.astype(np.float32) / 255
    light = light ** np.float32(np.exp(rng.uniform(-0.35, 0.35)))
    light *= np.exp(rng.normal(0, 0.08, 3)).astype(np.float32) * np.float32(np.exp(rng.uniform(-0.4, 0.3)))
    grey = light.mean(axis=2, keepdims=True)
    light = grey + (light - grey) * np.float32(rng.uniform(0.6, 1.35))
    middle = light.mean()
    light = middle + (light - middle) * np.float32(rng.uniform(0.75, 1.2))
    if rng.random() < 0.4:
        size = view.shape[0]
        ramp = np.linspace(-1, 1, size, dtype=np.float32)
        slope = rng.normal(0, 0.2, 2).astype(np.float32)
        light *= (1 + slope[0] * ramp[:, None] + slope[1] * ramp[None, :])[:, :, None]
    if rng.random() < 0.3:
        light += rng.standard_normal(light.shape, dtype=np.float32) * np.float32(rng.uniform(0.005, 0.04))
    return (np.clip(light, 0, 1) * 255 + 0.5).astype(np.uint8)


def blurred(view: Picture, rng: np.random.Generator) -> Picture:
    """Out of focus, moved while exposed, or taken by a camera of fewer pixels."""
    kind = rng.integers(3)
    if kind == 0:
        soft = cv2.GaussianBlur(view, (0, 0), rng.uniform(0.5, 1.8))
    elif kind == 1:
        length = int(rng.integers(3, 9))
        kernel = np.zeros((length, length), np.float32)
        angle = rng.uniform(0, np.pi)
        reach = np.array([np.cos(angle), np.sin(angle)]) * (length - 1) / 2
        start, end = (length - 1) / 2 - reach, (length - 1) / 2 + reach
        cv2.line(kernel, (round(start[0]), round(start[1])), (round(end[0]), round(end[1])), 1.0)
        soft = cv2.filter2D(view, -1, kernel / kernel.sum())
    else:
        size = view.shape[0]
        small = int(size * rng.uniform(0.35, 0.8))
        soft = cv2.resize(cv2.resize(view, (small, small), interpolation=cv2.INTER_AREA), (size, size))
    return soft.astype(np.uint8, copy=False)


def jpeg(view: Picture, rng: np.random.Generator) -> Picture:
    """As a camera's JPEG of quality 30 to 90 leaves it; channel order does not matter to it much."""
    _, data = cv2.imencode(".jpg", view, (cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 91))))
    return cv2.imdecode(data, cv2.IMREAD_COLOR).astype(np.uint8, copy=False)


def cut_out(view: Picture, rng: np.random.Generator) -> Picture:
    """A rectangle of up to a fifth of the picture hidden by something of one colour (a tag, a neighbour)."""
    size = view.shape[0]
    height, width = (int(size * each) for each in rng.uniform(0.1, 0.45, 2))
    top, left = int(rng.integers(0, size - height)), int(rng.integers(0, size - width))
    hidden = view.copy()
    hidden[top : top + height, left : left + width] = rng.integers(0, 256, 3)
    return hidden
