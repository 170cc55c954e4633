"""A store to play scenarios in: like the recorded one in size, weights and look-alikes, but made up.

Five gondolas, the last one across; 120 to 130 facings of mostly two or three plates; weights spread over two
decades; nearly half of the SKUs share their shelf with one that weighs the same within 3 g.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from edge.planogram import Box, Catalogue, Facing, Planogram, Sku

PLATE_M, DEPTH_M = 0.1016, 0.4064
"""[m] four inches wide, sixteen deep."""

GONDOLAS = (("1", 12), ("2", 9), ("3", 12), ("4", 9))
"""(name, plates a shelf) along the wall, with six shelves each."""

ACROSS = ("5", 7)
"""The gondola that stands at a right angle at the end of the wall, with five shelves."""

SHELF_Z_M = (0.27, 0.53, 0.79, 1.04, 1.29, 1.54)
AISLE_M = 0.12
"""[m] between gondolas."""

WIDTHS, WIDTH_SHARES = (1, 2, 3, 4), (0.13, 0.5, 0.32, 0.05)
"""[plates] of a facing, and how common that is."""

WEIGHT_MEDIAN_G, WEIGHT_LOG_SIGMA = 165.0, 1.0
WEIGHT_RANGE_G = (12.0, 1100.0)
TWIN_SHARE, TWIN_WITHIN_G = 0.29, 2.5
"""Every so manieth SKU is made to weigh like one of its shelf; chance and their counterparts do the rest."""


def scenario_store(seed: int = 3) -> tuple[Planogram, Catalogue]:
    """Planogram and catalogue. Equal seeds give equal stores."""
    rng = np.random.default_rng(seed)
    plates = dict(_plates())
    skus: list[Sku] = []
    facings: list[Facing] = []
    for shelf in dict.fromkeys(plate.rpartition("/")[0] for plate in plates):
        row = [plate for plate in plates if plate.rpartition("/")[0] == shelf]
        weights: list[float] = []
        while row:
            width = min(int(rng.choice(WIDTHS, p=WIDTH_SHARES)), len(row))
            weights.append(_weight_g(rng, weights))
            number = len(skus) + 1
            sku = Sku(sku=f"0400{number:08d}", name=f"ARTICLE {number}", weight_g=weights[-1], price=1.0)
            skus.append(sku)
            facings.append(Facing(tuple(row[:width]), sku.sku))
            row = row[width:]
    return Planogram(f"scenario store {seed}", plates, facings), Catalogue(skus)


def _weight_g(rng: np.random.Generator, on_shelf: list[float]) -> float:
    if on_shelf and rng.random() < TWIN_SHARE:
        weight = on_shelf[int(rng.integers(len(on_shelf)))] + rng.uniform(-TWIN_WITHIN_G, TWIN_WITHIN_G)
    else:
        weight = rng.lognormal(math.log(WEIGHT_MEDIAN_G), WEIGHT_LOG_SIGMA)
    return round(float(np.clip(weight, *WEIGHT_RANGE_G)), 2)


def _plates() -> Iterator[tuple[str, Box]]:
    x = 0.0
    for gondola, count in GONDOLAS:
        yield from _shelves(gondola, count, SHELF_Z_M, x, 0.0)
        x += count * PLATE_M + AISLE_M
    yield from _shelves(*ACROSS, SHELF_Z_M[:5], x, -math.pi / 2)


def _shelves(
    gondola: str, count: int, z_m: tuple[float, ...], x_m: float, yaw_rad: float
) -> Iterator[tuple[str, Box]]:
    y_m = -0.34 if yaw_rad else 0.0  # the one across leaves room for the corner
    for shelf, z in enumerate(z_m, 1):
        row = Box((x_m, y_m, z), (count * PLATE_M, DEPTH_M, 0.2), yaw_rad)
        for plate, box in enumerate(row.slices(count), 1):
            yield f"{gondola}/{shelf}/{plate}", box
