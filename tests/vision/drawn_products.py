"""Products of a few drawn shapes, pictured from several sides; and an embedder that is no model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image


class PatchEmbedder:
    """Thumbnails turned at random: what looks alike lies close together."""

    size = 96

    def __init__(self, seed: int = 0) -> None:
        self.model_sha256 = hashlib.sha256(f"patch {seed}".encode()).hexdigest()
        self._turn = np.random.default_rng(seed).normal(size=(192, self.size))

    def embed(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        small = [cv2.resize(crop, (8, 8), interpolation=cv2.INTER_AREA).reshape(-1) for crop in crops]
        vectors = (np.array(small, dtype=float) - 127.0) @ self._turn
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def picture(product: int, view: int, side: int = 96) -> NDArray[np.uint8]:
    """(side, side, 3) RGB of a label of coloured blocks, seen a little differently each time."""
    design = np.random.default_rng(1000 + product).integers(0, 256, (4, 4, 3)).astype(np.uint8)
    rng = np.random.default_rng(100_000 + 1000 * product + view)
    large = cv2.resize(design, (side + 16, side + 16), interpolation=cv2.INTER_NEAREST)
    left, top = rng.integers(0, 16, 2)
    lit = large[top : top + side, left : left + side] * rng.uniform(0.75, 1.15)
    return np.clip(lit + rng.normal(0, 8, lit.shape), 0, 255).astype(np.uint8)


def save(file: Path, product: int, view: int) -> Path:
    """That picture as a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture(product, view)).save(file)
    return file


def clusters(
    skus: int, pictures: int, *, spread: float = 1.0, size: int = 64, seed: int = 0
) -> dict[str, NDArray[np.float32]]:
    """Unit vectors (n, size) by SKU, scattered around means that are scattered around a common one.

    Along eight axes pictures of one SKU differ three times as much as along the others.
    """
    rng = np.random.default_rng(seed)
    stretch = np.ones(size)
    stretch[:8] = 3.0
    found = {}
    for sku in range(skus):
        mean = rng.normal(size=size) + 2.0
        vectors = mean + spread * stretch * rng.normal(size=(pictures, size))
        found[f"sku {sku:02}"] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return found
