"""What really happened: kept apart from everything the store may know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import msgspec

from edge.messages import EventKind, GateDirection
from tools.store_simulator.faults import Dropout
from tools.store_simulator.world import FaultComing, GatePassed, GoodsMoved, Happening


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


class FailedSensor(msgspec.Struct, frozen=True):
    """A sensor really failed."""

    kind: str  # stuck, severed or dropout
    plates: tuple[str, ...]
    from_utc: float  # [s]
    until_utc: float  # [s]


class Truth(msgspec.Struct):
    """The whole history so far."""

    visits: dict[str, VisitTruth] = {}
    actions: list[Action] = []
    faults: list[FailedSensor] = []

    def note(self, happening: Happening, plates: Mapping[str, tuple[str, ...]], second_0_utc: float) -> None:
        """Note what happened.

        Args:
            happening: forces are of no interest here.
            plates: by rack, in channel order.
            second_0_utc: [s] when the world began.
        """
        match happening:
            case GatePassed():
                self.pass_gate(happening.visit, happening.direction, second_0_utc + happening.at_s)
            case GoodsMoved():
                handling = happening.handling
                self.actions.append(
                    Action(
                        visit=happening.visit,
                        kind=handling.kind,
                        sku=handling.sku,
                        quantity=len(handling.units_g),
                        plate=handling.plate,
                        onset_utc=second_0_utc + handling.onset_s,
                        settled_utc=second_0_utc + handling.settled_s,
                        delta_g=handling.delta_g,
                    )
                )
            case FaultComing():
                fault, of_rack = happening.fault, plates[happening.rack]
                self.faults.append(
                    FailedSensor(
                        kind=type(fault).__name__.lower(),
                        plates=of_rack if isinstance(fault, Dropout) else (of_rack[fault.channel],),
                        from_utc=second_0_utc + fault.from_s,
                        until_utc=second_0_utc + fault.until_s,
                    )
                )

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
