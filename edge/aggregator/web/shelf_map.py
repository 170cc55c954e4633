"""The planogram as the page draws it: gondolas, their shelves from the top down, facings left to right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from edge.aggregator.decisions import Decision
from edge.aggregator.web.words import plate_state
from edge.messages import EventKind, PlateHealth
from edge.planogram import Catalogue, Facing, Planogram, Sku


@dataclass(frozen=True, slots=True)
class FacingCell:
    """Neighbouring plates with the same goods."""

    plates: tuple[str, ...]
    skus: tuple[Sku, ...]  # none: an empty facing; several: they share the plates


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """One shelf."""

    shelf: str
    cells: tuple[FacingCell, ...]


@dataclass(frozen=True, slots=True)
class Gondola:
    """One gondola, top shelf first."""

    gondola: str
    shelves: tuple[ShelfRow, ...]


@dataclass(frozen=True, slots=True)
class CellState:
    """What a cell shows at this moment."""

    states: tuple[str, ...]  # by plate
    event: str  # identity of the latest event on its plates; empty: none yet
    kind: EventKind | None


def lay_out(planogram: Planogram, catalogue: Catalogue) -> tuple[Gondola, ...]:
    """Arrange all plates of a planogram."""
    rows: dict[str, list[tuple[float, ShelfRow]]] = {}
    for name in planogram.shelves:
        gondola, _, shelf = name.partition("/")
        plates = planogram.shelf(name)
        height_m = planogram.plates[plates[0]].corner_m[2]
        cells = tuple(
            FacingCell(tuple(group), _skus(facings, catalogue))
            for facings, group in groupby(plates, key=planogram.facings_at)
        )
        rows.setdefault(gondola, []).append((height_m, ShelfRow(shelf, cells)))
    return tuple(
        Gondola(gondola, tuple(row for _, row in sorted(shelves, key=lambda pair: -pair[0])))
        for gondola, shelves in rows.items()
    )


def _skus(facings: tuple[Facing, ...], catalogue: Catalogue) -> tuple[Sku, ...]:
    return tuple(catalogue.get(facing.sku) for facing in facings if facing.sku is not None)


def latest_by_plate(decisions: tuple[Decision, ...]) -> dict[str, Decision]:
    """The latest decision that moved each plate; ``decisions`` are time-ordered."""
    return {row.plate: decision for decision in decisions for row in decision.event.plates}


def state_of(
    cell: FacingCell, plates: Mapping[str, PlateHealth], latest: Mapping[str, Decision]
) -> CellState:
    """Sensor states and latest event of one cell."""
    decision = max(
        (latest[plate] for plate in cell.plates if plate in latest),
        key=lambda row: row.event.t_settled, default=None,
    )  # fmt: skip
    return CellState(
        states=tuple(plate_state(plates.get(plate)) for plate in cell.plates),
        event=str(decision.event.identity) if decision else "",
        kind=decision.kind if decision else None,
    )
