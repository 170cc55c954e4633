"""A package's printed art: front panel and back panel side by side, composed by the family's layout."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tools.packaging.designs import ROUND, Design, Shape
from tools.packaging.grounds import painted_ground
from tools.packaging.layouts import LAYOUTS, Role, Share, paint_areas
from tools.packaging.lettering import BOLD, PLAIN, write
from tools.packaging.motifs import Art, Point, draw_motif, ellipse_points, polygon, tinted
from tools.packaging.profiles import Profile, profile_of
from tools.packaging.vocabulary import Rgb

HEIGHT_PX = 320
"""[px] of printed art over the whole height of the package."""

FRONT_ARC = 0.44
"""[1] of a round package's circumference that its front panel takes: what one sees of it from one side."""


ALIKE = 110
"""[levels] summed over red, green, blue: a picture that near to its ground needs a halo to be seen."""


@dataclass(frozen=True, slots=True)
class Label:
    """Art around a package.

    Attributes:
        art: [HEIGHT_PX, front + back, 3] RGB, read-only.
        front_px: [px] width of the front panel, which begins at column 0.
        cover: [HEIGHT_PX] 1 where the wall is printed or solid, less where one sees into the glass.
    """

    art: NDArray[np.uint8]
    front_px: int
    cover: NDArray[np.float32]


@lru_cache(maxsize=384)
def label_of(design: Design) -> Label:
    """The label of a design; drawn once, then remembered."""
    width_m, depth_m, height_m = design.size_m
    px_per_m = HEIGHT_PX / height_m
    around_m = np.pi * width_m
    front_m, back_m = (
        (FRONT_ARC * around_m, (1 - FRONT_ARC) * around_m) if design.shape in ROUND else (width_m, depth_m)
    )
    front_px, back_px = max(round(front_m * px_per_m), 24), max(round(back_m * px_per_m), 24)
    profile = profile_of(design)
    top, bottom = round((1 - profile.label[1]) * HEIGHT_PX), round((1 - profile.label[0]) * HEIGHT_PX)
    art = np.empty((HEIGHT_PX, front_px + back_px, 3), np.uint8)
    cover = np.ones(HEIGHT_PX, np.float32)
    for band in profile.bands:
        rows = slice(round((1 - band.top) * HEIGHT_PX), round((1 - band.bottom) * HEIGHT_PX))
        art[rows], cover[rows] = band.colour, band.cover
    art[top:bottom, :front_px] = _front(design, bottom - top, front_px)
    art[top:bottom, front_px:] = _back(design, bottom - top, back_px)
    _finish(design, art, front_px, profile)
    art.flags.writeable = False
    return Label(art, front_px, cover)


def _front(design: Design, height: int, width: int) -> Art:
    """The front panel, as the family's layout has it."""
    family = np.random.default_rng([7, design.family])  # the same draws for all members
    brand, layout = design.brand, LAYOUTS[design.layout]
    art = painted_ground((height, width), design.ground, brand.second, design.pattern, family)
    colours = {
        Role.GROUND: design.ground,
        Role.BRAND: brand.second,
        Role.PALE_BRAND: tinted(brand.second, 1.4),
        Role.FLAVOUR: design.accent,
        Role.PAPER: (246, 244, 238),
    }
    paint_areas(art, layout, colours)
    under = _colour_at(art, layout.brand_y)
    if family.random() < 0.5:
        _mark(art, design, (0.5 * width, layout.brand_y * height), (0.47 * width, 0.1 * height))
        under = brand.second
    ink, rim = _inks(under)
    name_box = (0.06 * width, (layout.brand_y - 0.085) * height, 0.88 * width, 0.17 * height)
    write(art, brand.name, brand.face, name_box, ink, outline=rim if brand.face.outlined else None)
    _picture(design, art, layout.room)
    ink, rim = _inks(_colour_at(art, layout.word_y))
    word_box = (0.1 * width, (layout.word_y - 0.055) * height, 0.8 * width, 0.075 * height)
    write(art, design.product, BOLD, word_box, ink, outline=rim)
    plate = (0.12 * width, (layout.word_y + 0.035) * height, 0.76 * width, 0.085 * height)
    _plate(art, plate, design.accent)
    write(art, design.flavour.word, PLAIN, _within(plate, 0.12), _inks(design.accent)[0])
    on_right, radius = family.random() < 0.5, 0.12 * min(width, height)
    if design.claim is not None:
        at = (width - 1.1 * radius if on_right else 1.1 * radius, layout.room[0] * height + 1.1 * radius)
        _badge(art, design.claim, at, radius, tinted(brand.second, 0.9))
    amount_box = (0.05 * width, 0.94 * height, 0.3 * width, 0.04 * height)
    amount = f"{25 * round(design.size_m[2] * 80)} g"
    write(art, amount, PLAIN, amount_box, _inks(_colour_at(art, 0.96))[0], align=0)
    return art


def _picture(design: Design, art: Art, room: Share) -> None:
    """The flavour's picture between two heights, smaller ones beside it where there is width."""
    height, width = art.shape[:2]
    radius = min(0.46 * (room[1] - room[0]) * height, 0.4 * width)
    centre = (0.5 * width, 0.5 * (room[0] + room[1]) * height)
    placing = np.random.default_rng([11, design.seed])
    shadow = ellipse_points((centre[0], centre[1] + 0.8 * radius), (radius, 0.2 * radius))
    under = _colour_at(art, centre[1] / height)
    if sum(abs(a - b) for a, b in zip(under, design.flavour.colour, strict=True)) < ALIKE:
        halo = tinted(under, 1.55) if sum(under) < 600 else tinted(under, 0.72)
        polygon(art, ellipse_points(centre, (1.2 * radius, 1.08 * radius)), halo)
    else:
        polygon(art, shadow, tinted(under, 0.8))
    draw_motif(art, design.flavour, centre, radius, placing)
    if design.layout % 2 and width > 3.3 * radius:
        for side in (-1, 1):
            at = (centre[0] + side * 1.2 * radius, centre[1] + 0.4 * radius)
            draw_motif(art, design.flavour, at, 0.4 * radius, placing)


