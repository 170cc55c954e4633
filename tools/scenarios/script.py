"""What happens in a scenario: people, hands and goods, with the truth that follows from it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tools.store_simulator.forces import PlateForce

Metres3 = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Transfer:
    """Truth: goods changed place."""

    t: float  # [s] from the start of the recording, when the load begins to move
    visit: str
    sku: str
    quantity: int  # [units] > 0
    taken: bool  # False: put
    plates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """A hand is at a place."""

    visit: str
    start_s: float
    end_s: float
    at: Metres3  # [m] of the wrist
    left: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """A person stands somewhere; walks in a straight line to the next stay."""

    visit: str
    start_s: float
    end_s: float
    at: Metres3  # [m] of the head


@dataclass(frozen=True, slots=True)
class SensorFault:
    """Readings of a plate, or batches of a whole gondola, go wrong for a while."""

    kind: str  # stuck, nan, spikes, lost (whole gondola)
    start_s: float
    end_s: float
    plate: str = ""
    gondola: str = ""


@dataclass(slots=True)
class Script:
    """One scenario, complete."""

    name: str
    seed: int
    duration_s: float = 0.0
    transfers: list[Transfer] = field(default_factory=list)
    forces: list[tuple[str, PlateForce]] = field(default_factory=list)  # (plate, force)
    bumps: list[tuple[str, float, float]] = field(default_factory=list)  # (gondola, at_s, amplitude g)
    stays: list[Stay] = field(default_factory=list)
    reaches: list[Reach] = field(default_factory=list)
    faults: list[SensorFault] = field(default_factory=list)
    replanned: dict[str, str] = field(
        default_factory=dict
    )  # SKU on the shelf -> SKU that the planogram claims
    visits: list[str] = field(default_factory=list)

    def receipts(self) -> dict[str, Counter[str]]:
        """What each visit holds at the end. A thing handed over stays with its picker."""
        held: dict[str, Counter[str]] = {visit: Counter() for visit in self.visits}
        for transfer in sorted(self.transfers, key=lambda each: each.t):
            held[transfer.visit][transfer.sku] += transfer.quantity if transfer.taken else -transfer.quantity
        return {visit: +counter for visit, counter in held.items()}
