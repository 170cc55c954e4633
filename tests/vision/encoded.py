"""Encoded pictures of every kind that people hand over."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def scene(height: int = 60, width: int = 80) -> np.ndarray:
    """An RGB picture with a red left half, a green right one, and a gradient downwards."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[:, : width // 2, 0] = 220
    rgb[:, width // 2 :, 1] = 220
    rgb[..., 2] = np.linspace(0, 120, height).astype(np.uint8)[:, None]
    return rgb


def encoded(picture: Image.Image | np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    """Bytes of a picture file."""
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