def _mark(art: Art, design: Design, centre: Point, half: Point) -> None:
    """The shape behind the brand's name."""
    x, y = half
    kind, colour = design.brand.mark, design.brand.second
    if kind < 3:
        polygon(art, ellipse_points(centre, (x, y * (0.8 + 0.2 * kind))), colour)
    elif kind < 6:
        tip = 0.25 * (kind - 3)
        points = [(-x, -y), (x, -y), (x * (1 - tip), y * 0.9), (-x * (1 - tip), y * 0.9)]
        polygon(art, np.array(points) + centre, colour)
    else:
        points = [(-x, 0), (-0.8 * x, -y), (0.8 * x, -y), (x, 0), (0.8 * x, y), (-0.8 * x, y)]
        polygon(art, np.array(points) + centre, colour)


def _plate(art: Art, box: tuple[float, float, float, float], colour: Rgb) -> None:
    left, top, width, height = box
    for share, light in ((0.0, 0.75), (0.06, 1.0)):
        rim = share * height
        corners = [
            (left + rim, top + rim),
            (left + width - rim, top + rim),
            (left + width - rim, top + height - rim),
            (left + rim, top + height - rim),
        ]
        polygon(art, np.array(corners), tinted(colour, light))


def _badge(art: Art, word: str, centre: Point, radius: float, colour: Rgb) -> None:
    angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    star = radius * np.where(np.arange(32) % 2, 1.0, 0.84)
    polygon(
        art, np.column_stack((centre[0] + star * np.cos(angle), centre[1] + star * np.sin(angle))), colour
    )
    box = (centre[0] - 0.72 * radius, centre[1] - 0.4 * radius, 1.44 * radius, 0.8 * radius)
    write(art, word, BOLD, box, _inks(colour)[0])


def _back(design: Design, height: int, width: int) -> Art:
    """Side or back: the brand small, a table of nutrition, small print, a bar code."""
    rng = np.random.default_rng([13, design.seed])
    art = painted_ground((height, width), tinted(design.ground, 0.96), design.brand.second, 0, rng)
    ink, _ = _inks(design.ground)
    write(
        art,
        design.brand.name,
        design.brand.face,
        (0.08 * width, 0.04 * height, 0.84 * width, 0.1 * height),
        ink,
    )
    write(art, design.flavour.word, PLAIN, (0.1 * width, 0.15 * height, 0.8 * width, 0.05 * height), ink)
    left, right = round(0.1 * width), round(0.9 * width)
    top, bottom = round(0.26 * height), round(0.56 * height)
    art[top:bottom, left:right] = 246
    for row in np.linspace(top + 3, bottom - 3, 9).astype(int):
        art[row : row + 2, left + 3 : left + 3 + int(rng.integers(8, max(9, (right - left) // 2)))] = 60
        art[row : row + 2, right - max(3, width // 9) : right - 3] = 60
    for row in np.linspace(0.6, 0.74, 7):
        art[round(row * height), left : left + int((right - left) * rng.uniform(0.6, 1.0))] = ink
    top, bottom = round(0.79 * height), round(0.95 * height)
    art[top:bottom, left:right] = 252
    bars = np.repeat(rng.random(64) < 0.5, 2)[: max(right - left - 8, 0)]
    art[top + 4 : bottom - 6, left + 4 : left + 4 + bars.size][:, bars] = 15
    return art


def _finish(design: Design, art: Art, front_px: int, profile: Profile) -> None:
    """What is on the wall beyond the label: seams of bags, the cap of a carton."""
    if design.shape in (Shape.BAG, Shape.POUCH):
        seam = round(0.045 * HEIGHT_PX)
        edges = (
            (slice(0, seam), slice(HEIGHT_PX - seam, HEIGHT_PX))
            if design.shape is Shape.BAG
            else (slice(0, seam),)
        )
        for rows in edges:
            art[rows] = tinted(design.closure, 1.05)
            art[rows, ::4] = tinted(design.closure, 0.75)
    elif design.shape is Shape.CARTON and design.family % 3:
        centre = (0.5 * front_px, (1 - (1 + profile.shoulder) / 2) * HEIGHT_PX)
        size = 0.5 * (1 - profile.shoulder) * HEIGHT_PX * 0.7
        polygon(art, ellipse_points(centre, (size, size)), tinted(design.closure, 0.7))
        polygon(art, ellipse_points(centre, (0.85 * size, 0.85 * size)), design.closure)


def _colour_at(art: Art, down: float) -> Rgb:
    """The panel's colour at a height, as ink has to stand out from it."""
    row = art[min(int(down * art.shape[0]), art.shape[0] - 1)]
    red, green, blue = (int(v) for v in np.median(row, axis=0))
    return red, green, blue


def _inks(under: Rgb) -> tuple[Rgb, Rgb]:
    """Ink that stands out, and the rim around it."""
    luma = 0.3 * under[0] + 0.59 * under[1] + 0.11 * under[2]
    light, dark = (252, 250, 244), tinted(under, 0.25) if luma > 60 else (22, 24, 34)
    return (light, dark) if luma < 150 else (dark, light)


def _within(box: tuple[float, float, float, float], share: float) -> tuple[float, float, float, float]:
    left, top, width, height = box
    return left + share * height, top + share * height, width - 2 * share * height, height * (1 - 2 * share)
