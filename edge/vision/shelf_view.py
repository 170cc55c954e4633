"""Where a camera sees which plate: one plane of the shelf, mapped to the picture by a homography.

Coordinates of the plane are metres in the axes of the gondola: ``across`` the shelf to the right, and
``along`` either up (front plane) or towards the back (top plane). A plate's *slot* is the part of the picture
in which its goods are looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.config import ViewEntry, ViewPlane
from edge.errors import SteelyardError
from edge.planogram import Box, Planogram

Polygon = NDArray[np.float32]
"""[n, 2] px, image frame."""

Scalar = TypeVar("Scalar", bound=np.generic)

COPLANAR_M = 0.05
"""[m] Plates whose fronts (or surfaces) differ by more lie on no common plane."""

LEAST_SHARE = 0.01
"""[1] of the picture that the four corners must span at least."""

LEAST_SIDE_PX = 24.0
"""[px] A shelf whose edge is shorter shows no goods that anybody could tell apart."""

OUTSIDE = 0.25
"""[1] of the picture's size by which a corner may lie outside of it: the shelf may reach beyond."""

MARGIN = 0.08
"""[1] of a slot's size by which it is widened: goods reach over their plate's edge."""


ACCESS = 0.12
"""[1] of the slots' extent around them: who reaches into the shelf is seen there."""


class ViewRefusal(StrEnum):
    """Why a view cannot be calibrated, or used, like this."""

    DEGENERATE = "degenerate"
    MIRRORED = "mirrored"
    OUTSIDE = "outside"
    MARKS_NOT_FOUND = "marks_not_found"
    MOVED_CAMERA = "moved_camera"
    NOT_COPLANAR = "not_coplanar"
    UNKNOWN_PLATE = "unknown_plate"
    NO_PICTURE = "no_picture"
    WRONG_SIZE = "wrong_size"


class ViewRefusedError(SteelyardError):
    """A view that cannot be right; ``reason`` says why."""

    def __init__(
        self,
        reason: ViewRefusal,
        what: str,
        *,
        where: str = "",
        found: str = "",
        expected: str = "",
        fix: str = "",
    ) -> None:
        self.reason = reason
        super().__init__(what, where=where, found=found, expected=expected, fix=fix)


@dataclass(frozen=True, slots=True)
class Region:
    """An upright rectangle of the picture [px]."""

    left: int
    top: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of it."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    def cut(self, picture: NDArray[Scalar]) -> NDArray[Scalar]:
        """The part of a picture; shares its memory."""
        return picture[self.slices]

    def within(self, outer: Region) -> Region:
        """The same rectangle, counted from the corner of ``outer``."""
        return Region(self.left - outer.left, self.top - outer.top, self.width, self.height)

    def shifted(self, outer: Region) -> Region:
        """The opposite of :meth:`within`."""
        return Region(self.left + outer.left, self.top + outer.top, self.width, self.height)


class ShelfView:
    """One camera's view of its plates.

    Args:
        camera: its name.
        entry: how it was calibrated.
        planogram: where the plates are.

    Raises:
        ViewRefusedError: corners that no camera sees, plates on no common plane, or unknown plates.
    """

    def __init__(self, camera: str, entry: ViewEntry, planogram: Planogram) -> None:
        self.camera, self.size_px = camera, entry.size_px
        rectangles = plane_rectangles(entry.plates, entry.plane, planogram, where=camera)
        area = _common(rectangles.values())
        check_corners(entry.corners_px, entry.size_px, where=camera)
        self._homography = cv2.getPerspectiveTransform(
            _corners(area), np.asarray(entry.corners_px, dtype=np.float32)
        )
        self._slots = {plate: self._to_image(_corners(_widened(each))) for plate, each in rectangles.items()}
        self._check_horizon(rectangles.values())
        self._boxes = {plate: _box(slot) for plate, slot in self._slots.items()}

    @property
    def plates(self) -> tuple[str, ...]:
        """Plates that the camera sees."""
        return tuple(self._slots)

    def slot(self, plate: str) -> Polygon:
        """[4, 2] px, where the goods of a plate are seen: top left, top right, bottom right, bottom left."""
        return self._slots[plate]

    @cached_property
    def area(self) -> Region:
        """The rectangle of the picture that is looked at: all slots, and the access zone around them."""
        slots, (width, height) = self.region(self.plates), self.size_px
        aside, above = round(ACCESS * slots.width), round(ACCESS * slots.height)
        left, top = max(0, slots.left - aside), max(0, slots.top - above)
        right = min(width, slots.left + slots.width + aside)
        bottom = min(height, slots.top + slots.height + above)
        return Region(left, top, right - left, bottom - top)

    def region(self, plates: Sequence[str]) -> Region:
        """The smallest rectangle of the picture that holds the slots of these plates; never empty."""
        width, height = self.size_px
        boxes = [self._boxes[plate] for plate in plates]
        left = min(max(min(box[0] for box in boxes), 0), width - 1)
        top = min(max(min(box[1] for box in boxes), 0), height - 1)
        right = max(min(max(box[2] for box in boxes), width), left + 1)
        bottom = max(min(max(box[3] for box in boxes), height), top + 1)
        return Region(left, top, right - left, bottom - top)

    def slots(self, plates: Iterable[str], region: Region) -> tuple[Polygon, ...]:
        """The slots of these plates, in px of ``region``."""
        corner = np.array((region.left, region.top), dtype=np.float32)
        return tuple(self._slots[plate] - corner for plate in plates)

    def _to_image(self, points_m: NDArray[np.float32]) -> Polygon:
        mapped = cv2.perspectiveTransform(points_m[:, None, :], self._homography)
        return np.asarray(mapped[:, 0, :], dtype=np.float32)

    def _check_horizon(self, rectangles: Iterable[NDArray[np.float64]]) -> None:
        """A widened slot beyond the plane's horizon would be seen upside down."""
        for each in rectangles:
            corners = np.column_stack((_corners(_widened(each)), np.ones(4)))
            if (corners @ self._homography[2] <= 0).any():
                raise _degenerate(self.camera, "corners so steep that a plate lies beyond the horizon")


