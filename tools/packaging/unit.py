"""One package, drawn into a picture as a camera sees it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.packaging.designs import Design, Shape
from tools.packaging.label import HEIGHT_PX, label_of
from tools.packaging.light import Light
from tools.packaging.pinhole import Pinhole
from tools.packaging.profiles import profile_of
from tools.packaging.solids import hit

Floats = NDArray[np.float32]
_CREASE_SIZE = 128  # [px] of a film's relief
_FILMS = 4


@dataclass(frozen=True, slots=True)
class Standing:
    """A unit of a design, and where it stands.

    Attributes:
        design: which SKU.
        at_m: middle of its base: x, y, z in the world.
        yaw_rad: turn about z; 0: its front faces negative y.
        dimmed: [1] how much light reaches it: less behind others and below a board.
        crease: which of the reliefs of a film it has.
    """

    design: Design
    at_m: tuple[float, float, float]
    yaw_rad: float = 0.0
    dimmed: float = 1.0
    crease: int = 0

    def corners_m(self) -> NDArray[np.float64]:
        """Of its bounding box: [8, 3], world."""
        width, depth, height = self.design.size_m
        cos, sin = np.cos(self.yaw_rad), np.sin(self.yaw_rad)
        x, y, z = np.meshgrid((-width / 2, width / 2), (-depth / 2, depth / 2), (0.0, height), indexing="ij")
        turned = np.stack((cos * x - sin * y, sin * x + cos * y, z), axis=-1).reshape(8, 3)
        return np.asarray(turned + self.at_m)


def box_px(unit: Standing, camera: Pinhole, margin_px: int = 2) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of a unit in the picture, not cut at its edges."""
    seen = camera.project(unit.corners_m())
    low, high = np.floor(seen.min(0)).astype(int) - margin_px, np.ceil(seen.max(0)).astype(int) + margin_px
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def draw_unit(picture: NDArray[np.uint8], unit: Standing, camera: Pinhole, light: Light) -> None:
    """Draw a unit over what is in the picture ([h, w, 3] RGB); the caller goes from back to front."""
    left, top, right, bottom = box_px(unit, camera)
    halvings = _halvings(bottom - top)
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, picture.shape[1]), min(bottom, picture.shape[0])
    if left >= right or top >= bottom:
        return
    label = label_of(unit.design)
    cos, sin = np.float32(np.cos(unit.yaw_rad)), np.float32(np.sin(unit.yaw_rad))
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], np.float32)  # package axes -> world
    rays = camera.rays((left, top, right, bottom))
    eye = ((camera.position_m - unit.at_m) @ turn).astype(np.float32)
    crinkle = _relief(unit.crease % _FILMS) if unit.design.shape in (Shape.BAG, Shape.POUCH) else None
    met = hit(unit.design, label, eye, rays @ turn, crinkle)
    scale = np.float32(0.5**halvings)
    colour = cv2.remap(
        _shrunk(unit.design, halvings),
        met.column_px * scale,
        met.row_px * scale,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    colour[met.lid] = profile_of(unit.design).lid
    normal = met.normal @ turn.T
    shade = light.diffuse(normal) * np.float32(unit.dimmed)
    gloss = np.float32(255 * unit.design.gloss * unit.dimmed) * light.mirrored(normal, rays)
    lit = np.minimum(colour * shade[..., None] + gloss[..., None], 255)
    cover = cv2.blur(met.inside.astype(np.float32), (3, 3))
    cover *= np.where(met.lid, 1, label.cover[met.row_px.astype(np.intp)])
    part = picture[top:bottom, left:right]
    part[:] = part + (lit - part) * cover[..., None]


@lru_cache(maxsize=768)
def _shrunk(design: Design, halvings: int) -> NDArray[np.uint8]:
    """The label's art, halved so often: small packages would flicker without."""
    art = label_of(design).art
    size = (max(art.shape[1] >> halvings, 1), HEIGHT_PX >> halvings)
    return np.asarray(cv2.resize(art, size, interpolation=cv2.INTER_AREA)) if halvings else art


def _halvings(seen_px: int) -> int:
    """How often the art may be halved before it is coarser than the picture."""
    return int(np.clip(np.log2(HEIGHT_PX / seen_px), 0, 4))


@lru_cache(maxsize=_FILMS)
def _relief(crease: int) -> Floats:
    """Slopes of a wrinkled film: [n, n, 2], seamless enough, about 0.1 strong."""
    rng = np.random.default_rng([19, crease])
    height = np.zeros((_CREASE_SIZE, _CREASE_SIZE), np.float32)
    for scale, strength in ((6, 1.0), (12, 0.5), (24, 0.22)):
        coarse = rng.standard_normal((scale, scale)).astype(np.float32)
        height += strength * np.abs(
            cv2.resize(coarse, (_CREASE_SIZE, _CREASE_SIZE), interpolation=cv2.INTER_CUBIC)
        )
    slopes = np.stack((cv2.Sobel(height, cv2.CV_32F, 1, 0), cv2.Sobel(height, cv2.CV_32F, 0, 1)), axis=-1)
    return np.asarray(slopes * (0.16 / slopes.std()))
