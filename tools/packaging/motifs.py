"""The pictures of packages: fruit, leaves, grain and the like, drawn with light and shade."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.packaging.vocabulary import Flavour, Motif, Rgb

Art = NDArray[np.uint8]
Point = tuple[float, float]
_SHIFT = 4  # fractional bits of drawn coordinates
_LEAF: Rgb = (74, 134, 46)


def draw_motif(
    art: Art, flavour: Flavour, centre_px: Point, radius_px: float, rng: np.random.Generator
) -> None:
    """Draw a flavour's picture around a centre, about so large; the generator settles its small features."""
    _DRAWN[flavour.motif](art, flavour.colour, centre_px, radius_px, rng)


def tinted(colour: Rgb, factor: float) -> Rgb:
    """Darker (below 1) or lighter (above 1, towards white)."""
    if factor <= 1:
        red, green, blue = (int(v * factor) for v in colour)
    else:
        red, green, blue = (int(v + (255 - v) * min(factor - 1, 1)) for v in colour)
    return red, green, blue


def polygon(art: Art, points: NDArray[np.float64], colour: Rgb) -> None:
    """Fill a polygon, its edges smooth: points [n, 2] px."""
    fixed = np.round(points * (1 << _SHIFT)).astype(np.int32)
    cv2.fillPoly(art, [fixed], colour, cv2.LINE_AA, _SHIFT)


def ellipse_points(
    centre: Point, radii: Point, turn_rad: float = 0.0, count: int = 40
) -> NDArray[np.float64]:
    """Points on an ellipse: [count, 2] px."""
    angle = np.linspace(0, 2 * math.pi, count, endpoint=False)
    x, y = radii[0] * np.cos(angle), radii[1] * np.sin(angle)
    cos, sin = math.cos(turn_rad), math.sin(turn_rad)
    return np.column_stack((centre[0] + cos * x - sin * y, centre[1] + sin * x + cos * y))


def _ball(art: Art, colour: Rgb, centre: Point, radii: Point, turn_rad: float = 0.0) -> None:
    """An ellipsoid lit from the upper left."""
    polygon(art, ellipse_points(centre, radii, turn_rad), tinted(colour, 0.7))
    for size, light in ((0.9, 0.87), (0.74, 1.0), (0.5, 1.12)):
        shift = (1 - size) * 0.6
        at = (centre[0] - radii[0] * shift, centre[1] - radii[1] * shift)
        polygon(art, ellipse_points(at, (radii[0] * size, radii[1] * size), turn_rad), tinted(colour, light))
    spot = (centre[0] - radii[0] * 0.42, centre[1] - radii[1] * 0.42)
    polygon(art, ellipse_points(spot, (radii[0] * 0.16, radii[1] * 0.12), turn_rad), tinted(colour, 1.7))


def _leaf(art: Art, colour: Rgb, root: Point, length: float, turn_rad: float, *, width: float = 0.42) -> None:
    along = np.linspace(0, 1, 16)
    across = width * length * np.sin(math.pi * along**0.8) / 2
    cos, sin = math.cos(turn_rad), math.sin(turn_rad)

    def placed(side: float) -> NDArray[np.float64]:
        x, y = along * length, side * across
        return np.column_stack((root[0] + cos * x - sin * y, root[1] + sin * x + cos * y))

    middle = np.column_stack((root[0] + cos * along * length, root[1] + sin * along * length))
    polygon(art, np.vstack((placed(1.0), middle[::-1])), tinted(colour, 0.78))
    polygon(art, np.vstack((placed(-1.0), middle[::-1])), tinted(colour, 1.1))


def _round_fruit(art: Art, colour: Rgb, centre: Point, radius: float, rng: np.random.Generator) -> None:
    for right, down, size in ((0.42, 0.1, 0.72), (-0.3, 0.16, 0.8)):
        at = (centre[0] + right * radius, centre[1] + down * radius)
        _ball(art, colour, at, (radius * size, radius * size * float(rng.uniform(0.86, 1.0))))
        stalk = (at[0], at[1] - radius * size * 0.8)
        _leaf(art, _LEAF, stalk, radius * 0.55, float(rng.uniform(-1.1, -0.3)))


