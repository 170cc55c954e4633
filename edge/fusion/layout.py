"""Where goods stand: the prior of every SKU at the plates that moved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.config import FusionSection
from edge.planogram import Catalogue, Planogram, shelf_of

PLANNED_SHARE = 0.9
"""[1] Goods out of place mostly come from another place of the store; the catalogue also holds what is not
sold here now."""


class Layout:
    """Prior p(SKU | plates) from the planogram, with a floor for goods that went astray."""

    def __init__(self, planogram: Planogram, catalogue: Catalogue, options: FusionSection) -> None:
        self._planogram, self._options = planogram, options
        planned = {facing.sku for facing in planogram.facings if facing.sku is not None}
        unplanned = set(catalogue.skus) - planned
        share = PLANNED_SHARE if unplanned else 1.0
        floor = [options.layout_elsewhere * share / max(len(planned), 1)] * len(planned)
        floor += [options.layout_elsewhere * (1 - share) / max(len(unplanned), 1)] * len(unplanned)
        self._floor = np.array(floor)
        self.skus = (*sorted(planned), *sorted(unplanned))
        self._row = {sku: row for row, sku in enumerate(self.skus)}

    def log_prior(self, plates: Sequence[str], shares: Sequence[float]) -> NDArray[np.float64]:
        """Log prior of every SKU, in the order of ``skus``.

        Args:
            plates: plates that moved, of one shelf.
            shares: share of the change that each of them shows; they sum to 1.

        Returns:
            [SKU] log probability; they sum to at most 1.
        """
        row = self._planogram.shelf(shelf_of(plates[0]))
        mass = self._floor.copy()
        near = self._options.layout_neighbour
        for plate, share in zip(plates, shares, strict=True):
            here = self._skus(plate)
            column = row.index(plate) if plate in row else -1
            beside = [
                sku
                for neighbour in row[max(column - 1, 0) : column + 2]
                if column >= 0
                for sku in self._skus(neighbour)
                if sku not in here
            ]
            main = 1.0 - self._options.layout_elsewhere - (near if beside else 0.0)
            for sku in here:
                mass[self._row[sku]] += share * main / len(here)
            for sku in beside:
                mass[self._row[sku]] += share * near / len(beside)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(mass))

    def near(self, plates: Sequence[str]) -> NDArray[np.intp]:
        """Rows of the SKUs that are planned at these plates, or at the next ones."""
        row = self._planogram.shelf(shelf_of(plates[0]))
        columns = {row.index(plate) for plate in plates if plate in row}
        reach = {column + step for column in columns for step in (-1, 0, 1)}
        skus = {sku for column in reach if 0 <= column < len(row) for sku in self._skus(row[column])}
        return np.array(sorted(self._row[sku] for sku in skus), dtype=np.intp)

    def _skus(self, plate: str) -> list[str]:
        return [facing.sku for facing in self._planogram.facings_at(plate) if facing.sku is not None]
