"""Stock: what staff say of the shelves, and what stands on them by all that is known."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from edge.messages.shelf import ItemCount
from edge.messages.statement import Statement
from edge.payload import Count, Level, Payload, Probability

UNITS_MAX = 10_000
"""[units] No facing of a shop holds more."""

MODE_MIN_S, MODE_MAX_S = 60.0, 43_200.0
"""[s] A mode ends itself: within a shift, and not before anybody can begin to work."""

Place = Annotated[str, msgspec.Meta(pattern=r"^([^/\s]+(/[^/\s]+)?)?\Z", max_length=128)]
"""``gondola/shelf``, ``gondola``, or empty for the whole store."""


class ShelfMode(StrEnum):
    """What staff do at shelves. Nobody is charged for what moves there meanwhile."""

    RESTOCK = "restock"  # goods come; each lot is counted by its weight
    CLEAN = "clean"  # goods are lifted and put back
    MAINTENANCE = "maintenance"  # a technician is at the shelf itself


class StockCount(Statement, frozen=True, kw_only=True, tag="stock_count"):
    """Somebody counted the units on a facing."""

    plate: Annotated[str, msgspec.Meta(max_length=128)]  # one of the facing's
    sku: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    units: Annotated[int, msgspec.Meta(ge=0, le=UNITS_MAX)]


class ModeBegun(Statement, frozen=True, kw_only=True, tag="mode_begun"):
    """A mode begins at the time of the statement; its id is the statement's."""

    mode: ShelfMode
    place: Place = ""
    seconds: Annotated[float, msgspec.Meta(ge=MODE_MIN_S, le=MODE_MAX_S)]  # [s] then it ends by itself


class ModeEnded(Statement, frozen=True, kw_only=True, tag="mode_ended"):
    """A mode ends, by word of whoever is done; of several words the first counts."""

    mode: Level  # id of the statement that began it


class FacingStock(msgspec.Struct, frozen=True, kw_only=True):
    """One facing as it is believed to stand."""

    plates: tuple[str, ...]
    sku: str
    name: str  # of the goods
    units: Count | None = None  # [units] most probable; None: nobody has counted yet
    sigma: float = 0.0  # [units] one standard deviation
    probability: Probability = 0.0  # [1] that it is just `units`
    capacity: int | None = None  # [units] that fit
    low: bool = False
    out_of_stock: bool = False
    counted_at: float | None = None  # [s]
    counted_by: str = ""
    brought: Count = 0  # [units] put there since the count
    taken: Count = 0  # [units] taken from there since


class ShelfStock(Payload, frozen=True, kw_only=True):
    """All facings of one shelf, from left to right (retained)."""

    shelf: str  # gondola/shelf
    facings: tuple[FacingStock, ...]


class MisplacedGoods(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a SKU that lie where another one belongs."""

    sku: str
    name: str
    plates: tuple[str, ...]
    units: int  # [units] most probable, at least 1
    probability: Probability  # [1] that any lies there
    since: float  # [s] of the last one put there


class RunningMode(msgspec.Struct, frozen=True, kw_only=True):
    """A mode that has begun, until somebody has said that it is over."""

    mode: str  # id of the statement that began it
    kind: ShelfMode
    place: str  # "": the whole store
    by: str
    since: float  # [s]
    until: float  # [s] when it ends or ended by itself
    forgotten: bool = False  # it ended by itself, and nobody has said that the work is done


class ModeSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a mode that is over changed."""

    mode: str  # id of the statement that began it
    kind: ShelfMode
    place: str
    by: str
    since: float  # [s]
    until: float  # [s]
    came: tuple[ItemCount, ...] = ()
    left: tuple[ItemCount, ...] = ()
    unsure: Count = 0  # [movements] of which the units are less than sure


class StockState(Payload, frozen=True, kw_only=True):
    """What staff should know of all shelves (retained); counts are told shelf by shelf."""

    modes: tuple[RunningMode, ...] = ()  # running, and forgotten ones
    misplaced: tuple[MisplacedGoods, ...] = ()
    out_of_stock: tuple[FacingStock, ...] = ()
    low: tuple[FacingStock, ...] = ()
    summaries: tuple[ModeSummary, ...] = ()  # of the latest modes that are over, latest first
