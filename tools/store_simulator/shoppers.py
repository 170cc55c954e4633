"""What a shopper will do, decided at the gate: where to walk, what to take, what to put back.

``pace`` scales walking and dwelling alone. Hands obey physics at any pace: reaching, pressing and lifting
take the time they take, and a shopper handles nothing sooner than ``HANDLING_GAP_S`` after the last thing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from edge.messages import EventKind
from tools.store_simulator import hands
from tools.store_simulator.body import REACH_OUT_S, Body, Reach
from tools.store_simulator.forces import Footstep, PlateForce, RackForce
from tools.store_simulator.goods import Goods
from tools.store_simulator.layout import Metres2, StoreLayout

WALKING_M_PER_S = 1.1
STEPS_PER_S = 1.8
FOOTSTEP_G = 7.0
"""[g] ringing of an average plate after a heel beside its rack; falls off with the distance squared."""

FOOTSTEP_RANGE_M = 0.8
HANDLING_GAP_S = 1.6
ELBOW_ROOM_M, CHANGE_OVER_S = 0.6, 0.5
STOP_S = 4.5
"""[s] that a stop at a plate takes at most at normal pace."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How shoppers shop."""

    pace: float = 1.0  # [1] walking and dwelling, times normal
    items_max: int = 5  # [visits to a plate]
    put_back: float = 0.2  # [1] share of visits that put something back
    pair: float = 0.08  # [1] share of picks that take two units at once
    touch: float = 0.0  # [1] share of picks before which the shopper feels the goods


@dataclass(frozen=True, slots=True)
class Handling:
    """Goods change place: what the hand does and what becomes of it."""

    onset_s: float
    settled_s: float
    kind: EventKind
    sku: str
    plate: str
    units_g: tuple[float, ...]  # [g] each unit

    @property
    def delta_g(self) -> float:
        """[g] what the plate's load changes by."""
        return sum(self.units_g) if self.kind is EventKind.RETURN else -sum(self.units_g)


@dataclass(slots=True)
class Visit:
    """One shopper's whole stay, planned."""

    visit: str
    enters_s: float
    body: Body
    leaves_s: float = 0.0
    forces: list[tuple[str, RackForce]] = field(default_factory=list)  # (rack, force)
    handlings: list[Handling] = field(default_factory=list)


class Shelfside:
    """Who stands where and when, so that no two shoppers plan for one spot."""

    def __init__(self) -> None:
        self._taken: list[tuple[Metres2, float, float]] = []  # (place, from_s, until_s)

    def free_from(self, place_m: Metres2, arrive_s: float, stay_s: float) -> float:
        """[s] first instant from ``arrive_s`` on at which the place is free for ``stay_s``."""
        for taken_m, from_s, until_s in sorted(self._taken, key=lambda taken: taken[2]):
            near = math.dist(place_m, taken_m) < ELBOW_ROOM_M
            if near and arrive_s < until_s and from_s < arrive_s + stay_s:
                arrive_s = until_s + CHANGE_OVER_S
        return arrive_s

    def take(self, place_m: Metres2, from_s: float, until_s: float) -> None:
        """Claim a place; claims that have long run out are forgotten."""
        self._taken = [taken for taken in self._taken if taken[2] > from_s - 120.0]
        self._taken.append((place_m, from_s, until_s))


