"""What a shopper will do, decided at the gate: where to walk, what to take, what to put back.

``pace`` scales walking and dwelling alone. Hands obey physics at any pace: reaching, pressing and lifting
take the time they take, and a shopper handles nothing sooner than ``HANDLING_GAP_S`` after the last thing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from tools.store_simulator import acts
from tools.store_simulator.acts import Act, Handling
from tools.store_simulator.body import REACH_OUT_S, Body, Reach
from tools.store_simulator.floor import Floor
from tools.store_simulator.forces import Bump, RackForce
from tools.store_simulator.goods import Goods, Unit
from tools.store_simulator.layout import StoreLayout

HANDLING_GAP_S = 1.6
STOP_S = 4.5
"""[s] that a stop for one quick act takes at most at normal pace."""

LONG_STOP_S = STOP_S + acts.LONGEST_S + HANDLING_GAP_S
"""[s] that a stop takes at most at which something else is done first, or something slow."""

CRATE, CRATE_STOP_S = 6, STOP_S + 6 * (acts.QUICK_S + HANDLING_GAP_S)
"""[units] that the staff brings at a time, and [s] to set them down."""

BUMP_G = (15.0, 60.0)

Doing = Callable[[float], Act]
"""Start [s] -> what the hand then does."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How shoppers shop."""

    pace: float = 1.0  # [1] walking and dwelling, times normal
    items_max: int = 5  # [visits to a plate]
    put_back: float = 0.2  # [1] share of visits that put something back
    pair: float = 0.08  # [1] share of picks that take two units at once
    slow: float = 0.04  # [1] share of picks in which the weight leaves over seconds
    hold: float = 0.0  # [1] share of picks before which the goods are held where they stand
    touch: float = 0.08  # [1] share of stops at which the goods are felt first
    lean: float = 0.03  # [1] share of stops at which somebody leans on the shelf first
    adjust: float = 0.0  # [1] share of stops at which a unit is moved a little first
    change_mind: float = 0.0  # [1] share of stops at which goods are held first, and left
    bump: float = 0.02  # [1] share of arrivals at a shelf that knock against its rack
    staff: float = 0.05  # [1] share of visits that bring goods instead, once some are sold


@dataclass(slots=True)
class Visit:
    """One person's whole stay, planned."""

    visit: str
    enters_s: float
    body: Body
    leaves_s: float = 0.0
    forces: list[tuple[str, RackForce]] = field(default_factory=list)  # (rack, force)
    handlings: list[Handling] = field(default_factory=list)

    @property
    def last_handling_s(self) -> float:
        """[s] when the hands have last let go of goods."""
        return self.handlings[-1].settled_s if self.handlings else -math.inf


