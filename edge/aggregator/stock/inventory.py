"""What stands on the shelves at one moment, and everything that is asked of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from edge.aggregator.stock.astray import Lying
from edge.aggregator.stock.facings import FacingName, Facings, is_within
from edge.aggregator.stock.history import Check, History, Level, Step
from edge.aggregator.stock.losses import Loss, missing_at
from edge.aggregator.stock.modes import Period
from edge.aggregator.stock.movement import Cause
from edge.messages import (
    FacingStock,
    ItemCount,
    MisplacedGoods,
    ModeSummary,
    ShelfStock,
)
from edge.planogram import Catalogue

SURE = 0.95
"""[1] Units less probable than that are unsure."""

LOW_SHARE, LOW_UNITS = 0.25, 1
"""[1, units] A facing is low with no more than this share of what fits, or, where nobody says what fits, with
no more than so many units."""

ITEM_UNITS_MAX = 100
"""[units] that one `ItemCount` holds."""


class Inventory:
    """Read once, asked often; it must not outlive the next entry.

    Args:
        facings: of the planogram.
        catalogue: names and prices.
        histories: of each facing.
        live: steps that may still be seen otherwise, by facing.
        lying: what lies where it does not belong, by SKU.
        losses: that are known without counts.
        unknown_s: [s] when goods were taken that no catalogue holds.
    """

    def __init__(
        self,
        *,
        facings: Facings,
        catalogue: Catalogue,
        histories: Mapping[FacingName, History],
        live: Mapping[FacingName, Sequence[Step]],
        lying: Mapping[str, Sequence[Lying]],
        losses: Sequence[Loss],
        unknown_s: Sequence[float],
    ) -> None:
        self._facings, self._catalogue = facings, catalogue
        self._histories, self._live, self._lying = histories, live, lying
        self.losses, self.unknown_s = losses, unknown_s

    @property
    def currency(self) -> str:
        """Of all money [ISO 4217]."""
        return self._catalogue.currency

    @cached_property
    def levels(self) -> Mapping[FacingName, Level]:
        """What stands on each facing."""
        return {name: history.level(self._live.get(name, ())) for name, history in self._histories.items()}

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Every count against what was expected just before, but for each facing's first."""
        found = (
            check
            for name, history in self._histories.items()
            for check in history.checks(self._live.get(name, ()))
        )
        return tuple(sorted(found, key=lambda check: (check.count.t, check.count.id)))

    def missing(self) -> Iterator[Loss]:
        """What counts found missing, or (negative) too many."""
        for check in self.checks:
            yield missing_at(check, (check.count.plate,), self._catalogue)

    def facing(self, name: FacingName) -> FacingStock:
        """One facing."""
        planned, level = self._facings.by_name[name], self.levels[name]
        known = FacingStock(
            plates=planned.plates, sku=name[1], name=self._catalogue.get(name[1]).name,
            capacity=planned.capacity, brought=level.brought, taken=level.taken,
        )  # fmt: skip
        if level.counted is None:
            return known
        units = level.units
        most: float = LOW_UNITS if planned.capacity is None else LOW_SHARE * planned.capacity
        return msgspec.structs.replace(
            known, units=units, sigma=round(level.sigma, 3), probability=round(level.probability, 6),
            out_of_stock=units == 0, low=0 < units <= most,
            counted_at=level.counted.t, counted_by=level.counted.by,
        )  # fmt: skip

    def shelves(self) -> dict[str, ShelfStock]:
        """All facings by shelf (``gondola/shelf``), from left to right."""
        return {
            shelf: ShelfStock(
                shelf=shelf, facings=tuple(self.facing(name) for name in self._facings.on_shelf(shelf))
            )
            for shelf in self._facings.shelves("")
        }

    def misplaced(self) -> tuple[MisplacedGoods, ...]:
        """What lies where it does not belong, the surest first."""
        found = [
            MisplacedGoods(
                sku=sku, name=self._catalogue.get(sku).name, plates=lying.plates, units=lying.units,
                probability=round(lying.probability, 6), since=lying.since_s,
            )
            for sku, places in self._lying.items()
            for lying in places
        ]  # fmt: skip
        return tuple(sorted(found, key=lambda each: (-each.probability, each.since, each.sku, each.plates)))

    def summary(self, period: Period) -> ModeSummary:
        """What came and left in a mode, by staff or while nobody looked."""
        came: Counter[str] = Counter()
        left: Counter[str] = Counter()
        unsure = 0
        for step in self._steps_of(period):
            units = step.line.units
            (came if units > 0 else left)[step.line.spot.sku] += abs(units)
            unsure += step.line.probability < SURE
        return ModeSummary(
            mode=period.mode, kind=period.kind, place=period.place, by=period.by,
            since=period.since_s, until=period.until_s,
            came=_items(came), left=_items(left), unsure=unsure,
        )  # fmt: skip

    def _steps_of(self, period: Period) -> Iterator[Step]:
        for name, history in self._histories.items():
            if is_within(name[0], period.place):
                for step in history.steps(self._live.get(name, ())):
                    is_staff = step.cause in (Cause.STAFF, Cause.UNSEEN)
                    if is_staff and any(period.holds(plate, step.t_s) for plate in step.line.spot.plates):
                        yield step


def _items(units: Counter[str]) -> tuple[ItemCount, ...]:
    """By SKU; more than one `ItemCount` holds becomes several."""
    return tuple(
        ItemCount(sku, min(ITEM_UNITS_MAX, count - done))
        for sku, count in sorted(units.items())
        for done in range(0, count, ITEM_UNITS_MAX)
    )
