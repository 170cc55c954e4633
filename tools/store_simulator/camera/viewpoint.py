"""Where a rack's camera hangs, and where its plates lie in its picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from edge.planogram import Box, Planogram
from tools.packaging.pinhole import Pinhole

SIZE_PX = (640, 480)
BEFORE_M, ABOVE_M = 0.95, 0.42
"""[m] before the shelf's front edge and above the middle of what it looks at: it hangs over the aisle, above
those who stand there."""

FILLED = 0.9
"""[1] of the picture's width or height that the plates take."""


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A camera before one rack.

    Attributes:
        axes: a plate in whose axes everything is told: x right, y into the shelf, z up, from its corner.
        camera: in these axes.
        plates: whose common rectangle the corners are, in the planogram's order.
        corners_px: of the plates' front plane: top left, top right, bottom right, bottom left.
    """

    axes: Box
    camera: Pinhole
    plates: tuple[str, ...]
    corners_px: tuple[tuple[float, float], ...]

    @classmethod
    def before(cls, plates: Sequence[str], planogram: Planogram) -> Viewpoint:
        """A camera that hangs before these plates of one gondola and sees all of them."""
        boxes = [planogram.plates[plate] for plate in plates]
        axes = boxes[0]
        local = [in_axes(box, axes) for box in boxes]
        left, right = (
            min(box.corner_m[0] for box in local),
            max(box.corner_m[0] + box.size_m[0] for box in local),
        )
        low, high = (
            min(box.corner_m[2] for box in local),
            max(box.corner_m[2] + box.size_m[2] for box in local),
        )
        middle = np.array([(left + right) / 2, 0.0, (low + high) / 2])
        front = np.array([[left, 0, high], [right, 0, high], [right, 0, low], [left, 0, low]])
        centre = (SIZE_PX[0] / 2, SIZE_PX[1] / 2)
        place = np.add(middle, (0.0, -BEFORE_M, ABOVE_M))
        unit = Pinhole.looking_at(place, middle, 1.0, (0.0, 0.0))
        reach = np.abs(unit.project(front)).max(axis=0)
        focal_px = float(FILLED * min(centre[0] / reach[0], centre[1] / reach[1]))
        camera = Pinhole(place, unit.axes, focal_px, centre)
        corners = tuple((round(float(x), 2), round(float(y), 2)) for x, y in camera.project(front))
        return cls(axes, camera, tuple(plates), corners)


def in_axes(box: Box, axes: Box) -> Box:
    """A box of the same gondola in another one's axes."""
    x, y, z = axes.to_local(np.array([box.corner_m], dtype=np.float64))[0]
    return msgspec.structs.replace(
        box, corner_m=(float(x), float(y), float(z)), yaw_rad=box.yaw_rad - axes.yaw_rad
    )
