"""What stands on the plates: single units, each with a weight and a place of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tools.store_simulator.forces import Standing
from tools.store_simulator.layout import StoreLayout
from tools.store_simulator.load_cell.corner import Place

UNIT_SPREAD_SHARE = 0.004
"""[1] standard deviation of a unit's weight as a share of the SKU's."""

STRADDLING = 0.12
"""[1] units of a facing of several plates that stand on two of them."""

SHARE = (0.15, 0.85)
"""[1] of a straddling unit's weight that the left one of its plates bears."""

OFF_MIDDLE = 0.6
"""[half sizes] that a unit stands off the middle of its plate, at most."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A plate bears a unit, or a share of it."""

    plate: str
    share: float  # [1] of the unit's weight
    place: Place


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of some goods."""

    sku: str
    weight_g: float
    rests: tuple[Rest, ...]

    @property
    def plate(self) -> str:
        """The plate that bears most of it."""
        return max(self.rests, key=lambda rest: rest.share).plate


class Goods:
    """Units by plate; taken when a visit is planned, so that no two shoppers plan for the same one.

    Attributes:
        sku_at: SKU by plate, as planned.
        neighbours: the other plates of a plate's facing.
    """

    def __init__(self, layout: StoreLayout, rng: np.random.Generator) -> None:
        """Fill every facing that is weighed to its capacity."""
        self._rng = rng
        weighed = {plate for plates in layout.racks.values() for plate in plates}
        self._units: dict[str, list[Unit]] = {plate: [] for plate in layout.planogram.plates}
        self._full: dict[str, int] = {}  # units that fit, by plate
        self._weight_g: dict[str, float] = {}
        self.sku_at: dict[str, str] = {}
        self.neighbours: dict[str, tuple[str, ...]] = {}
        for facing in layout.planogram.facings:
            if facing.sku is None or not weighed.issuperset(facing.plates):
                continue
            for plate in facing.plates:
                self.sku_at[plate] = facing.sku
                self.neighbours[plate] = tuple(each for each in facing.plates if each != plate)
                self._weight_g[plate] = layout.catalogue.get(facing.sku).weight_g or 100.0
                self._full[plate] = (facing.capacity or 10) // len(facing.plates)
                self.restock(plate, straddling=facing.plates)

    def units(self) -> dict[str, tuple[str, ...]]:
        """SKUs of all units by the plate that bears most of each, the foremost last."""
        standing: dict[str, list[str]] = {plate: [] for plate in self._units}
        for units in self._units.values():
            for unit in units:
                standing[unit.plate].append(unit.sku)
        return {plate: tuple(skus) for plate, skus in standing.items()}

    def stocked(self, quantity: int = 1) -> tuple[str, ...]:
        """Plates that hold at least so many units."""
        return tuple(plate for plate, units in self._units.items() if len(units) >= quantity)

    def sold(self, at_least: int) -> tuple[str, ...]:
        """Plates that lack at least so many units."""
        return tuple(
            plate for plate, full in self._full.items() if full - len(self._units[plate]) >= at_least
        )

    def standing(self, plates: Sequence[str]) -> Standing:
        """What these plates bear now."""
        load_g: dict[str, float] = defaultdict(float)
        moment_g = {plate: np.zeros(2) for plate in plates}
        for units in self._units.values():
            for unit in units:
                for rest in unit.rests:
                    if rest.plate in moment_g:
                        load_g[rest.plate] += rest.share * unit.weight_g
                        moment_g[rest.plate] += rest.share * unit.weight_g * np.array(rest.place)
        return Standing(
            tuple(load_g[plate] for plate in plates),
            tuple((float(x), float(y)) for x, y in (moment_g[plate] for plate in plates)),
        )

    def take(self, plate: str, quantity: int) -> tuple[Unit, ...]:
        """Take the foremost units."""
        return tuple(self._units[plate].pop() for _ in range(quantity))

    def foremost(self, plate: str) -> Unit:
        """The unit that would be taken next."""
        return self._units[plate][-1]

    def put(self, plate: str, units: Iterable[Unit]) -> tuple[Unit, ...]:
        """Set units down on a plate; as they stand there now."""
        placed = tuple(Unit(unit.sku, unit.weight_g, (Rest(plate, 1.0, self._place()),)) for unit in units)
        self._units[plate].extend(placed)
        return placed

    def restock(
        self, plate: str, most: int | None = None, straddling: Sequence[str] = ()
    ) -> tuple[Unit, ...]:
        """New units until the plate is full, or ``most``; some stand across to the next of ``straddling``."""
        lacking = self._full[plate] - len(self._units[plate])
        units = []
        for _ in range(lacking if most is None else min(most, lacking)):
            weight_g = self._weight_g[plate] * float(self._rng.normal(1.0, UNIT_SPREAD_SHARE))
            units.append(Unit(self.sku_at[plate], weight_g, self._rests(plate, straddling)))
        self._units[plate].extend(units)
        return tuple(units)

    def _rests(self, plate: str, straddling: Sequence[str]) -> tuple[Rest, ...]:
        after = straddling[straddling.index(plate) + 1 :] if plate in straddling else ()
        place = self._place()
        if not after or self._rng.random() >= STRADDLING:
            return (Rest(plate, 1.0, place),)
        share = float(self._rng.uniform(*SHARE))
        return (Rest(plate, share, (1.0, place[1])), Rest(after[0], 1.0 - share, (-1.0, place[1])))

    def _place(self) -> Place:
        right, back = self._rng.uniform(-OFF_MIDDLE, OFF_MIDDLE, 2)
        return float(right), float(back)
