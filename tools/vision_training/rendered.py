"""Rendered packaging as training pictures: goods that no photograph shows, in families of look-alikes."""

from __future__ import annotations

import numpy as np
from rich.progress import track

from tools.packaging import design, render_crop
from tools.vision_training.photos import Photo

SIZE_PX = 224
SPLIT = "rendered"


def rendered_photos(designs: int, views: int, seed: int) -> list[Photo]:
    """Pictures of the first designs, ``views`` of each; each family is drawn whole."""
    return [
        Photo(
            f"design-{index}",
            SPLIT,
            render_crop(design(index), np.random.default_rng((seed, index, view)), SIZE_PX),
        )
        for index in track(range(designs), "rendering", refresh_per_second=0.5)
        for view in range(views)
    ]
