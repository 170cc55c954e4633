"""What stands on the plates: single units, each with a weight of its own."""

from __future__ import annotations

import numpy as np

from tools.store_simulator.layout import StoreLayout

UNIT_SPREAD_SHARE = 0.004
"""[1] standard deviation of a unit's weight as a share of the SKU's."""


class Goods:
    """Units by plate; taken when a visit is planned, so that no two shoppers plan for the same one."""

    def __init__(self, layout: StoreLayout, rng: np.random.Generator) -> None:
        """Fill every facing of the planogram to its capacity."""
        self._units_g: dict[str, list[float]] = {plate: [] for plate in layout.planogram.plates}
        self.sku_at: dict[str, str] = {}
        for facing in layout.planogram.facings:
            if facing.sku is None:
                continue
            weight_g = layout.catalogue.get(facing.sku).weight_g or 100.0
            for plate in facing.plates:
                count = (facing.capacity or 10) // len(facing.plates)
                self._units_g[plate] = (weight_g * rng.normal(1.0, UNIT_SPREAD_SHARE, count)).tolist()
                self.sku_at[plate] = facing.sku

    def stocked(self, quantity: int = 1) -> tuple[str, ...]:
        """Plates that hold at least so many units."""
        return tuple(plate for plate, units in self._units_g.items() if len(units) >= quantity)

    def load_g(self, plate: str) -> float:
        """[g] all units on the plate."""
        return sum(self._units_g[plate])

    def take(self, plate: str, quantity: int) -> tuple[float, ...]:
        """Take the foremost units; their weights in grams."""
        return tuple(self._units_g[plate].pop() for _ in range(quantity))

    def put(self, plate: str, units_g: tuple[float, ...]) -> None:
        """Put units back."""
        self._units_g[plate].extend(units_g)