def _citrus(art: Art, colour: Rgb, centre: Point, radius: float, rng: np.random.Generator) -> None:
    _ball(art, colour, (centre[0] - 0.35 * radius, centre[1] - 0.1 * radius), (radius * 0.75, radius * 0.72))
    at, size = (centre[0] + 0.35 * radius, centre[1] + 0.22 * radius), radius * 0.68
    polygon(art, ellipse_points(at, (size, size)), tinted(colour, 0.95))
    polygon(art, ellipse_points(at, (size * 0.9, size * 0.9)), tinted(colour, 1.8))
    turn = float(rng.uniform(0, 1))
    for segment in range(9):
        middle = turn + segment * 2 * math.pi / 9
        angles = middle + np.linspace(-0.28, 0.28, 6)
        rim = np.column_stack((at[0] + 0.82 * size * np.cos(angles), at[1] + 0.82 * size * np.sin(angles)))
        tip = [[at[0] + 0.12 * size * math.cos(middle), at[1] + 0.12 * size * math.sin(middle)]]
        polygon(art, np.vstack((rim, tip)), tinted(colour, 1.15))


def _berries(art: Art, colour: Rgb, centre: Point, radius: float, rng: np.random.Generator) -> None:
    _leaf(art, _LEAF, (centre[0], centre[1] - 0.4 * radius), radius * 0.8, float(rng.uniform(-2.6, -0.5)))
    for ring, count in ((0.62, 7), (0.3, 4), (0.0, 1)):
        for berry in range(count):
            angle = 2 * math.pi * berry / count + ring + float(rng.uniform(-0.15, 0.15))
            at = (centre[0] + ring * radius * math.cos(angle), centre[1] + ring * radius * math.sin(angle))
            _ball(art, tinted(colour, float(rng.uniform(0.85, 1.15))), at, (radius * 0.33, radius * 0.33))


def _strawberry(art: Art, colour: Rgb, centre: Point, radius: float, rng: np.random.Generator) -> None:
    for right, turn, size in ((0.45, 0.4, 0.8), (-0.25, -0.25, 1.0)):
        at = (centre[0] + right * radius, centre[1])
        angle = np.linspace(0, 2 * math.pi, 40, endpoint=False)
        x, y = (
            0.62 * size * radius * np.sin(angle) * (1 - 0.25 * np.cos(angle)),
            -0.75 * size * radius * np.cos(angle),
        )
        x *= np.where(y > 0, 1 - 0.55 * (y / (0.75 * size * radius)) ** 2, 1)
        cos, sin = math.cos(turn), math.sin(turn)
        body = np.column_stack((cos * x - sin * y, sin * x + cos * y))
        polygon(art, body + at, tinted(colour, 0.75))
        polygon(art, body * 0.86 + (at[0] - 0.06 * radius, at[1] - 0.06 * radius), colour)
        for _ in range(16):
            seed = body[int(rng.integers(40))] * float(rng.uniform(0.1, 0.8))
            polygon(
                art,
                ellipse_points((at[0] + seed[0], at[1] + seed[1]), (radius * 0.035, radius * 0.05), count=8),
                (248, 220, 120),
            )
        crown = (at[0] + sin * 0.62 * size * radius, at[1] - cos * 0.62 * size * radius)
        for leaf in range(5):
            _leaf(art, _LEAF, crown, radius * 0.4 * size, turn + math.pi * (leaf + 0.5) / 5)


def _banana(art: Art, colour: Rgb, centre: Point, radius: float, rng: np.random.Generator) -> None:
    for turn in (-0.35, 0.0, 0.35):
        angle = np.linspace(0.15 * math.pi, 0.9 * math.pi, 20) + turn
        inner, outer = radius * 0.72, radius * (0.78 + 0.32 * np.sin(np.linspace(0.1, math.pi - 0.1, 20)))
        base = np.array([centre[0], centre[1] - 0.45 * radius])
        out = base + np.column_stack((outer * np.cos(angle), outer * np.sin(angle)))
        into = base + np.column_stack((inner * np.cos(angle), inner * np.sin(angle)))
        polygon(art, np.vstack((out, into[::-1])), tinted(colour, 0.8 + 0.2 * abs(turn)))
        polygon(
            art, np.vstack((0.5 * (out + into), into[::-1])), tinted(colour, float(rng.uniform(1.05, 1.2)))
        )


