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
from tools.store_simulator.forces import Footstep, PlateForce, RackForce
from tools.store_simulator.goods import Goods
from tools.store_simulator.layout import StoreLayout
from tools.store_simulator.shoppers import Behaviour, Handling, Visit, VisitPlanner

FORCE_LEAD_S = 0.5
"""[s] forces are announced so long before they act, which covers the way to the board."""

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
class GatePassed:
    """Somebody entered or left."""

    visit: str
    direction: GateDirection


@dataclass(frozen=True, slots=True)
class GoodsMoved:
    """Goods have really changed place (for the truth alone)."""

    visit: str
    handling: Handling


Happening = ForceComing | GatePassed | GoodsMoved


class World:
    """Goods, shoppers and what they do to the racks."""

    def __init__(self, layout: StoreLayout, behaviour: Behaviour, *, seed: int, shoppers: int) -> None:
        """Stock the store; nobody comes before :meth:`open_doors`.

        Args:
            layout: where everything is.
            behaviour: how people shop.
            seed: decides everything that is left to chance.
            shoppers: how many may be inside at a time.
        """
        stock_rng, visit_rng, self._rng = (np.random.default_rng([seed, stream]) for stream in range(3))
        self._layout, self._shoppers_max, self._pace = layout, shoppers, behaviour.pace
        goods = Goods(layout, stock_rng)
        self._load_g = {
            rack: [goods.load_g(plate) for plate in plates] for rack, plates in layout.racks.items()
        }
        self._planner = VisitPlanner(layout, goods, behaviour, visit_rng)
        self._visits: list[Visit] = []
        self._order = itertools.count()
        self._admitted = 0
        self._coming: list[tuple[float, int, Happening]] = []  # heap: (at_s, order, happening)
        self._announced: dict[str, list[RackForce]] = defaultdict(list)  # not yet in _load_g
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
        self._visits = [visit for visit in self._visits if visit.leaves_s > until_s - 1.0]
        return happened

    def rack_at(self, rack: str, at_s: float) -> tuple[tuple[float, ...], tuple[RackForce, ...]]:
        """What a board must be told that is switched on at ``at_s``: [g] loads, and announced forces."""
        pending = []
        for force in self._announced[rack]:
            if ends_s(force) > at_s:
                pending.append(force)
            elif isinstance(force, PlateForce):
                self._load_g[rack][force.channel] += force.knots[-1][1]
        self._announced[rack] = pending
        return tuple(self._load_g[rack]), tuple(pending)

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
        self._push(visit.enters_s, GatePassed(visit.visit, GateDirection.ENTERED))
        for rack, force in visit.forces:
            self._push(begins_s(force) - FORCE_LEAD_S, ForceComing(rack, force))
        for handling in visit.handlings:
            self._push(handling.settled_s, GoodsMoved(visit.visit, handling))
        self._push(visit.leaves_s, GatePassed(visit.visit, GateDirection.LEFT))

    def _push(self, at_s: float, happening: Happening) -> None:
        heapq.heappush(self._coming, (at_s, next(self._order), happening))


def begins_s(force: RackForce) -> float:
    """[s] when the force starts to act."""
    return force.at_s if isinstance(force, Footstep) else force.knots[0][0]


def ends_s(force: RackForce) -> float:
    """[s] when the force has become load, or has spent itself but for the ringing."""
    return force.at_s if isinstance(force, Footstep) else force.knots[-1][0]
