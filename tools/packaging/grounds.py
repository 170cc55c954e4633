"""Backgrounds of labels: bands, rays, dots, waves and gradients in the family's colours."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tools.packaging.motifs import ellipse_points, polygon, tinted
from tools.packaging.vocabulary import Rgb

Art = NDArray[np.uint8]


def painted_ground(
    size_px: tuple[int, int], ground: Rgb, second: Rgb, pattern: int, rng: np.random.Generator
) -> Art:
    """A panel's background: [h, w, 3].

    Args:
        size_px: height and width of the panel.
        ground: its colour.
        second: what the pattern mixes in.
        pattern: 0 plain, 1 gradient, 2 rays, 3 dots, 4 waves, 5 slanting stripes.
        rng: of the pattern's measures.
    """
    height_px, width_px = size_px
    light, dark = np.array(tinted(ground, 1.12), np.float32), np.array(tinted(ground, 0.86), np.float32)
    down = np.linspace(0, 1, height_px, dtype=np.float32)[:, None, None]
    art = np.broadcast_to(light + (dark - light) * down, (height_px, width_px, 3)).astype(np.uint8, order="C")
    strength = float(rng.uniform(0.15, 0.6))
    mixed: Rgb = tuple(int(g + (s - g) * strength) for g, s in zip(ground, second, strict=True))
    if pattern == 1:
        share = (down * float(rng.uniform(0.6, 1.0))) ** float(rng.uniform(0.7, 2.5))
        art = (art + (np.array(second, np.float32) - art) * share).astype(np.uint8, order="C")
    elif pattern == 2:
        centre = (width_px * 0.5, height_px * float(rng.uniform(0.3, 0.9)))
        count, far = int(rng.integers(8, 18)), 2.0 * max(height_px, width_px)
        for ray in range(count):
            a, b = (2 * math.pi * (ray + part) / count for part in (0.0, 0.5))
            rim = [[centre[0] + far * math.cos(t), centre[1] + far * math.sin(t)] for t in (a, b)]
            polygon(art, np.array([centre, *rim]), mixed)
    elif pattern == 3:
        step = float(rng.uniform(18, 44))
        radius = step * float(rng.uniform(0.15, 0.36))
        for row in range(int(height_px / step) + 1):
            for column in range(int(width_px / step) + 2):
                at = ((column + 0.5 * (row % 2)) * step, (row + 0.5) * step)
                polygon(art, ellipse_points(at, (radius, radius), count=16), mixed)
    elif pattern == 4:
        x = np.linspace(0, width_px, 40)
        phase, swing, beats = rng.uniform(0, 6), rng.uniform(6, 22), rng.uniform(0.6, 2.0)
        for edge in np.arange(float(rng.uniform(0.1, 0.5)), 1.0, float(rng.uniform(0.12, 0.3))):
            y = edge * height_px + swing * np.sin(2 * math.pi * beats * x / width_px + phase)
            band = float(rng.uniform(0.03, 0.1)) * height_px
            polygon(art, np.vstack((np.column_stack((x, y)), np.column_stack((x, y + band))[::-1])), mixed)
    elif pattern == 5:
        step, lean = float(rng.uniform(20, 70)), float(rng.uniform(-0.8, 0.8)) * height_px
        for left in np.arange(-height_px, width_px + height_px, step):
            stripe = [
                [left, 0],
                [left + step / 2, 0],
                [left + step / 2 + lean, height_px],
                [left + lean, height_px],
            ]
            polygon(art, np.array(stripe), mixed)
    return art