def _leaves(art: Art, colour: Rgb, centre: Point, radius: float, rng: np.random.Generator) -> None:
    for turn in (-2.6, -0.55, -2.05, -1.1, -1.57):
        _leaf(
            art,
            tinted(colour, float(rng.uniform(0.8, 1.1))),
            (centre[0], centre[1] + 0.7 * radius),
            radius * 1.5,
            turn,
        )


def _beans(art: Art, colour: Rgb, centre: Point, radius: float, rng: np.random.Generator) -> None:
    for _ in range(9):
        angle, far = float(rng.uniform(0, 2 * math.pi)), radius * 0.65 * math.sqrt(float(rng.random()))
        at = (centre[0] + far * math.cos(angle), centre[1] + far * math.sin(angle))
        turn = float(rng.uniform(0, math.pi))
        _ball(art, tinted(colour, float(rng.uniform(0.85, 1.15))), at, (radius * 0.36, radius * 0.24), turn)
        polygon(art, ellipse_points(at, (radius * 0.3, radius * 0.035), turn), tinted(colour, 0.5))


def _grain(art: Art, colour: Rgb, centre: Point, radius: float, rng: np.random.Generator) -> None:
    for lean in (-0.5, 0.45, -0.05):
        for step in np.linspace(0, 1, 8):
            x = centre[0] + lean * radius * (0.3 + 1.2 * step)
            y = centre[1] + radius * (0.9 - 1.7 * step)
            for side in (-1, 1):
                turn = -math.pi / 2 + side * 0.6 + lean * 0.6
                _leaf(
                    art, tinted(colour, float(rng.uniform(0.8, 1.1))), (x, y), radius * 0.42, turn, width=0.5
                )


def _drop(art: Art, colour: Rgb, centre: Point, radius: float, rng: np.random.Generator) -> None:
    angle = np.linspace(0, 2 * math.pi, 90, endpoint=False)
    crown = 1 + 0.28 * np.sin(7 * angle + float(rng.uniform(0, 6))) * (np.sin(angle) < 0.2)
    splash = np.column_stack(
        (
            centre[0] + 0.8 * radius * crown * np.cos(angle),
            centre[1] + 0.3 * radius + 0.5 * radius * crown * np.sin(angle),
        )
    )
    polygon(art, splash, tinted(colour, 0.78))
    polygon(art, splash * 0.9 + 0.1 * np.array(centre), tinted(colour, 1.2))
    for right, up, size in ((0.0, 0.55, 0.24), (-0.5, 0.35, 0.13), (0.5, 0.42, 0.15)):
        at = (centre[0] + right * radius, centre[1] - up * radius)
        polygon(
            art,
            np.array(
                [
                    [at[0] - size * radius * 0.8, at[1]],
                    [at[0], at[1] - 2.2 * size * radius],
                    [at[0] + size * radius * 0.8, at[1]],
                ]
            ),
            colour,
        )
        _ball(art, colour, at, (size * radius, size * radius))


def _blocks(art: Art, colour: Rgb, centre: Point, radius: float, rng: np.random.Generator) -> None:
    turn = float(rng.uniform(-0.35, 0.35))
    cos, sin, size = math.cos(turn), math.sin(turn), radius * 0.42
    for row in (-1, 0, 1):
        for column in (-1, 0, 1):
            at = np.array(centre) + size * np.array([cos * column - sin * row, sin * column + cos * row])
            for share, light in ((0.49, 0.6), (0.43, 1.0), (0.28, 1.15)):
                corners = size * share * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
                turned = np.column_stack(
                    (cos * corners[:, 0] - sin * corners[:, 1], sin * corners[:, 0] + cos * corners[:, 1])
                )
                polygon(art, at + turned, tinted(colour, light))


def _chilli(art: Art, colour: Rgb, centre: Point, radius: float, rng: np.random.Generator) -> None:
    for flip in (-1.0, 1.0):
        along = np.linspace(0, 1, 18)
        x = centre[0] + flip * radius * (along - 0.5) * 1.5
        y = centre[1] + radius * (0.9 * (along - 0.4) ** 2 * 2 - 0.3 + 0.2 * flip)
        half = radius * 0.2 * np.sqrt(1 - along**2)
        polygon(
            art,
            np.vstack((np.column_stack((x, y - half)), np.column_stack((x, y + half))[::-1])),
            tinted(colour, 0.8),
        )
        polygon(
            art,
            np.vstack((np.column_stack((x, y - half)), np.column_stack((x, y))[::-1])),
            tinted(colour, 1.15),
        )
        _leaf(
            art,
            _LEAF,
            (float(x[0]), float(y[0])),
            radius * 0.35,
            math.pi if flip > 0 else float(rng.uniform(-0.4, 0.0)),
            width=0.3,
        )


