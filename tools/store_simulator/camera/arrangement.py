"""Where the units of a plate stand: side by side, one behind the other, and stacked if they can be."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from edge.planogram import Box
from tools.packaging.designs import Design, Shape
from tools.packaging.unit import Standing
from tools.store_simulator.camera.looks import fitted

STACKED = frozenset({Shape.BOX, Shape.CAN, Shape.TUB, Shape.JAR})
ROOM = 0.94
"""[1] of a plate's width and of the room above it that goods take."""

FROM_EDGE_M = 0.015
LIT_M = 0.4
"""[m] into the shelf, the aisle's light has fallen to 1/e, whatever stands there: who takes the foremost unit
makes nothing behind it brighter."""


class Arrangement:
    """The places of one plate, filled from the back; the foremost unit is the last one.

    Args:
        plate: its name, which decides how untidily its goods stand.
        box: the plate, in the axes in which places are told, its front to negative y.
        looks: packages by SKU.
        usual: the SKU that its places are made for.
        capacity: units that must find a place.
    """

    def __init__(self, plate: str, box: Box, looks: Mapping[str, Design], usual: str, capacity: int) -> None:
        self._box = box
        width, depth, self._clear = box.size_m
        self._looks = {sku: fitted(look, ROOM * width, ROOM * self._clear) for sku, look in looks.items()}
        usual_width, usual_depth, usual_height = self._looks[usual].size_m
        self._columns = max(1, int(ROOM * width / usual_width))
        stacked = self._looks[usual].shape in STACKED
        self._layers = max(1, int(ROOM * self._clear / usual_height)) if stacked else 1
        self._layer_m, self._first_m = usual_height, FROM_EDGE_M + usual_depth / 2
        rows = max(2, math.ceil(capacity / (self._columns * self._layers)))
        self._rows = rows
        self._row_m = min(1.06 * usual_depth, (depth - FROM_EDGE_M - usual_depth) / (rows - 1))
        self._untidy = np.random.default_rng(zlib.crc32(plate.encode())).normal(size=(64, 3))

    def places(self, skus: Sequence[str | None]) -> list[Standing]:
        """The units, those at the back first."""
        return [self._placed(self._looks[sku], place) for place, sku in enumerate(skus) if sku is not None]

    def _placed(self, look: Design, place: int) -> Standing:
        row, in_row = divmod(place, self._columns * self._layers)
        layer, column = divmod(in_row, self._columns)
        aside, back, turned = self._untidy[place % len(self._untidy)]
        width = self._box.size_m[0]
        spare = max(width / self._columns - look.size_m[0], 0.0)
        x = width * (column + 0.5) / self._columns + np.clip(0.25 * aside, -0.45, 0.45) * spare
        behind_m = max(self._rows - 1 - row, 0) * self._row_m
        y = self._first_m + behind_m + 0.003 * back
        left, front, bottom = self._box.corner_m
        return Standing(
            look,
            (left + float(x), front + float(y), bottom + layer * self._layer_m),
            yaw_rad=float(0.05 * turned),
            dimmed=math.exp(-behind_m / LIT_M),
            crease=place,
        )
