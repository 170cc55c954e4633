"""The facings of a planogram by name, and where on them a SKU may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.planogram import Facing, Planogram, shelf_of

FacingName = tuple[str, str]
"""(first plate, SKU)."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where units of one SKU stand or lie."""

    sku: str
    plates: tuple[str, ...]
    facing: FacingName | None  # that they belong to; None: it is nowhere near
    astray: bool = False  # they lie beside their facing, or where another SKU belongs


class Facings:
    """Finds facings.

    Args:
        planogram: empty facings are left out.
    """

    def __init__(self, planogram: Planogram) -> None:
        self._planogram = planogram
        self.by_name: dict[FacingName, Facing] = {}
        self._at: dict[str, list[FacingName]] = {plate: [] for plate in planogram.plates}
        for facing in planogram.facings:
            if facing.sku is None:
                continue
            name = facing.plates[0], facing.sku
            self.by_name.setdefault(name, facing)
            for plate in facing.plates:
                self._at[plate].append(name)

    def at(self, plates: Iterable[str]) -> tuple[FacingName, ...]:
        """Facings that use any of the plates, in the planogram's order."""
        return tuple(dict.fromkeys(name for plate in plates for name in self._at.get(plate, ())))

    def find(self, plate: str, sku: str) -> FacingName | None:
        """The facing of a SKU that uses a plate."""
        return next((name for name in self._at.get(plate, ()) if name[1] == sku), None)

    def on_shelf(self, shelf: str) -> tuple[FacingName, ...]:
        """Facings that use a plate of ``gondola/shelf``, from left to right."""
        return self.at(self._planogram.shelf(shelf))

    def spot(self, sku: str, plates: tuple[str, ...]) -> Spot:
        """Where units of a SKU are that moved at these plates."""
        home = next((name for name in self.at(plates) if name[1] == sku), None)
        if home is not None:
            return Spot(sku, plates, home)
        beside = next((name for name in self.at(self._next_to(plates)) if name[1] == sku), None)
        return Spot(sku, plates, beside, astray=True)

    def shelves(self, place: str) -> tuple[str, ...]:
        """Shelves of a place, in the planogram's order."""
        return tuple(shelf for shelf in self._planogram.shelves if is_within(shelf, place))

    def _next_to(self, plates: tuple[str, ...]) -> Iterable[str]:
        row = self._planogram.shelf(shelf_of(plates[0])) if plates else ()
        columns = [row.index(plate) for plate in plates if plate in row]
        return (row[each] for column in columns for each in (column - 1, column + 1) if 0 <= each < len(row))


def is_within(plate_or_shelf: str, place: str) -> bool:
    """Whether a plate, or a shelf, belongs to a shelf, a gondola, or (empty) the whole store."""
    return not place or plate_or_shelf == place or plate_or_shelf.startswith(f"{place}/")