def _flower(art: Art, colour: Rgb, centre: Point, radius: float, rng: np.random.Generator) -> None:
    petals = int(rng.integers(6, 11))
    for petal in range(petals):
        _leaf(art, colour, centre, radius, 2 * math.pi * petal / petals, width=0.55)
    _ball(art, (236, 176, 40), centre, (radius * 0.26, radius * 0.26))


def _wedge(art: Art, colour: Rgb, centre: Point, radius: float, rng: np.random.Generator) -> None:
    x, y = centre
    polygon(
        art,
        np.array(
            [
                [x - radius, y + 0.1 * radius],
                [x + 0.7 * radius, y - 0.7 * radius],
                [x + radius, y + 0.1 * radius],
            ]
        ),
        tinted(colour, 1.25),
    )
    polygon(
        art,
        np.array(
            [
                [x - radius, y + 0.1 * radius],
                [x + radius, y + 0.1 * radius],
                [x + radius, y + 0.7 * radius],
                [x - radius, y + 0.7 * radius],
            ]
        ),
        colour,
    )
    for _ in range(7):
        hole = (x + radius * float(rng.uniform(-0.8, 0.8)), y + radius * float(rng.uniform(0.2, 0.6)))
        polygon(art, ellipse_points(hole, (radius * 0.1, radius * 0.08), count=14), tinted(colour, 0.72))


def _fish(art: Art, colour: Rgb, centre: Point, radius: float, rng: np.random.Generator) -> None:
    x, y = centre
    tail = np.array(
        [
            [x + 0.55 * radius, y],
            [x + radius, y - 0.4 * radius],
            [x + 0.9 * radius, y],
            [x + radius, y + 0.4 * radius],
        ]
    )
    polygon(art, tail, tinted(colour, 0.75))
    _ball(art, colour, (x - 0.15 * radius, y), (radius * 0.85, radius * float(rng.uniform(0.32, 0.42))))
    polygon(
        art,
        ellipse_points((x - 0.7 * radius, y - 0.06 * radius), (radius * 0.07, radius * 0.07), count=14),
        (20, 20, 30),
    )


def _chips(art: Art, colour: Rgb, centre: Point, radius: float, rng: np.random.Generator) -> None:
    for _ in range(8):
        angle, far = float(rng.uniform(0, 2 * math.pi)), radius * 0.62 * math.sqrt(float(rng.random()))
        at = (centre[0] + far * math.cos(angle), centre[1] + far * math.sin(angle))
        turn, radii = float(rng.uniform(0, math.pi)), (radius * 0.48, radius * 0.34)
        polygon(art, ellipse_points(at, radii, turn), tinted(colour, 0.62))
        polygon(
            art,
            ellipse_points(at, (radii[0] * 0.93, radii[1] * 0.9), turn),
            tinted(colour, float(rng.uniform(0.95, 1.2))),
        )
        polygon(
            art,
            ellipse_points((at[0] - 3, at[1] - 2), (radii[0] * 0.5, radii[1] * 0.3), turn),
            tinted(colour, 1.35),
        )


_DRAWN: dict[Motif, Callable[[Art, Rgb, Point, float, np.random.Generator], None]] = {
    Motif.ROUND_FRUIT: _round_fruit,
    Motif.CITRUS: _citrus,
    Motif.BERRIES: _berries,
    Motif.STRAWBERRY: _strawberry,
    Motif.BANANA: _banana,
    Motif.LEAF: _leaves,
    Motif.BEANS: _beans,
    Motif.GRAIN: _grain,
    Motif.DROP: _drop,
    Motif.BLOCKS: _blocks,
    Motif.CHILLI: _chilli,
    Motif.FLOWER: _flower,
    Motif.WEDGE: _wedge,
    Motif.FISH: _fish,
    Motif.CHIPS: _chips,
}
