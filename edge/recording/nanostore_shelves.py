"""What a nanostore case says about the store: its goods, its facings and where its plates are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from edge.errors import RecordingError
from edge.planogram import (
    HEAVIEST_UNIT_G,
    LIGHTEST_UNIT_G,
    Box,
    Catalogue,
    Facing,
    Metres3,
    Planogram,
    Sku,
)
from edge.recording.json_lines import read_json_lines
from edge.recording.nanostore_records import Coordinates, FacingLine, PlateId, ProductLine

PLATE_WIDTH_M = 0.1016  # [m] four inches; all plates of this store
PLATE_DEPTH_M = 0.4064  # [m]
CLEARANCE_M = 0.3  # [m] to the shelf above, where a facing does not say

PlateKey = tuple[str, int, int]
"""(gondola, shelf index, plate index)"""


def plate_name(key: PlateKey) -> str:
    """``gondola/shelf/plate``."""
    return "/".join(str(part) for part in key)


def read_catalogue(file: Path) -> Catalogue:
    """Read ``products.json``. The latest line of a product wins; a weight it lost is kept.

    Raises:
        RecordingError: the file is absent or malformed.
    """
    skus: dict[str, Sku] = {}
    for _, line in read_json_lines(file, ProductLine):
        barcode, product = line.product_id.id, line.metadata
        if not barcode:
            continue
        known = skus.get(barcode)
        weighs = product.weight is not None and LIGHTEST_UNIT_G <= product.weight <= HEAVIEST_UNIT_G
        skus[barcode] = Sku(
            sku=barcode,
            name=product.name or (known.name if known else barcode),
            weight_g=product.weight if weighs else known.weight_g if known else None,
            price=round(product.price, 2),  # of dollars; some come from a computation
        )
    return Catalogue(skus.values())


class StorePlan:
    """Facings and plate boxes, as ``planogram.json`` lists them.

    Attributes:
        facings: one a line, also empty ones.
        boxes: box of every listed plate.
        widths: largest plate index that the planogram gives each gondola.
    """

    def __init__(self, facings: Iterable[Facing], boxes: Mapping[PlateKey, Box]) -> None:
        self.facings = tuple(facings)
        self.boxes = dict(boxes)
        self.widths: dict[str, int] = {}
        for gondola, _, plate in self.boxes:
            self.widths[gondola] = max(self.widths.get(gondola, 0), plate)

    def planogram(self, version: str, sampled: Iterable[PlateKey]) -> Planogram:
        """The planogram of listed plates and of ``sampled`` ones, whose boxes follow from their shelf's."""
        boxes = dict(self.boxes)
        for key in sampled:
            if key not in boxes and (box := self._neighbouring_box(key)):
                boxes[key] = box
        named = {plate_name(key): boxes[key] for key in sorted(boxes, key=_shelf_order)}
        return Planogram(version, named, self.facings)

    def _neighbouring_box(self, key: PlateKey) -> Box | None:
        """Box of an unlisted plate: the nearest listed one of its shelf, moved along the shelf."""
        gondola, shelf, plate = key
        on_shelf = [listed for (g, s, listed) in self.boxes if (g, s) == (gondola, shelf)]
        if not on_shelf:
            return None
        nearest = min(on_shelf, key=lambda listed: (abs(listed - plate), listed))
        box = self.boxes[gondola, shelf, nearest]
        x, y, z = box.corner_m
        along_m = (plate - nearest) * PLATE_WIDTH_M
        corner: Metres3 = (x + math.cos(box.yaw_rad) * along_m, y + math.sin(box.yaw_rad) * along_m, z)
        return Box(corner, (PLATE_WIDTH_M, *box.size_m[1:]), box.yaw_rad)


def read_store_plan(file: Path) -> StorePlan:
    """Read ``planogram.json``.

    Raises:
        RecordingError: the file is absent or malformed, or a facing has no place.
    """
    facings: list[Facing] = []
    boxes: dict[PlateKey, Box] = {}
    for number, line in read_json_lines(file, FacingLine):
        keys = sorted({_key(plate) for plate in line.plate_ids})
        if not keys:
            continue
        if line.global_coordinates is None:
            raise RecordingError(
                "facing without `global_coordinates`", where=f"{file}:{number}",
                expected="translation, rotation and dimensions in metres", fix="Export the planogram again.",
            )  # fmt: skip
        facing_box = _facing_box(line.global_coordinates, len(keys))
        for key, box in zip(keys, facing_box.slices(len(keys)), strict=True):
            boxes.setdefault(key, box)
        facings.append(Facing(tuple(plate_name(key) for key in keys), line.planogram_product_id.id or None))
    return StorePlan(facings, boxes)


def _key(plate: PlateId) -> PlateKey:
    return (str(plate.shelf_id.gondola_id.id), plate.shelf_id.shelf_index, plate.plate_index)


def _facing_box(box: Coordinates, plates: int) -> Box:
    """Box of a whole facing. Shelves stand upright: of the Rodrigues vector only z, the turn, is not 0."""
    corner, turn = box.transform.translation, box.transform.rotation
    size = (box.dim_x or plates * PLATE_WIDTH_M, box.dim_y or PLATE_DEPTH_M, box.dim_z or CLEARANCE_M)
    return Box((corner.x, corner.y, corner.z), size, turn.z)


def _shelf_order(key: PlateKey) -> tuple[int, int, int]:
    gondola, shelf, plate = key
    return int(gondola), shelf, plate