class VisitPlanner:
    """Plans visits one after the other; each knows what the earlier ones will take and where they stand."""

    def __init__(
        self, layout: StoreLayout, goods: Goods, behaviour: Behaviour, rng: np.random.Generator
    ) -> None:
        self._layout, self._goods, self._behaviour, self._rng = layout, goods, behaviour, rng
        self._shelfside = Shelfside()

    def plan(self, visit: str, enters_s: float, closes_s: float = math.inf) -> Visit:
        """Plan a whole visit; the shopper stops taking things in time to be out at ``closes_s``."""
        body = Body(height_m=float(self._rng.uniform(1.55, 1.92)))
        planned = Visit(visit, enters_s, body)
        body.stand(enters_s, self._layout.gate_m, (1.0, 0.0))
        last_handling_s = -math.inf
        for _ in range(int(self._rng.integers(1, self._behaviour.items_max + 1))):
            stocked = self._goods.stocked(2)
            if not stocked:
                break
            quantity = 2 if self._rng.random() < self._behaviour.pair else 1
            plate = str(self._rng.choice(stocked))
            if not self._is_time_for(planned, plate, closes_s):
                break
            units_g = self._goods.take(plate, quantity)
            last_handling_s = self._handle(planned, EventKind.PICK, plate, units_g, last_handling_s)
        if planned.handlings and self._rng.random() < self._behaviour.put_back:
            regretted = planned.handlings[int(self._rng.integers(len(planned.handlings)))]
            if self._is_time_for(planned, regretted.plate, closes_s):
                self._handle(planned, EventKind.RETURN, regretted.plate, regretted.units_g, last_handling_s)
                self._goods.put(regretted.plate, regretted.units_g)
        planned.leaves_s = self._walk(planned, self._layout.gate_m)
        return planned

    def _is_time_for(self, planned: Visit, plate: str, closes_s: float) -> bool:
        """Whether a stop there, after a wait for somebody else, still leaves time for the way out."""
        now_s, here_m, _ = planned.body.waypoints[-1]
        there_m = self._layout.standing_m(plate)
        way_m = math.dist(here_m, there_m) + math.dist(there_m, self._layout.gate_m)
        way_s = way_m / (WALKING_M_PER_S * self._behaviour.pace)
        return now_s + way_s + 2 * STOP_S <= closes_s

    def _handle(
        self, planned: Visit, kind: EventKind, plate: str, units_g: tuple[float, ...], last_handling_s: float
    ) -> float:
        """Walk to the plate and take or put; returns when the hand is done."""
        rng, pace = self._rng, self._behaviour.pace
        place = self._layout.standing_m(plate)
        feels = kind is EventKind.PICK and rng.random() < self._behaviour.touch
        arrive_s = self._walk(planned, place, self._layout.facing_direction(plate), STOP_S)
        at_s = (
            max(arrive_s + float(rng.uniform(0.3, 1.2)) / pace, last_handling_s + HANDLING_GAP_S)
            + REACH_OUT_S
        )
        rack, channel = self._layout.channel_of(plate)
        touched_s = at_s
        if feels:
            planned.forces.append((rack, hands.touch(rng, channel, at_s)))
            at_s += 1.6
        weight_g = sum(units_g)
        act = hands.lift if kind is EventKind.PICK else hands.put_down
        force: PlateForce = act(rng, channel, at_s, weight_g)
        planned.forces.append((rack, force))
        onset_s, settled_s = force.knots[0][0], force.knots[-1][0]
        planned.handlings.append(
            Handling(onset_s, settled_s, kind, self._goods.sku_at[plate], plate, units_g)
        )
        hand = str(rng.choice(["l", "r"]))
        planned.body.reaches.append(
            Reach(hand, self._layout.grip_m(plate), min(onset_s, touched_s), settled_s + 0.05)
        )
        leave_s = settled_s + REACH_OUT_S
        planned.body.stand(leave_s, place, self._layout.facing_direction(plate))
        self._shelfside.take(place, arrive_s, leave_s)
        return settled_s

    def _walk(
        self, planned: Visit, to_m: Metres2, direction: Metres2 | None = None, stay_s: float | None = None
    ) -> float:
        """Walk to a place, waiting first where one is until it is free; returns the arrival."""
        depart_s, from_m, _ = planned.body.waypoints[-1]
        distance_m = math.dist(from_m, to_m)
        speed = WALKING_M_PER_S * self._behaviour.pace
        walk_s = distance_m / speed + 0.05
        if stay_s is not None:
            depart_s = self._shelfside.free_from(to_m, depart_s + walk_s, stay_s) - walk_s
        arrive_s = depart_s + walk_s
        ahead = ((to_m[0] - from_m[0]) / (distance_m or 1.0), (to_m[1] - from_m[1]) / (distance_m or 1.0))
        if distance_m > 0.1:
            planned.body.stand(depart_s, from_m, ahead)
            planned.body.stand(max(arrive_s - 0.02, depart_s), to_m, ahead)
        self._step(planned, from_m, to_m, depart_s, arrive_s)
        planned.body.stand(arrive_s, to_m, direction or ahead)
        return arrive_s

    def _step(self, planned: Visit, from_m: Metres2, to_m: Metres2, depart_s: float, arrive_s: float) -> None:
        """Footsteps of a walk, felt by every rack according to its distance."""
        count = round((arrive_s - depart_s) * STEPS_PER_S)
        for step in range(count):
            share = (step + 0.5) / count
            at_s = depart_s + share * (arrive_s - depart_s)
            place = (
                from_m[0] + share * (to_m[0] - from_m[0]),
                from_m[1] + share * (to_m[1] - from_m[1]),
            )
            strength_g = FOOTSTEP_G * float(self._rng.lognormal(0.0, 0.35))
            for rack in self._layout.racks:
                nearness = 1 / (1 + (self._layout.rack_distance_m(rack, place) / FOOTSTEP_RANGE_M) ** 2)
                planned.forces.append((rack, Footstep(at_s, round(strength_g * nearness, 3))))
