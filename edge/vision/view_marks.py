"""Four printed marks at the corners of a shelf, found in a picture of it.

ArUco marks (S. Garrido-Jurado et al., Automatic generation and detection of highly reliable fiducial markers
under occlusion, 2014), dictionary 4x4_50. Mark 0 goes into the top left corner of the area as one faces the
shelf, 1 into the top right, 2 into the bottom right, 3 into the bottom left, all upright, each with its outer
corner on the area's corner.
"""

from __future__ import annotations

import cv2
import numpy as np

from edge.config import PixelPoint
from edge.samples import Rgb
from edge.vision.shelf_view import ViewRefusal, ViewRefusedError

Corners = tuple[PixelPoint, PixelPoint, PixelPoint, PixelPoint]

CORNERS = ("top left", "top right", "bottom right", "bottom left")

_DICTIONARY = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)


def find_corners(picture: Rgb, *, where: str) -> Corners:
    """The corners of the area between the marks.

    Raises:
        ViewRefusedError: marks are not found, found twice, or only in the mirrored picture.
    """
    found = _marks(picture)
    if len(found) == len(CORNERS):
        first, second, third, fourth = ((float(x), float(y)) for x, y in (found[n][n] for n in range(4)))
        return first, second, third, fourth
    if len(_marks(np.ascontiguousarray(picture[:, ::-1]))) > len(found):
        raise ViewRefusedError(
            ViewRefusal.MIRRORED, "a mirrored picture", where=where, found="marks that read backwards",
            fix="Switch the mirroring off in the camera.",
        )  # fmt: skip
    missing = ", ".join(f"{n} ({CORNERS[n]})" for n in range(4) if n not in found)
    raise ViewRefusedError(
        ViewRefusal.MARKS_NOT_FOUND, "marks that are not seen", where=where, found=f"no mark {missing}",
        expected="marks 0 to 3, each once", fix="Flatten, light and uncover them, or print them larger.",
    )  # fmt: skip


def sheet(side_px: int = 400) -> Rgb:
    """All four marks, to print: each with its quiet zone and the name of its corner."""
    quiet = side_px // 4
    cell = side_px + 2 * quiet
    page = np.full((2 * cell, 2 * cell), 255, dtype=np.uint8)
    for number, (row, column) in enumerate(((0, 0), (0, 1), (1, 1), (1, 0))):
        top, left = row * cell + quiet, column * cell + quiet
        mark = cv2.aruco.generateImageMarker(_DICTIONARY, number, side_px)
        page[top : top + side_px, left : left + side_px] = mark
        words = f"{number}: {CORNERS[number]}"
        cv2.putText(page, words, (left, top + side_px + quiet // 2), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 0, 2)
    return np.repeat(page[:, :, None], 3, axis=2)


def _marks(picture: Rgb) -> dict[int, np.ndarray]:
    """[4, 2] px by number of the marks that are seen once: clockwise from the mark's own top left."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    corners, numbers, _ = cv2.aruco.ArucoDetector(_DICTIONARY).detectMarkers(grey)
    seen = [] if numbers is None else [int(number) for number in np.ravel(numbers)]
    return {
        number: np.asarray(at).reshape(4, 2)
        for number, at in zip(seen, corners, strict=True)
        if number < 4 and seen.count(number) == 1
    }
