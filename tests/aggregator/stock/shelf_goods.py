"""Two shelves of the small store, and what moves on them, without a store around it."""

from __future__ import annotations

from small_store import T0

from edge.aggregator.stock.facings import Spot
from edge.aggregator.stock.movement import Cause, Line, Movement
from edge.messages import EventIdentity, ModeBegun, ModeEnded, ShelfMode, StockCount

WATER, CHOCOLATE, OIL = ("wall/1/1", "0001"), ("wall/1/3", "0002"), ("wall/2/1", "0003")


def counted(units: int, t: float, facing=WATER, name: str = "") -> StockCount:
    return StockCount(
        id=name or f"count-{facing[1]}-{t:.3f}", t=t, by="mia", plate=facing[0], sku=facing[1], units=units
    )


def moved(units: int, t: float, facing=WATER, *, sure: float = 1.0, cause=Cause.SHOPPER, plates=None):
    """One movement of so many units, with that probability."""
    name, sku = facing
    is_astray = plates is not None
    spot = Spot(sku, tuple(plates or (name,)), None if is_astray else facing, is_astray)
    line = Line(spot, units, sure * units, sure * (1 - sure) * units**2, sure)
    return Movement(EventIdentity("n1", "b1", round((t - T0) * 1000)), t, cause, (line,))


def begun(
    t: float = T0, *, mode=ShelfMode.RESTOCK, place: str = "wall/1", seconds: float = 1800.0, name="mode-one"
):
    return ModeBegun(id=name, t=t, by="mia", mode=mode, place=place, seconds=seconds)


def ended(t: float, mode: str = "mode-one", name: str = "") -> ModeEnded:
    return ModeEnded(id=name or f"end-{mode}-{t:.3f}", t=t, by="mia", mode=mode)
