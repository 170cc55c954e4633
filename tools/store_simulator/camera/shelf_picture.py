"""The shelf without people, as light falls on it: redrawn where the stock has changed, nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from edge.planogram import Box, Planogram
from tools.packaging.designs import Design
from tools.packaging.light import Light
from tools.packaging.pinhole import Pinhole
from tools.packaging.surroundings import RAIL_M, Board, draw_board
from tools.packaging.unit import Standing, draw_unit
from tools.store_simulator.camera.arrangement import Arrangement
from tools.store_simulator.camera.stock import Stock
from tools.store_simulator.camera.viewpoint import SIZE_PX, Viewpoint, in_axes

LAMPS = Light(np.array([0.1, -0.75, 0.65], np.float32), 0.55, 0.55, glare=0.45, lamp_width=0.12)
AISLE = (58, 60, 66)
BOARD, RAIL = (214, 212, 206), (236, 236, 232)
OVER_EDGE = 0.2
"""[1] of a plate's box by which goods may reach over it in the picture."""

_USUAL_UNITS = 10


class ShelfPicture:
    """What one camera sees of its gondola.

    Args:
        viewpoint: where it hangs.
        planogram: where plates are; all of the gondola are drawn.
        looks: packages by SKU.
        stock: what stands where; asked whenever something is drawn.
    """

    def __init__(
        self, viewpoint: Viewpoint, planogram: Planogram, looks: Mapping[str, Design], stock: Stock
    ) -> None:
        self._camera, self._stock = viewpoint.camera, stock
        gondola = viewpoint.plates[0].partition("/")[0]
        self._boxes = {
            plate: in_axes(box, viewpoint.axes)
            for plate, box in planogram.plates.items()
            if plate.partition("/")[0] == gondola
        }
        self._places: dict[str, Arrangement] = {}
        for facing in planogram.facings:
            for plate in set(facing.plates) & self._boxes.keys():
                usual = facing.sku or next(iter(looks))
                units = max(1, (facing.capacity or _USUAL_UNITS) // len(facing.plates))
                self._places[plate] = Arrangement(plate, self._boxes[plate], looks, usual, units)
        self._boards = _boards(self._boxes)
        self._picture = np.empty((SIZE_PX[1], SIZE_PX[0], 3), np.uint8)
        self._draw((0, 0, *SIZE_PX))
        self._drawn = {plate: stock.units(plate) for plate in self._places}

    def update(self) -> NDArray[np.uint8]:
        """The picture of now: [480, 640, 3] RGB; it is drawn over later, so copy what you keep."""
        for plate, drawn in self._drawn.items():
            standing = self._stock.units(plate)
            if drawn != standing:
                self._draw(self._region(self._boxes[plate]))
                self._drawn[plate] = standing
        return self._picture

    def region_px(self, plate: str) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the part in which a plate's goods are seen."""
        return self._region(self._boxes[plate])

    def places(self, plate: str) -> list[Standing]:
        """The units on a plate that can be seen, the foremost last, in the viewpoint's axes."""
        return self._places[plate].places(self._stock.units(plate))

    def _draw(self, region: tuple[int, int, int, int]) -> None:
        left, top, right, bottom = region
        if left >= right or top >= bottom:
            return
        part = np.empty((bottom - top, right - left, 3), np.uint8)
        part[:] = AISLE
        focal, (x, y) = self._camera.focal_px, self._camera.centre_px
        camera = Pinhole(self._camera.position_m, self._camera.axes, focal, (x - left, y - top))
        for board in self._boards:  # the camera looks down: an upper board covers what is below
            draw_board(part, board, camera)
            for unit in sorted(self._units_on(board), key=lambda unit: -unit.at_m[1]):
                draw_unit(part, unit, camera, LAMPS)
        self._picture[top:bottom, left:right] = part

    def _units_on(self, board: Board) -> Iterable[Standing]:
        for plate, places in self._places.items():
            if abs(self._boxes[plate].corner_m[2] - board.level_m) < RAIL_M:
                yield from places.places(self._stock.units(plate))

    def _region(self, box: Box) -> tuple[int, int, int, int]:
        over = OVER_EDGE * box.size_m[0]
        near = np.array(box.corner_m) - (over, 0.02, 0.0)
        far = np.array(box.corner_m) + box.size_m + (over, 0.0, 0.0)
        grid = np.array(np.meshgrid(*zip(near, far, strict=True))).reshape(3, -1).T
        seen = self._camera.project(grid)
        low = np.clip(np.floor(seen.min(axis=0)), 0, SIZE_PX).astype(int)
        high = np.clip(np.ceil(seen.max(axis=0)), 0, SIZE_PX).astype(int)
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _boards(boxes: Mapping[str, Box]) -> list[Board]:
    """One board under the plates of each level, lowest first."""
    boards = []
    for level in sorted({round(box.corner_m[2], 3) for box in boxes.values()}):
        above = [box for box in boxes.values() if abs(box.corner_m[2] - level) < RAIL_M]
        lefts = [box.corner_m[0] for box in above]
        boards.append(
            Board(
                left_m=min(lefts),
                right_m=max(box.corner_m[0] + box.size_m[0] for box in above),
                depth_m=above[0].size_m[1],
                level_m=level,
                headroom_m=above[0].size_m[2],
                colour=BOARD,
                rail=RAIL,
                prices_m=tuple(left + box.size_m[0] / 2 for left, box in zip(lefts, above, strict=True)),
            )
        )
    return boards
