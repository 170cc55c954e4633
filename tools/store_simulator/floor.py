"""Walking: who stands where and when, and the heels that the racks feel."""

from __future__ import annotations

import math

import numpy as np

from tools.store_simulator.body import Body
from tools.store_simulator.forces import Footstep, RackForce
from tools.store_simulator.layout import Metres2, StoreLayout

WALKING_M_PER_S = 1.1
STEPS_PER_S = 1.8
FOOTSTEP_G, FOOTSTEP_LOG_SIGMA = 3.2, 0.5
"""[g] ringing of an average plate after a heel beside its rack; falls off with the distance squared."""

FOOTSTEP_RANGE_M = 0.8
ELBOW_ROOM_M, CHANGE_OVER_S = 0.6, 0.5


class Floor:
    """The floor of one store: no two shoppers plan for one spot.

    Args:
        layout: where everything is.
        pace: [1] of walking, times normal.
        rng: decides how hard heels hit.
    """

    def __init__(self, layout: StoreLayout, pace: float, rng: np.random.Generator) -> None:
        self._layout, self._rng = layout, rng
        self._m_per_s = WALKING_M_PER_S * pace
        self._taken: list[tuple[Metres2, float, float]] = []  # (place, from_s, until_s)

    def way_s(self, from_m: Metres2, to_m: Metres2) -> float:
        """[s] to walk from one place to another."""
        return math.dist(from_m, to_m) / self._m_per_s + 0.05

    def arrive_s(self, body: Body, to_m: Metres2, stay_s: float) -> float:
        """[s] when somebody can be at a place that is then free for ``stay_s``."""
        depart_s, from_m, _ = body.waypoints[-1]
        arrive_s = depart_s + self.way_s(from_m, to_m)
        for taken_m, taken_s, until_s in sorted(self._taken, key=lambda taken: taken[2]):
            near = math.dist(to_m, taken_m) < ELBOW_ROOM_M
            if near and arrive_s < until_s and taken_s < arrive_s + stay_s:
                arrive_s = until_s + CHANGE_OVER_S
        return arrive_s

    def take(self, place_m: Metres2, from_s: float, until_s: float) -> None:
        """Claim a place; claims that have long run out are forgotten."""
        self._taken = [taken for taken in self._taken if taken[2] > from_s - 120.0]
        self._taken.append((place_m, from_s, until_s))

    def walk(
        self, body: Body, to_m: Metres2, arrive_s: float, direction: Metres2 | None = None
    ) -> list[tuple[str, RackForce]]:
        """Wait, and walk to a place so as to be there at ``arrive_s``; the footsteps as (rack, force)."""
        _, from_m, _ = body.waypoints[-1]
        depart_s = arrive_s - self.way_s(from_m, to_m)
        distance_m = math.dist(from_m, to_m)
        ahead = ((to_m[0] - from_m[0]) / (distance_m or 1.0), (to_m[1] - from_m[1]) / (distance_m or 1.0))
        if distance_m > 0.1:
            body.stand(depart_s, from_m, ahead)
            body.stand(max(arrive_s - 0.02, depart_s), to_m, ahead)
        body.stand(arrive_s, to_m, direction or ahead)
        return self._steps(from_m, to_m, depart_s, arrive_s)

    def _steps(
        self, from_m: Metres2, to_m: Metres2, depart_s: float, arrive_s: float
    ) -> list[tuple[str, RackForce]]:
        """Footsteps of a walk, felt by every rack according to its distance."""
        forces: list[tuple[str, RackForce]] = []
        count = round((arrive_s - depart_s) * STEPS_PER_S)
        for step in range(count):
            share = (step + 0.5) / count
            at_s = depart_s + share * (arrive_s - depart_s)
            place = (
                from_m[0] + share * (to_m[0] - from_m[0]),
                from_m[1] + share * (to_m[1] - from_m[1]),
            )
            strength_g = FOOTSTEP_G * float(self._rng.lognormal(0.0, FOOTSTEP_LOG_SIGMA))
            for rack in self._layout.racks:
                nearness = 1 / (1 + (self._layout.rack_distance_m(rack, place) / FOOTSTEP_RANGE_M) ** 2)
                forces.append((rack, Footstep(at_s, round(strength_g * nearness, 3))))
        return forces