class VisitPlanner:
    """Plans visits one after the other; each knows what the earlier ones will take and where they stand."""

    def __init__(
        self, layout: StoreLayout, goods: Goods, behaviour: Behaviour, rng: np.random.Generator
    ) -> None:
        self._layout, self._goods, self._behaviour, self._rng = layout, goods, behaviour, rng
        self._floor = Floor(layout, behaviour.pace, rng)

    def plan(self, visit: str, enters_s: float, closes_s: float = math.inf) -> Visit:
        """Plan a whole visit; nothing is begun that could not be ended in time to be out at ``closes_s``."""
        planned = Visit(visit, enters_s, Body(height_m=float(self._rng.uniform(1.55, 1.92))))
        planned.body.stand(enters_s, self._layout.gate_m, (1.0, 0.0))
        lacking = self._goods.sold(CRATE)
        if lacking and self._chance(self._behaviour.staff):
            self._bring(planned, str(self._rng.choice(lacking)), closes_s)
        else:
            self._shop(planned, closes_s)
        now_s, here_m, _ = planned.body.waypoints[-1]
        planned.leaves_s = now_s + self._floor.way_s(here_m, self._layout.gate_m)
        planned.forces += self._floor.walk(planned.body, self._layout.gate_m, planned.leaves_s)
        return planned

    def _shop(self, planned: Visit, closes_s: float) -> None:
        held: list[tuple[str, tuple[Unit, ...]]] = []  # (plate, units taken from it)
        for _ in range(int(self._rng.integers(1, self._behaviour.items_max + 1))):
            stocked = self._goods.stocked(3)
            if not stocked:
                break
            plate = str(self._rng.choice(stocked))
            if not self._is_time_for(planned, plate, STOP_S, closes_s):
                break
            at_leisure = self._is_time_for(planned, plate, LONG_STOP_S, closes_s)
            before = self._before_taking(plate) if at_leisure else None
            units = self._goods.take(plate, 2 if self._chance(self._behaviour.pair) else 1)
            if before is not None:
                self._stop(planned, plate, LONG_STOP_S, [before, self._taking(units)])
            elif at_leisure and self._chance(self._behaviour.slow + self._behaviour.hold):
                self._stop(planned, plate, LONG_STOP_S, [self._taking_slowly(units)])
            else:
                self._stop(planned, plate, STOP_S, [self._taking(units)])
            held.append((plate, units))
        if held and self._chance(self._behaviour.put_back):
            plate, units = held[int(self._rng.integers(len(held)))]
            if self._is_time_for(planned, plate, STOP_S, closes_s):
                placed = self._goods.put(plate, units)
                self._stop(planned, plate, STOP_S, [lambda at_s: acts.put_down(self._rng, at_s, placed)])

    def _bring(self, planned: Visit, plate: str, closes_s: float) -> None:
        """Set a crate of new units down, one by one."""
        if self._is_time_for(planned, plate, CRATE_STOP_S, closes_s):
            brought = self._goods.restock(plate, CRATE)
            self._stop(planned, plate, CRATE_STOP_S, [self._putting(unit) for unit in brought])

    def _putting(self, unit: Unit) -> Doing:
        return lambda at_s: acts.put_down(self._rng, at_s, (unit,))

    def _taking(self, units: tuple[Unit, ...]) -> Doing:
        return lambda at_s: acts.take(self._rng, at_s, units)

    def _taking_slowly(self, units: tuple[Unit, ...]) -> Doing:
        slow = self._behaviour.slow / (self._behaviour.slow + self._behaviour.hold)
        act = acts.take_slowly if self._chance(slow) else acts.hold_and_take
        return lambda at_s: act(self._rng, at_s, units)

    def _before_taking(self, plate: str) -> Doing | None:
        """What a shopper does first at a stop: mostly nothing, seldom one thing, never two."""
        behaviour = self._behaviour
        beside = self._goods.neighbours[plate]
        shares = (behaviour.touch, behaviour.lean, behaviour.change_mind, behaviour.adjust if beside else 0.0)
        kind = int(np.searchsorted(np.cumsum(shares), self._rng.random(), side="right"))
        if kind == 0:
            return lambda at_s: acts.touch(self._rng, at_s, plate)
        if kind == 1:
            return lambda at_s: acts.lean(self._rng, at_s, plate)
        if kind == 2:
            held = self._goods.foremost(plate)
            return lambda at_s: acts.hold_and_leave(self._rng, at_s, (held,))
        if kind == 3 and beside:
            (unit,) = self._goods.take(plate, 1)
            (moved,) = self._goods.put(str(self._rng.choice(beside)), (unit,))
            return lambda at_s: acts.adjust(self._rng, at_s, unit, moved)
        return None

    def _is_time_for(self, planned: Visit, plate: str, stay_s: float, closes_s: float) -> bool:
        """Whether a stop there still leaves time for the way out."""
        there_m = self._layout.standing_m(plate)
        arrive_s = self._floor.arrive_s(planned.body, there_m, stay_s)
        return arrive_s + stay_s + self._floor.way_s(there_m, self._layout.gate_m) <= closes_s

    def _stop(self, planned: Visit, plate: str, stay_s: float, doings: Sequence[Doing]) -> None:
        """Walk to the plate and do one thing after the other."""
        place, front = self._layout.standing_m(plate), self._layout.facing_direction(plate)
        arrive_s = self._floor.arrive_s(planned.body, place, stay_s)
        planned.forces += self._floor.walk(planned.body, place, arrive_s, front)
        if self._chance(self._behaviour.bump):
            bumped, _ = self._layout.channel_of(plate)
            planned.forces.append((bumped, Bump(arrive_s, float(self._rng.uniform(*BUMP_G)))))
        dwell_s = float(self._rng.uniform(0.3, 1.2)) / self._behaviour.pace
        at_s = max(arrive_s + dwell_s, planned.last_handling_s + HANDLING_GAP_S) + REACH_OUT_S
        hand = str(self._rng.choice(["l", "r"]))
        for do in doings:
            act = do(at_s)
            for on_plate, force in act.forces:
                rack, channel = self._layout.channel_of(on_plate)
                planned.forces.append((rack, msgspec.structs.replace(force, channel=channel)))
            if act.handling is not None:
                planned.handlings.append(act.handling)
            reached_m = self._layout.grip_m(act.forces[0][0])
            planned.body.reaches.append(Reach(hand, reached_m, act.begins_s, act.ends_s + 0.05))
            leave_s, at_s = act.ends_s + REACH_OUT_S, act.ends_s + HANDLING_GAP_S
        planned.body.stand(leave_s, place, front)
        self._floor.take(place, arrive_s, leave_s)

    def _chance(self, share: float) -> bool:
        return bool(self._rng.random() < share)
