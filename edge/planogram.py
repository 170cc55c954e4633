"""What is sold (catalogue) and where it stands (planogram): SKU, facing, plate, shelf geometry.

Geometry is in the store's frame, metres: x along the wall, y into the shelf, z up. A plate or facing is a
box given by its front-left-bottom corner, its size, and a turn about z.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge.config import PlateName, Positive, Section
from edge.errors import MoneyError, PlanogramError
from edge.iso_time import utc_s_of
from edge.money import minor_of
from edge.yaml_file import load_yaml, refuse_duplicates

LIGHTEST_UNIT_G, HEAVIEST_UNIT_G = 0.01, 1e6  # [g] no article of a shop is beyond

Metre = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
Metres3 = tuple[Metre, Metre, Metre]
Side = Annotated[float, msgspec.Meta(gt=0, le=1e6)]
UnitGrams = Annotated[float, msgspec.Meta(ge=LIGHTEST_UNIT_G, le=HEAVIEST_UNIT_G)]
Price = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z", description="ISO 4217, such as EUR")]
Level = Annotated[str, msgspec.Meta(pattern=r"^[^/\s]+\Z", description="a name without / and spaces")]


class Box(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A box standing upright in the store."""

    corner_m: Metres3  # [m] front-left-bottom corner, store frame
    size_m: tuple[Side, Side, Side]  # [m] along its own x (width), y (depth), z (height)
    yaw_rad: float = 0.0  # [rad] turn about z through the corner

    def to_local(self, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points in the box's own axes, from its corner: [n, 3] m -> [n, 3] m (width, depth, height)."""
        offset = points_m - np.asarray(self.corner_m)
        cos, sin = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        return np.column_stack(
            (cos * offset[:, 0] + sin * offset[:, 1], cos * offset[:, 1] - sin * offset[:, 0], offset[:, 2])
        )

    def distance_m(self, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance of points to the box.

        Args:
            points_m: [n, 3] m, store frame.

        Returns:
            [n] m; 0 inside; NaN where a coordinate is NaN.
        """
        local = self.to_local(points_m)
        outside = np.maximum(np.maximum(-local, local - np.asarray(self.size_m)), 0.0)
        return np.asarray(np.sqrt((outside**2).sum(axis=1)))

    @property
    def centre_m(self) -> Metres3:
        """[m] middle of the box, store frame."""
        half_x, half_y, half_z = (side / 2 for side in self.size_m)
        cos, sin = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        x, y, z = self.corner_m
        return (x + cos * half_x - sin * half_y, y + sin * half_x + cos * half_y, z + half_z)

    def slices(self, count: int) -> tuple[Box, ...]:
        """Cut the box along its width into ``count`` equal boxes, left to right."""
        width = self.size_m[0] / count
        cos, sin = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        x, y, z = self.corner_m
        return tuple(
            Box((x + cos * width * i, y + sin * width * i, z), (width, *self.size_m[1:]), self.yaw_rad)
            for i in range(count)
        )


class PriceFrom(Section, frozen=True, kw_only=True):
    """A price that replaces the one before it at some moment."""

    effective_from: str  # ISO 8601 with offset; a day alone begins at midnight UTC
    price: Price  # currency of the catalogue


class Sku(Section, frozen=True, kw_only=True):
    """One article as the catalogue knows it."""

    sku: Annotated[str, msgspec.Meta(min_length=1)]  # barcode string; leading zeros matter
    name: str  # as the receipt prints it
    weight_g: UnitGrams | None = None  # [g] mean of one unit; None: not known
    weight_sigma_g: UnitGrams | None = None  # [g] unit-to-unit spread; None: a share of the weight
    price: Price = 0.0  # currency of the catalogue; since ever
    prices: tuple[
        PriceFrom, ...
    ] = ()  # later ones; one in force stays in the file, receipts are made anew with it


class Facing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Neighbouring plates that carry one SKU, or none."""

    plates: Annotated[tuple[PlateName, ...], msgspec.Meta(min_length=1)]
    sku: str | None = None  # of the catalogue; left out: an empty facing
    capacity: Annotated[int, msgspec.Meta(ge=1)] | None = None  # [units] that fit


def shelf_of(plate: str) -> str:
    """``gondola/shelf`` of a plate."""
    return plate.rpartition("/")[0]


class Catalogue:
    """SKUs by barcode, and what they cost when.

    Args:
        skus: all articles.
        currency: of their prices [ISO 4217].

    Raises:
        PlanogramError: a price is finer than the currency's smallest unit, or its moment cannot be.
    """

    def __init__(self, skus: Iterable[Sku], currency: str = "EUR") -> None:
        self.skus: Mapping[str, Sku] = {sku.sku: sku for sku in skus}
        self.currency = currency
        self._prices = {sku.sku: _price_list(sku, currency) for sku in self.skus.values()}

    def __contains__(self, sku: str) -> bool:
        return sku in self.skus

    def get(self, sku: str) -> Sku:
        """The SKU, or a nameless one without weight when the catalogue does not hold it."""
        return self.skus.get(sku) or Sku(sku=sku, name=sku)

    def price_minor(self, sku: str, at_s: float) -> int:
        """Price of one unit at a time [s], in the currency's smallest unit; 0 of an unknown SKU."""
        prices = self._prices.get(sku, _NO_PRICE)
        return prices[bisect.bisect_right(prices, at_s, key=lambda each: each[0]) - 1][1]


_NO_PRICE = ((-math.inf, 0),)


def _price_list(sku: Sku, currency: str) -> tuple[tuple[float, int], ...]:
    """(since when [s], smallest units), oldest first."""
    try:
        later = sorted((utc_s_of(each.effective_from), minor_of(each.price, currency)) for each in sku.prices)
        return ((-math.inf, minor_of(sku.price, currency)), *later)
    except (MoneyError, ValueError) as error:
        raise PlanogramError(f"unusable price: {error}", where=f"SKU {sku.sku}") from error


class Planogram:
    """Plates with their boxes, and the facings on them.

    Attributes:
        version: name of this planogram.
        plates: box by plate name, in shelf order.
        facings: all facings, also empty ones.
    """

    def __init__(self, version: str, plates: Mapping[str, Box], facings: Iterable[Facing]) -> None:
        self.version = version
        self.plates = dict(plates)
        self.facings = tuple(facings)
        self._facings_at: dict[str, list[Facing]] = {}
        for index, facing in enumerate(self.facings):
            for plate in facing.plates:
                if plate not in self.plates:
                    raise PlanogramError(
                        "facing on an unknown plate", where=f"planogram {version}, facings[{index}]",
                        found=plate, expected="a plate of one of its gondolas",
                        fix="Correct the facing or add the plate.",
                    )  # fmt: skip
                self._facings_at.setdefault(plate, []).append(facing)
        self._shelves: dict[str, tuple[str, ...]] = {}
        for plate in self.plates:
            shelf = shelf_of(plate)
            self._shelves[shelf] = (*self._shelves.get(shelf, ()), plate)

    def facings_at(self, plate: str) -> tuple[Facing, ...]:
        """Facings that use the plate."""
        return tuple(self._facings_at.get(plate, ()))

    def shelf(self, shelf: str) -> tuple[str, ...]:
        """Plates of one shelf (``gondola/shelf``) from left to right."""
        return self._shelves.get(shelf, ())

    @property
    def shelves(self) -> tuple[str, ...]:
        """Names of all shelves."""
        return tuple(self._shelves)

    def has_place(self, place: str) -> bool:
        """Whether it has a shelf (``gondola/shelf``) or gondola of that name; empty is the whole store."""
        return (
            not place
            or place in self._shelves
            or any(shelf.startswith(f"{place}/") for shelf in self._shelves)
        )

    def box_of(self, plates: Iterable[str]) -> tuple[Box, ...]:
        """Boxes of those plates that the planogram knows."""
        return tuple(self.plates[plate] for plate in plates if plate in self.plates)


# --- files ---------------------------------------------------------------------------------------


class _CatalogueFile(Section, frozen=True, kw_only=True):
    currency: Currency = "EUR"
    skus: tuple[Sku, ...]

    def __post_init__(self) -> None:
        refuse_duplicates("SKU", ((f"skus[{i}].sku", sku.sku) for i, sku in enumerate(self.skus)))


class _ShelfRow(Section, frozen=True, kw_only=True):
    """One shelf of a gondola."""

    shelf: Level
    z_m: float  # [m] height of the plates
    plates: Annotated[int, msgspec.Meta(ge=1, le=64)]  # how many, side by side
    clearance_m: Positive = 0.3  # [m] to the shelf above


class _GondolaRow(Section, frozen=True, kw_only=True):
    """A piece of furniture with shelves above each other, each a row of equal plates."""

    gondola: Level
    corner_m: Metres3  # [m] front-left-bottom corner
    yaw_rad: float = 0.0  # [rad] turn about z through that corner
    plate_width_m: Positive = 0.1016  # [m]
    plate_depth_m: Positive = 0.4064  # [m]
    shelves: tuple[_ShelfRow, ...]


class _PlanogramFile(Section, frozen=True, kw_only=True):
    version: str  # name of this planogram
    effective_from: str = ""  # ISO 8601; empty: since ever
    gondolas: tuple[_GondolaRow, ...] = ()
    plates: dict[PlateName, Box] = msgspec.field(default_factory=dict)  # surveyed one by one; these win
    facings: tuple[Facing, ...]

    def __post_init__(self) -> None:
        shelves = (
            (f"gondolas[{i}].shelves[{n}]", f"{gondola.gondola}/{shelf.shelf}")
            for i, gondola in enumerate(self.gondolas)
            for n, shelf in enumerate(gondola.shelves)
        )
        refuse_duplicates("shelf", shelves)


def load_catalogue(file: Path) -> Catalogue:
    """Read ``catalogue.yaml``.

    Raises:
        ConfigError: the file is not as declared.
        PlanogramError: a price that its currency cannot express.
    """
    content = load_yaml(file, _CatalogueFile)
    return Catalogue(content.skus, content.currency)


def load_planogram(file: Path, catalogue: Catalogue) -> Planogram:
    """Read ``planogram.yaml``.

    Raises:
        ConfigError: the file is not as declared.
        PlanogramError: it names a SKU that the catalogue does not hold, or a plate it does not have.
    """
    content = load_yaml(file, _PlanogramFile)
    plates: dict[str, Box] = {}
    for gondola in content.gondolas:
        x, y, z = gondola.corner_m
        for shelf in gondola.shelves:
            row = Box(
                (x, y, z + shelf.z_m),
                (gondola.plate_width_m * shelf.plates, gondola.plate_depth_m, shelf.clearance_m),
                gondola.yaw_rad,
            )
            for index, box in enumerate(row.slices(shelf.plates), 1):
                plates[f"{gondola.gondola}/{shelf.shelf}/{index}"] = box
    plates |= content.plates
    for index, facing in enumerate(content.facings):
        if facing.sku is not None and facing.sku not in catalogue:
            raise PlanogramError(
                "facing of an unknown SKU", where=f"{file}: facings[{index}]", found=facing.sku,
                expected="a SKU of the catalogue", fix="Add it to the catalogue or correct the barcode.",
            )  # fmt: skip
    return Planogram(content.version, plates, content.facings)