def plane_rectangles(
    plates: Sequence[str], plane: ViewPlane, planogram: Planogram, *, where: str
) -> Mapping[str, NDArray[np.float64]]:
    """The plates on the plane, by name: (across, along) m of the near left and of the far right corner.

    Raises:
        ViewRefusedError: a plate is not in the planogram, or not on the plane of the others.
    """
    unknown = [plate for plate in plates if plate not in planogram.plates]
    if unknown:
        raise ViewRefusedError(
            ViewRefusal.UNKNOWN_PLATE, "a plate that the planogram does not know", where=where,
            found=", ".join(unknown), fix="Calibrate the view again, or correct the planogram.",
        )  # fmt: skip
    boxes = {plate: planogram.plates[plate] for plate in plates}
    first = next(iter(boxes.values()))
    corners = {plate: _extent(box, first) for plate, box in boxes.items()}
    across, along, off = (0, 2, 1) if plane is ViewPlane.FRONT else (0, 1, 2)
    for plate, extent in corners.items():
        turned = abs(np.sin(boxes[plate].yaw_rad - first.yaw_rad)) > 0.02
        if turned or abs(extent[0, off]) > COPLANAR_M:
            raise ViewRefusedError(
                ViewRefusal.NOT_COPLANAR, f"plates on no common {plane} plane", where=where,
                found=f"{plate} beside {next(iter(boxes))}",
                expected="plates of one gondola" if plane is ViewPlane.FRONT else "plates of one shelf",
                fix="Give the camera the plates of one plane with --plates.",
            )  # fmt: skip
    return {plate: extent[:, (across, along)] for plate, extent in corners.items()}


def check_corners(corners_px: Sequence[Sequence[float]], size_px: tuple[int, int], *, where: str) -> None:
    """Refuse four corners that are no picture of a rectangle.

    Args:
        corners_px: top left, top right, bottom right, bottom left.
        size_px: [px] width and height of the picture.
        where: the camera, for the error.

    Raises:
        ViewRefusedError: mirrored, degenerate, or far outside of the picture.
    """
    corners = np.asarray(corners_px, dtype=np.float64)
    size = np.asarray(size_px, dtype=np.float64)
    if (
        not np.isfinite(corners).all()
        or (corners < -OUTSIDE * size).any()
        or (corners > (1 + OUTSIDE) * size).any()
    ):
        raise ViewRefusedError(
            ViewRefusal.OUTSIDE, "corners far outside of the picture", where=where, found=_said(corners),
            expected=f"points of a picture of {size_px[0]} x {size_px[1]} px",
        )  # fmt: skip
    sides = np.roll(corners, -1, axis=0) - corners
    turns = sides[:, 0] * np.roll(sides[:, 1], -1) - sides[:, 1] * np.roll(sides[:, 0], -1)
    span = abs(_signed_area(corners))
    if (turns < 0).all() and span >= LEAST_SHARE * size.prod():
        raise ViewRefusedError(
            ViewRefusal.MIRRORED, "corners that run the wrong way round", where=where, found=_said(corners),
            expected="top left, top right, bottom right, bottom left, clockwise in the picture",
            fix="Name them in that order; if the picture itself is mirrored, switch that off in the camera.",
        )  # fmt: skip
    if not (turns > 0).all():
        raise _degenerate(where, _said(corners))
    if span < LEAST_SHARE * size.prod() or np.hypot(*sides.T).min() < LEAST_SIDE_PX:
        raise _degenerate(where, f"{_said(corners)}, an area too small to see goods in")


def _degenerate(where: str, found: str) -> ViewRefusedError:
    return ViewRefusedError(
        ViewRefusal.DEGENERATE, "corners that are no rectangle seen by a camera", where=where, found=found,
        expected="four corners of a rectangle, no three of them on a line", fix="Name the corners again.",
    )  # fmt: skip


def _said(corners: NDArray[np.float64]) -> str:
    return " ".join(f"{x:.0f},{y:.0f}" for x, y in corners)


def _signed_area(corners: NDArray[np.float64]) -> float:
    x, y = corners.T
    return float(0.5 * (x * np.roll(y, -1) - y * np.roll(x, -1)).sum())


def _box(polygon: Polygon) -> tuple[int, int, int, int]:
    """[px] left, top, right, bottom, outwards to whole pixels."""
    (left, top), (right, bottom) = np.floor(polygon.min(axis=0)), np.ceil(polygon.max(axis=0))
    return int(left), int(top), int(right), int(bottom)


def _extent(box: Box, axes: Box) -> NDArray[np.float64]:
    """[2, 3] m, the near left bottom and the far right top corner of a box in another one's axes."""
    near = axes.to_local(np.array([box.corner_m], dtype=np.float64))[0]
    return np.array([near, near + np.asarray(box.size_m)])


def _common(rectangles: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    stacked = np.array(list(rectangles))
    return np.array([stacked[:, 0].min(axis=0), stacked[:, 1].max(axis=0)])


def _widened(rectangle: NDArray[np.float64]) -> NDArray[np.float64]:
    margin = MARGIN * (rectangle[1] - rectangle[0])
    return np.array([rectangle[0] - margin, rectangle[1] + margin])


def _corners(rectangle: NDArray[np.float64]) -> NDArray[np.float32]:
    """[4, 2] m: top (or far) left, top right, bottom right, bottom left."""
    (left, bottom), (right, top) = rectangle
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float32)
