"""What the aggregator says of the stock: retained topics, and the page."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from edge.aggregator.stock.inventory import Inventory
from edge.aggregator.stock.modes import Modes, Period
from edge.messages import FacingStock, RunningMode, ShelfStock, StockState

SUMMARIES = 10
"""[modes] that are over, of which the page still tells."""

LISTED_MAX = 200
"""[rows] of each list; a longer one is told without its end, and staff has enough to do."""


class StockView(msgspec.Struct, frozen=True):
    """All that is told of the stock."""

    state: StockState = StockState()
    shelves: tuple[ShelfStock, ...] = ()


def view_of_stock(inventory: Inventory, modes: Modes, now_s: float) -> StockView:
    """Take the picture at ``now_s``."""
    shelves = tuple(inventory.shelves().values())
    facings = {(each.plates, each.sku): each for shelf in shelves for each in shelf.facings}
    over = [each for each in modes.periods() if each.until_s <= now_s]
    state = StockState(
        modes=tuple(_running(each, now_s) for each in modes.open(now_s)),
        misplaced=inventory.misplaced()[:LISTED_MAX],
        out_of_stock=_listed(each for each in facings.values() if each.out_of_stock),
        low=_listed(each for each in facings.values() if each.low),
        summaries=tuple(inventory.summary(each) for each in over[: -SUMMARIES - 1 : -1]),
    )
    return StockView(state, shelves)


def _listed(facings: Iterable[FacingStock]) -> tuple[FacingStock, ...]:
    return tuple(facings)[:LISTED_MAX]


def _running(period: Period, now_s: float) -> RunningMode:
    return RunningMode(
        mode=period.mode, kind=period.kind, place=period.place, by=period.by,
        since=period.since_s, until=period.until_s, forgotten=period.is_forgotten(now_s),
    )  # fmt: skip
