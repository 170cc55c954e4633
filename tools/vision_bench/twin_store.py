"""A little store in which weight is of no use: every SKU has a twin on its shelf that weighs the same."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from edge.planogram import Box, Catalogue, Facing, Planogram, Sku
from tools.packaging.articles import PACKED_G_PER_CM3
from tools.packaging.designs import FAMILY, Design, design, sized

PLATE_M, DEPTH_M, CLEARANCE_M = 0.1016, 0.4064, 0.24
SHELF_Z_M = (0.95, 1.25)
PLATES = 6
"""On each shelf: three pairs of twins."""

WEIGHTS_G = (90.0, 420.0)
WITHIN_G = 1.5
"""[g] by which twins differ at most: less than units of one SKU differ among each other."""

APART_G = 12.0
"""[g] by which pairs of one shelf differ at least."""

FIRST_FAMILY = 150_000
"""Families from here on no model has seen."""


@dataclass(frozen=True, slots=True)
class TwinStore:
    """Two shelves of twins, and what they look like."""

    planogram: Planogram
    catalogue: Catalogue
    looks: dict[str, Design]


def twin_store(seed: int, *, look_alike: bool) -> TwinStore:
    """Equal seeds give equal stores.

    Args:
        seed: of weights and looks.
        look_alike: twins are of one brand and differ in flavour; else of brands that have nothing in common.
    """
    rng = np.random.default_rng([seed, 31])
    plates: dict[str, Box] = {}
    facings: list[Facing] = []
    skus: list[Sku] = []
    looks: dict[str, Design] = {}
    for shelf, z in enumerate(SHELF_Z_M, 1):
        row = Box((0.0, 0.0, z), (PLATES * PLATE_M, DEPTH_M, CLEARANCE_M), 0.0).slices(PLATES)
        weights_g = _apart(rng, PLATES // 2)
        order = [int(each) for each in rng.permutation(PLATES)]  # twins need not be neighbours
        for place, box in enumerate(row):
            pair, side = divmod(order[place], 2)
            weight_g = round(weights_g[pair] + (rng.uniform(-WITHIN_G, WITHIN_G) if side else 0.0), 1)
            family = FIRST_FAMILY + 100 * seed + 10 * shelf + 2 * pair + (0 if look_alike else side)
            number = f"0500{len(skus) + 1:08d}"
            plate = f"1/{shelf}/{place + 1}"
            plates[plate] = box
            look = design(FAMILY * family + (side if look_alike else 0))
            looks[number] = sized(look, volume_cm3=weight_g / PACKED_G_PER_CM3)
            skus.append(
                Sku(sku=number, name=f"{look.brand.name} {look.flavour.word}", weight_g=weight_g, price=1.0)
            )
            facings.append(Facing((plate,), number, 8))
    return TwinStore(Planogram(f"twins {seed}", plates, facings), Catalogue(skus), looks)


def _apart(rng: np.random.Generator, count: int) -> list[float]:
    while True:
        weights_g = sorted(float(each) for each in rng.uniform(*WEIGHTS_G, count))
        if all(after - before > APART_G for before, after in pairwise(weights_g)):
            return weights_g
