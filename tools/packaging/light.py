"""Light on packages: a lamp from above and in front, its mirror image in gloss, the dark of a shelf."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Light:
    """How a scene is lit.

    Attributes:
        towards: [3] unit vector to the lamp.
        ambient: [1] light that comes from everywhere.
        strength: [1] of the lamp; ambient + strength near 1 is well exposed.
        glare: [1] strength of the lamp's mirror image in perfect gloss.
        lamp_width: [1] half width of that image, as part of a unit sphere; its height is four times it.
    """

    towards: Floats
    ambient: float
    strength: float
    glare: float
    lamp_width: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Light:
        """Some lamp of a shop: from above, mostly from in front."""
        towards = np.array(
            [rng.uniform(-0.7, 0.7), rng.uniform(-1.2, -0.3), rng.uniform(0.3, 1.4)], np.float32
        )
        return cls(
            np.asarray(towards / np.linalg.norm(towards)),
            ambient=float(rng.uniform(0.45, 0.75)),
            strength=float(rng.uniform(0.4, 0.75)),
            glare=float(rng.uniform(0.2, 1.0)) if rng.random() < 0.7 else 0.0,
            lamp_width=float(rng.uniform(0.06, 0.2)),
        )

    def diffuse(self, normal: Floats) -> Floats:
        """Brightness of matt surfaces: normal [h, w, 3] -> [h, w], 1 = well exposed."""
        return np.asarray(self.ambient + self.strength * np.maximum(normal @ self.towards, 0))

    def mirrored(self, normal: Floats, rays: Floats) -> Floats:
        """Brightness of the lamp's image in gloss: normal and rays [h, w, 3] -> [h, w]."""
        if self.glare == 0:
            return np.zeros(normal.shape[:2], np.float32)
        reflected = rays - 2 * np.einsum("hwc,hwc->hw", rays, normal)[..., None] * normal
        aside = (reflected[..., 0] - self.towards[0]) / self.lamp_width
        above = (reflected[..., 2] - self.towards[2]) / (4 * self.lamp_width)
        facing = reflected[..., 1] < 0.3
        return np.asarray(self.glare * np.exp(-(aside * aside + above * above)) * facing)
