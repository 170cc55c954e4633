"""Where things stand on a front panel: big areas of colour, brand, words, the picture's room."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tools.packaging.motifs import Art, ellipse_points, polygon
from tools.packaging.vocabulary import Rgb

Share = tuple[float, float]
"""Two shares of the panel: of its width and its height, or a top and a bottom."""


class Role(enum.Enum):
    """Whose colour an area has."""

    GROUND = enum.auto()
    BRAND = enum.auto()
    PALE_BRAND = enum.auto()
    FLAVOUR = enum.auto()
    PAPER = enum.auto()


@dataclass(frozen=True, slots=True)
class Area:
    """A polygon of one colour."""

    role: Role
    corners: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Oval:
    """An ellipse of one colour."""

    role: Role
    centre: Share
    radii: Share


@dataclass(frozen=True, slots=True)
class Layout:
    """A way to fill a front panel."""

    areas: tuple[Area | Oval, ...]
    brand_y: float  # [1] middle of the brand's name, share of the height
    word_y: float  # [1] middle of the product's name; the flavour's stands below
    room: Share  # [1] top and bottom of the picture


def _band(role: Role, top: float, bottom: float) -> Area:
    return Area(role, ((0, top), (1, top), (1, bottom), (0, bottom)))


def _inset(role: Role, share: float) -> Area:
    return Area(role, ((share, share), (1 - share, share), (1 - share, 1 - share), (share, 1 - share)))


LAYOUTS = (
    Layout((_band(Role.BRAND, 0, 0.27),), 0.135, 0.4, (0.54, 0.99)),
    Layout((Area(Role.FLAVOUR, ((0, 0.62), (1, 0.42), (1, 1), (0, 1))),), 0.14, 0.33, (0.47, 0.98)),
    Layout((Oval(Role.PALE_BRAND, (0.5, 0.56), (0.46, 0.3)),), 0.13, 0.78, (0.27, 0.71)),
    Layout((Area(Role.FLAVOUR, ((0, 0), (0.27, 0), (0.27, 1), (0, 1))),), 0.16, 0.36, (0.5, 0.98)),
    Layout((_band(Role.BRAND, 0.56, 1),), 0.66, 0.82, (0.03, 0.55)),
    Layout((Oval(Role.FLAVOUR, (0.5, 1.05), (0.85, 0.55)),), 0.15, 0.34, (0.48, 0.98)),
    Layout((_band(Role.PAPER, 0.5, 1), _band(Role.FLAVOUR, 0.485, 0.53)), 0.16, 0.34, (0.55, 0.97)),
    Layout((_inset(Role.PALE_BRAND, 0.04), _inset(Role.GROUND, 0.07)), 0.18, 0.79, (0.3, 0.72)),
)


def paint_areas(art: Art, layout: Layout, colours: Mapping[Role, Rgb]) -> None:
    """Paint a layout's areas over a panel's ground."""
    height, width = art.shape[:2]
    for area in layout.areas:
        match area:
            case Area(role, corners):
                polygon(art, np.array(corners) * (width, height), colours[role])
            case Oval(role, (x, y), (across, down)):
                rim = ellipse_points((x * width, y * height), (across * width, down * height))
                polygon(art, rim, colours[role])
