"""Where goods are put: the prior of a place, given what is put there."""

from __future__ import annotations

import math

from edge.planogram import Planogram, shelf_of

OWN, SAME_SHELF, ANYWHERE = 0.85, 0.05, 0.10
"""[1] Shares of what shoppers put back: at its own place, beside it, anywhere. An assumption: a misplaced
return is no accident but a habit, so it must not be rare to the runtime."""


class Placing:
    """Priors p(plates | SKU) of one store."""

    def __init__(self, planogram: Planogram) -> None:
        self._planogram = planogram
        self._everywhere = max(len(planogram.plates), 1)
        self._homes: dict[str, set[str]] = {}
        for facing in planogram.facings:
            if facing.sku is not None:
                self._homes.setdefault(facing.sku, set()).update(facing.plates)
        self.log_skus = math.log(max(len(self._homes), 1))  # [nat] of their number
        self._home_shelves = {sku: {shelf_of(plate) for plate in home} for sku, home in self._homes.items()}

    def is_own(self, sku: str, plates: tuple[str, ...]) -> bool:
        """Whether the SKU is planned at one of the plates."""
        return not self._homes.get(sku, set()).isdisjoint(plates)

    def log_place(self, sku: str, plates: tuple[str, ...]) -> float:
        """Log probability that a unit of the SKU is put down just here; "" is a thing without a place."""
        home = self._homes.get(sku, set())
        if not home.isdisjoint(plates):
            return math.log(OWN / len(home))
        shelf = shelf_of(plates[0])
        if shelf in self._home_shelves.get(sku, ()):
            return math.log(SAME_SHELF / max(len(self._planogram.shelf(shelf)), 1))
        return math.log((ANYWHERE if sku else 1.0) / self._everywhere)
