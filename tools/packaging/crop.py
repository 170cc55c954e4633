"""A product as a shelf camera sees it: one crop of one SKU, with all that surrounds it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.packaging.designs import Design, relatives
from tools.packaging.designs import design as design_of
from tools.packaging.hand import Arm, draw_hand
from tools.packaging.lens import Lens
from tools.packaging.light import Light
from tools.packaging.motifs import tinted
from tools.packaging.pinhole import Pinhole
from tools.packaging.surroundings import Board, draw_board, draw_wall
from tools.packaging.unit import Standing, draw_unit

SMALLEST_PX = 16
ON_SHELF, HAND, COMPANY = 0.85, 0.12, 0.8
"""[1] shares of crops with a shelf around them, with a hand in them, with other goods beside them."""

STRANGERS = 64
"""Designs that stand beside: few, so that their labels are drawn once. Their seeds are beyond training's."""

_FIRST_STRANGER = 900_000


def render_crop(design: Design, rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """One crop around a product: [size_px, size_px, 3] RGB.

    Every call draws another: viewpoint, light, neighbours, units behind, hand, camera. The product's box
    takes most of the crop, off its middle as a found box would be.

    Raises:
        ValueError: ``size_px`` is below 16.
    """
    if size_px < SMALLEST_PX:
        raise ValueError(f"a crop is at least {SMALLEST_PX} px wide, found {size_px}")
    unit = Standing(design, (0.0, 0.0, 0.0), float(rng.normal(0.0, 0.22)), 1.0, int(rng.integers(100)))
    shelf = rng.random() < ON_SHELF
    camera = _camera(rng, unit, size_px, shelf=shelf)
    light = Light.drawn(rng)
    scene = np.empty((size_px, size_px, 3), np.uint8)
    draw_wall(scene, rng)
    units = [unit]
    if shelf:
        _, depth, height = design.size_m
        tone = tinted((235, 232, 225), float(rng.uniform(0.25, 1.0)))
        front = -depth / 2 - float(rng.uniform(0.0, 0.06))
        board = Board(
            -1.2,
            1.2,
            0.42,
            0.0,
            height + float(rng.uniform(0.04, 0.2)),
            tone,
            tinted(tone, float(rng.uniform(0.5, 1.2))),
        )
        draw_board(scene, board, _moved(camera, -front))
        units += _around(rng, unit)
    for each in sorted(units, key=lambda each: -np.linalg.norm(np.array(each.at_m) - camera.position_m)):
        draw_unit(scene, each, camera, light)
    if rng.random() < HAND:
        _reach_in(rng, scene, size_px)
    return _seen_small(rng, Lens.drawn(rng), scene)


def _camera(rng: np.random.Generator, unit: Standing, size_px: int, *, shelf: bool) -> Pinhole:
    width, _, height = unit.design.size_m
    distance = float(rng.uniform(0.45, 1.3))
    around, above = float(rng.normal(0.0, 0.28)), float(rng.uniform(-0.06, 0.6 if shelf else 0.4))
    around = float(np.clip(around, -0.75, 0.75))
    middle = np.array([0.0, 0.0, height / 2])
    towards = np.array([np.sin(around) * np.cos(above), -np.cos(around) * np.cos(above), np.sin(above)])
    filled = size_px * float(rng.uniform(0.68, 1.08))
    focal = filled * distance / max(width, height * np.cos(above) + 0.3 * width * np.sin(abs(above)))
    centre = tuple(size_px * (0.5 + float(v)) for v in rng.normal(0.0, 0.05, 2))
    return Pinhole.looking_at(
        middle + distance * towards, middle, float(focal), centre, float(rng.normal(0, 0.05))
    )


def _moved(camera: Pinhole, by_m: float) -> Pinhole:
    """The camera in the axes of a board whose front edge lies ``by_m`` before the origin."""
    return Pinhole(
        np.add(camera.position_m, (0.0, by_m, 0.0)), camera.axes, camera.focal_px, camera.centre_px
    )


def _around(rng: np.random.Generator, unit: Standing) -> list[Standing]:
    """More units of the SKU behind and beside it, and its neighbours, a look-alike among them at times."""
    width, depth, _ = unit.design.size_m
    units = [
        Standing(
            unit.design,
            (float(rng.normal(0, 0.006)), row * depth * 1.06, 0.0),
            float(rng.normal(0, 0.12)),
            0.8**row,
            row,
        )
        for row in range(1, int(rng.integers(1, 4)))
    ]
    for side in (-1, 1):
        if rng.random() > COMPANY:
            continue
        chance = rng.random()
        if chance < 0.35:
            other = unit.design
        elif chance < 0.55:
            other = design_of(int(rng.choice(relatives(unit.design.seed))))
        else:
            other = design_of(_FIRST_STRANGER + int(rng.integers(STRANGERS)))
        x = side * (0.5 * (width + other.size_m[0]) + float(rng.uniform(0.004, 0.04)))
        y = 0.5 * (other.size_m[1] - depth) + float(rng.uniform(-0.01, 0.04))
        yaw = float(rng.normal(0, 0.15))
        units += [
            Standing(other, (x, y + row * other.size_m[1] * 1.06, 0.0), yaw, 0.8**row, row + 7)
            for row in range(2)
        ]
    return units


def _reach_in(rng: np.random.Generator, scene: NDArray[np.uint8], size_px: int) -> None:
    tips = tuple(float(v) for v in rng.uniform((0.1, 0.35), (0.9, 0.9)) * size_px)
    elbow = (float(rng.uniform(-0.5, 1.5)) * size_px, 1.7 * size_px)
    draw_hand(
        scene,
        Arm.drawn(rng),
        tips,
        elbow,
        size_px * float(rng.uniform(0.18, 0.4)),
        spread=float(rng.random()),
    )


def _seen_small(rng: np.random.Generator, lens: Lens, scene: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Through the lens; half of the crops come from a product that was small in a wide picture."""
    size_px = scene.shape[0]
    if rng.random() < 0.5:
        return lens.taken(scene, rng)
    small = int(size_px * float(rng.uniform(0.4, 0.9)))
    seen = lens.taken(np.asarray(cv2.resize(scene, (small, small), interpolation=cv2.INTER_AREA)), rng)
    return np.asarray(cv2.resize(seen, (size_px, size_px), interpolation=cv2.INTER_LINEAR))
