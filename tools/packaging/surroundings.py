"""What is around goods on a shelf: board, back wall, price rail; or a plain wall where one enrols them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.packaging.lettering import BOLD, write
from tools.packaging.motifs import tinted
from tools.packaging.pinhole import Pinhole
from tools.packaging.vocabulary import Rgb

Picture = NDArray[np.uint8]
RAIL_M = 0.04
"""[m] height of the price rail below the board's front edge."""


@dataclass(frozen=True, slots=True)
class Board:
    """One shelf board: its front edge lies at y = 0.

    Attributes:
        left_m: where it begins.
        right_m: where it ends.
        depth_m: front to back.
        level_m: z of its upper face.
        headroom_m: to the board above.
        colour: of board and wall.
        rail: of the price rail.
        prices_m: x of the middles of price tags.
    """

    left_m: float
    right_m: float
    depth_m: float
    level_m: float
    headroom_m: float
    colour: Rgb
    rail: Rgb
    prices_m: tuple[float, ...] = ()


def draw_board(picture: Picture, board: Board, camera: Pinhole) -> None:
    """Draw a board, the wall behind it and the dark under the board above."""
    left, right, depth, z = board.left_m, board.right_m, board.depth_m, board.level_m
    top = z + board.headroom_m
    quad(
        picture,
        camera,
        [(left, depth, z), (right, depth, z), (right, depth, top), (left, depth, top)],
        tinted(board.colour, 0.5),
    )
    dark = z + 0.7 * board.headroom_m
    quad(
        picture,
        camera,
        [(left, depth, dark), (right, depth, dark), (right, depth, top), (left, depth, top)],
        tinted(board.colour, 0.38),
    )
    for near, far, light in ((0.0, 0.25, 0.95), (0.25, 0.6, 0.8), (0.6, 1.0, 0.62)):
        strip = [
            (left, depth * near, z),
            (right, depth * near, z),
            (right, depth * far, z),
            (left, depth * far, z),
        ]
        quad(picture, camera, strip, tinted(board.colour, light))
    quad(
        picture,
        camera,
        [(left, 0, z), (right, 0, z), (right, 0, z - RAIL_M), (left, 0, z - RAIL_M)],
        board.rail,
    )
    for middle in board.prices_m:
        tag = [
            (middle - 0.03, 0, z - 0.003),
            (middle + 0.03, 0, z - 0.003),
            (middle + 0.03, 0, z - RAIL_M + 0.003),
            (middle - 0.03, 0, z - RAIL_M + 0.003),
        ]
        corners = quad(picture, camera, tag, (248, 246, 240))
        low, high = corners.min(0), corners.max(0)
        box = (
            low[0] + 0.15 * (high[0] - low[0]),
            low[1] + 0.2 * (high[1] - low[1]),
            0.7 * (high[0] - low[0]),
            0.6 * (high[1] - low[1]),
        )
        if box[3] >= 5:
            write(
                picture,
                f"{1 + int(abs(middle) * 997) % 9}.{int(abs(middle) * 7919) % 10}9",
                BOLD,
                box,
                (20, 20, 24),
            )


def quad(
    picture: Picture, camera: Pinhole, corners_m: list[tuple[float, float, float]], colour: Rgb
) -> NDArray[np.float64]:
    """Fill a quadrangle of the world; its corners in the picture: [4, 2] px."""
    seen = camera.project(np.array(corners_m))
    cv2.fillPoly(
        picture, [np.round(np.clip(seen, -4000, 4000) * 16).astype(np.int32)], colour, cv2.LINE_AA, 4
    )
    return seen


def draw_wall(picture: Picture, rng: np.random.Generator) -> None:
    """A table before a wall, softly uneven, as behind a picture taken for enrolment."""
    height, width = picture.shape[:2]
    tone = rng.uniform(70, 245) + rng.normal(0, 12, 3)
    rough = cv2.resize(
        rng.normal(0, 9, (6, 6, 1)).astype(np.float32).repeat(3, 2),
        (width, height),
        interpolation=cv2.INTER_CUBIC,
    )
    wall = rough + tone.astype(np.float32)
    wall[int(height * rng.uniform(0.6, 1.1)) :] *= np.float32(rng.uniform(0.7, 1.1))
    picture[:] = np.clip(wall, 0, 255).astype(np.uint8)
