"""The silhouettes of packages: how wide a can or bottle is at each height, and of what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tools.packaging.designs import Design, Shape
from tools.packaging.motifs import tinted
from tools.packaging.vocabulary import Rgb

_STEPS = 129
_SILVER: Rgb = (196, 198, 202)


@dataclass(frozen=True, slots=True)
class Band:
    """The wall between two heights where no label covers it."""

    bottom: float  # [1] of the height
    top: float
    colour: Rgb
    cover: float = 1.0  # [1] 1 solid; less: one sees through


@dataclass(frozen=True, slots=True)
class Profile:
    """A package's wall.

    Attributes:
        radius: [_STEPS] share of the half width, bottom to top, evenly spaced in height.
        label: [1] bottom and top of the label, shares of the height.
        bands: what the rest of the wall is.
        shoulder: [1] height at which it begins to narrow (a carton's gable).
        lid: colour of what one sees from above.
    """

    radius: NDArray[np.float32]
    label: tuple[float, float]
    bands: tuple[Band, ...]
    shoulder: float
    lid: Rgb


@lru_cache(maxsize=512)
def profile_of(design: Design) -> Profile:
    """The wall of a design's package; its measures are its family's."""
    rng = np.random.default_rng([17, design.family])
    cap, juice = design.closure, design.flavour.colour
    match design.shape:
        case Shape.CAN:
            knots = [(0, 0.86), (0.03, 0.97), (0.05, 1), (0.94, 1), (0.97, 0.94), (0.985, 0.9), (1, 0.91)]
            return _profile(
                knots, (0.05, 0.945), (Band(0, 0.05, _SILVER), Band(0.945, 1, _SILVER)), lid=_SILVER
            )
        case Shape.BOTTLE:
            shoulder, neck = float(rng.uniform(0.5, 0.68)), float(rng.uniform(0.3, 0.42))
            waist = float(rng.uniform(0.9, 1.0))
            knots = [(0, 0.9), (0.025, 1), (0.2, 1), (0.35, waist), (shoulder - 0.04, 1), (shoulder, 0.99)]
            knots += [
                (0.5 * (shoulder + 0.88), 0.62 + 0.2 * neck),
                (0.88, neck),
                (0.925, neck),
                (0.93, neck + 0.05),
                (1, neck + 0.05),
            ]
            low = float(rng.uniform(0.1, 0.25))
            clear = rng.random() < 0.4
            wall = (206, 226, 234) if clear else tinted(juice, 0.85)
            glass = Band(0, 0.93, wall, 0.42 if clear else 0.88)
            return _profile(knots, (low, shoulder - 0.03), (glass, Band(0.93, 1, cap)), lid=cap)
        case Shape.JAR:
            knots = [(0, 0.9), (0.04, 1), (0.74, 1), (0.83, 0.86), (0.84, 0.93), (1, 0.93)]
            content = Band(0, 0.83, tinted(juice, 0.8), 0.92)
            return _profile(
                knots,
                (float(rng.uniform(0.06, 0.2)), 0.7),
                (content, Band(0.83, 1, cap)),
                lid=tinted(cap, 1.1),
            )
        case Shape.TUB:
            knots = [(0, float(rng.uniform(0.7, 0.85))), (0.9, 0.96), (0.91, 1), (1, 1)]
            return _profile(knots, (0.0, 0.9), (Band(0.9, 1, cap),), lid=tinted(cap, 1.15))
    shoulder = float(rng.uniform(0.76, 0.84)) if design.shape is Shape.CARTON else 1.0
    top = shoulder if design.shape is Shape.CARTON else 1.0
    return _profile(
        [(0, 1), (1, 1)], (0.0, top), (Band(top, 1, design.ground),), lid=design.ground, shoulder=shoulder
    )


def _profile(
    knots: list[tuple[float, float]],
    label: tuple[float, float],
    bands: tuple[Band, ...],
    lid: Rgb,
    shoulder: float = 1.0,
) -> Profile:
    height, radius = np.array(knots, np.float32).T
    at = np.linspace(0, 1, _STEPS, dtype=np.float32)
    smooth = np.interp(at, height, radius).astype(np.float32)
    return Profile(smooth, label, bands, shoulder, lid)
