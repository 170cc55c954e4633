"""What really happened: kept apart from everything the store may know."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec

from edge.messages import EventKind, GateDirection


class Action(msgspec.Struct, frozen=True):
    """Goods really changed place."""

    visit: str
    kind: EventKind
    sku: str
    quantity: int  # [units]
    plate: str
    onset_utc: float  # [s] the hand touches
    settled_utc: float  # [s] the load has its new value
    delta_g: float  # [g] negative: taken


class VisitTruth(msgspec.Struct, frozen=True):
    """One visit that has begun."""

    visit: str
    entered_utc: float  # [s]
    left_utc: float | None  # [s] None: still inside


class Truth(msgspec.Struct):
    """The whole history so far."""

    visits: dict[str, VisitTruth] = {}
    actions: list[Action] = []

    def pass_gate(self, visit: str, direction: GateDirection, utc_s: float) -> None:
        """Note that somebody entered or left."""
        if direction is GateDirection.ENTERED:
            self.visits[visit] = VisitTruth(visit, utc_s, None)
        else:
            self.visits[visit] = VisitTruth(visit, self.visits[visit].entered_utc, utc_s)

    def holds(self, visit: str) -> Counter[str]:
        """Units by SKU that the visit holds now."""
        held: Counter[str] = Counter()
        for action in self.actions:
            if action.visit == visit:
                held[action.sku] += action.quantity if action.kind is EventKind.PICK else -action.quantity
        return +held

    def write(self, file: Path) -> None:
        """Write as JSON, whole or not at all."""
        partial = file.with_suffix(".partial")
        partial.write_bytes(msgspec.json.format(msgspec.json.encode(self)))
        partial.replace(file)

    @classmethod
    def read(cls, file: Path) -> Truth:
        """Read what :meth:`write` wrote."""
        return msgspec.json.decode(file.read_bytes(), type=cls)
