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
    weight_g: float = 0.0  # [g] of all units together
    seen: bool = True  # False: the sensors are off; to be reported, never to be charged
    optional: bool = False  # lifted and set down again in one go: may be reported or not


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did, by the name under which failures of unseen scripts are counted."""

    kind: str
    visits: tuple[str, ...]
    start_s: float
    end_s: float
    transfers: range  # places in the script's list


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

    kind: str  # stuck, nan, spikes, bad_reads, noisy, saturated, lost (whole gondola)
    start_s: float
    end_s: float
    plate: str = ""
    gondola: str = ""


@dataclass(frozen=True, slots=True)
class Tracking:
    """How well people are tracked."""

    late_s: float = 2.3  # [s] a live system sees people so much later than plates
    jitter_m: float = 0.015  # [m] standard deviation of each coordinate of a key point
    lost_share: float = 0.03  # [1] key points that the tracker loses, per frame
    lost_wrists: tuple[tuple[str, float, float], ...] = ()  # (visit, from s, until s) both of them


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
    tracking: Tracking = Tracking()
    acts: list[Act] = field(default_factory=list)  # of unseen scripts; the suite's have one kind, their name

    def receipts(self) -> dict[str, Counter[str]]:
        """What each visit is to be charged. A thing handed over stays with its picker."""
        held: dict[str, Counter[str]] = {visit: Counter() for visit in self.visits}
        for transfer in sorted(self.transfers, key=lambda each: each.t):
            if transfer.seen:
                units = transfer.quantity if transfer.taken else -transfer.quantity
                held[transfer.visit][transfer.sku] += units
        return {visit: +counter for visit, counter in held.items()}

    def span_s(self, visit: str) -> tuple[float, float]:
        """[s] from when to when somebody is in the store."""
        stays = [each for each in self.stays if each.visit == visit]
        return min(each.start_s for each in stays), max(each.end_s for each in stays)
