"""The world: keeps the store's time and says what happens next, everything in order of time.

Pure and deterministic: the same layout, behaviour and seed give the same happenings, however the time
is cut into steps.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from edge.messages import GateDirection
from tools.store_simulator.acts import Handling
from tools.store_simulator.faults import SensorFault, Troubles
from tools.store_simulator.forces import PlateForce, RackForce, Standing, begins_s, ends_s
from tools.store_simulator.goods import Goods
from tools.store_simulator.layout import StoreLayout
from tools.store_simulator.shoppers import Behaviour, Visit, VisitPlanner

FORCE_LEAD_S = 0.5
"""[s] forces are announced so long before they act, which covers the way to the board."""

KEPT_S = 10.0
"""[s] for which a visit that has ended can still be asked for: trackers are late."""

FAULTS_DRAWN_FOR_S = 60.0
GROUP_EVERY_S = (2.0, 9.0)
GROUP_MAX = 3

NAMES = (
    "ada", "ben", "carla", "dora", "emil", "fay", "gus", "hana", "ivo", "juno", "kai", "lea", "milo",
    "nora", "otto", "pia", "quin", "rosa", "sami", "tess", "uma", "vito", "wren", "xenia", "yara", "zeno",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ForceComing:
    """A board must know of a force."""

    rack: str
    force: RackForce


@dataclass(frozen=True, slots=True)
class FaultComing:
    """A sensor fails; its board must know."""

    rack: str
    fault: SensorFault


@dataclass(frozen=True, slots=True)
class GatePassed:
    """Somebody entered or left."""

    visit: str
    direction: GateDirection
    at_s: float


@dataclass(frozen=True, slots=True)
class GoodsMoved:
    """Goods have really changed place (for the truth alone)."""

    visit: str
    handling: Handling


Happening = ForceComing | FaultComing | GatePassed | GoodsMoved


class World:
    """Goods, shoppers and what they do to the racks.

    Attributes:
        standing_at_first: SKUs by plate before anybody comes, the foremost last.
    """

    def __init__(
        self,
        layout: StoreLayout,
        behaviour: Behaviour,
        *,
        seed: int,
        shoppers: int,
        troubles: Troubles | None = None,
    ) -> None:
        """Stock the store; nobody comes before :meth:`open_doors`.

        Args:
            layout: where everything is.
            behaviour: how people shop.
            seed: decides everything that is left to chance.
            shoppers: how many may be inside at a time.
            troubles: how often sensors fail; left out: never.
        """
        stock_rng, visit_rng, self._rng, self._fault_rng = (
            np.random.default_rng([seed, stream]) for stream in (0, 1, 2, 4)
        )
        self._layout, self._shoppers_max, self._pace = layout, shoppers, behaviour.pace
        goods = Goods(layout, stock_rng)
        self.standing_at_first = goods.units()
        self._standing = {rack: goods.standing(plates) for rack, plates in layout.racks.items()}
        self._troubles, self._faults_until_s = troubles or Troubles(), 0.0
        self._planner = VisitPlanner(layout, goods, behaviour, visit_rng)
        self._visits: list[Visit] = []
        self._order = itertools.count()
        self._admitted = 0
        self._coming: list[tuple[float, int, Happening]] = []  # heap: (at_s, order, happening)
        self._announced: dict[str, list[RackForce]] = defaultdict(list)  # not yet in _standing
        self._next_group_s, self._closes_s = math.inf, math.inf

    def open_doors(self, at_s: float, closes_s: float = math.inf) -> None:
        """Let shoppers in from ``at_s`` on; all are out again at ``closes_s``."""
        self._next_group_s, self._closes_s = at_s, closes_s

    def inside(self, at_s: float) -> tuple[Visit, ...]:
        """Visits whose shopper is in the store."""
        return tuple(visit for visit in self._visits if visit.enters_s <= at_s < visit.leaves_s)

    @property
    def is_over(self) -> bool:
        """Nobody will come any more and nothing more will happen."""
        return self._next_group_s == math.inf and self._closes_s < math.inf and not self._coming

    def advance(self, until_s: float) -> list[tuple[float, Happening]]:
        """What happens up to ``until_s``, in order of time: (at_s, happening)."""
        self._schedule_faults(until_s + FORCE_LEAD_S)
        while self._next_group_s <= until_s + FORCE_LEAD_S:
            self._admit_group(self._next_group_s)
            self._next_group_s += float(self._rng.uniform(*GROUP_EVERY_S)) / self._pace
            if self._next_group_s > self._closes_s:
                self._next_group_s = math.inf
        happened = []
        while self._coming and self._coming[0][0] <= until_s:
            at_s, _, happening = heapq.heappop(self._coming)
            happened.append((at_s, happening))
            if isinstance(happening, ForceComing):
                self._announced[happening.rack].append(happening.force)
        self._visits = [visit for visit in self._visits if visit.leaves_s > until_s - KEPT_S]
        return happened

    def rack_at(self, rack: str, at_s: float) -> tuple[Standing, tuple[RackForce, ...]]:
        """What a board must be told that is switched on at ``at_s``: what stands there, what is announced."""
        pending = []
        for force in self._announced[rack]:
            if ends_s(force) > at_s:
                pending.append(force)
            elif isinstance(force, PlateForce):
                self._standing[rack] = self._standing[rack].after(force)
        self._announced[rack] = pending
        return self._standing[rack], tuple(pending)

    def _schedule_faults(self, until_s: float) -> None:
        """Faults that begin up to ``until_s``, drawn stretch by stretch."""
        while self._faults_until_s <= until_s:
            from_s, self._faults_until_s = self._faults_until_s, self._faults_until_s + FAULTS_DRAWN_FOR_S
            for rack, plates in self._layout.racks.items():
                for fault in self._troubles.draw(
                    len(plates), from_s + FORCE_LEAD_S, self._faults_until_s + FORCE_LEAD_S, self._fault_rng
                ):
                    self._push(fault.from_s - FORCE_LEAD_S, FaultComing(rack, fault))

    def _admit_group(self, at_s: float) -> None:
        inside = sum(visit.leaves_s > at_s for visit in self._visits)
        size = int(self._rng.integers(1, GROUP_MAX + 1))
        for _ in range(min(size, self._shoppers_max - inside)):
            name = f"{NAMES[self._admitted % len(NAMES)]}-{self._admitted + 1}"
            visit = self._planner.plan(name, at_s + FORCE_LEAD_S, self._closes_s)
            if self._closes_s < math.inf and not visit.handlings:
                return  # too late to take anything
            self._admitted += 1
            self._visits.append(visit)
            self._schedule(visit)
            at_s += float(self._rng.uniform(0.6, 2.0)) / self._pace

    def _schedule(self, visit: Visit) -> None:
        self._push(visit.enters_s, GatePassed(visit.visit, GateDirection.ENTERED, visit.enters_s))
        for rack, force in visit.forces:
            self._push(begins_s(force) - FORCE_LEAD_S, ForceComing(rack, force))
        for handling in visit.handlings:
            self._push(handling.settled_s, GoodsMoved(visit.visit, handling))
        self._push(visit.leaves_s, GatePassed(visit.visit, GateDirection.LEFT, visit.leaves_s))

    def _push(self, at_s: float, happening: Happening) -> None:
        heapq.heappush(self._coming, (at_s, next(self._order), happening))
