"""A shopper's body as a function of time: a path on the floor and hands that reach."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from edge.payload import Point
from tools.store_simulator.layout import Metres2

SHOULDER_SHARE, NECK_SHARE, HIP_HAND_SHARE = 0.81, 0.86, 0.48
"""[1] heights as shares of the body's (anthropometric tables, standing adult)."""

HALF_SHOULDERS_M = 0.19
REACH_OUT_S = 0.45
"""[s] from the hip to the goods, and back."""


@dataclass(frozen=True, slots=True)
class Reach:
    """One hand is at one place for a while."""

    hand: str  # "l" or "r"
    target_m: Point
    arrive_s: float
    leave_s: float

    def share(self, at_s: float) -> float:
        """[1] how far the hand is on its way: 0 at the hip, 1 at the target."""
        if at_s < self.arrive_s:
            way = 1 - (self.arrive_s - at_s) / REACH_OUT_S
        else:
            way = 1 - max(at_s - self.leave_s, 0.0) / REACH_OUT_S
        way = min(max(way, 0.0), 1.0)
        return way * way * (3 - 2 * way)  # minimum-jerk-like: slow, fast, slow


@dataclass(slots=True)
class Body:
    """Where a shopper is and looks, from entering to leaving."""

    height_m: float
    waypoints: list[tuple[float, Metres2, Metres2]] = field(default_factory=list)  # (at_s, place, direction)
    reaches: list[Reach] = field(default_factory=list)

    def stand(self, at_s: float, place_m: Metres2, direction: Metres2) -> None:
        """Be at a place at an instant; between two of these the shopper walks or waits."""
        self.waypoints.append((at_s, place_m, direction))

    def place_m(self, at_s: float) -> Metres2:
        """[m] on the floor."""
        times = [waypoint[0] for waypoint in self.waypoints]
        return (
            float(np.interp(at_s, times, [waypoint[1][0] for waypoint in self.waypoints])),
            float(np.interp(at_s, times, [waypoint[1][1] for waypoint in self.waypoints])),
        )

    def key_points(self, at_s: float) -> dict[str, Point]:
        """[m] all tracked points, store frame."""
        times = [waypoint[0] for waypoint in self.waypoints]
        look = [
            float(np.interp(at_s, times, [waypoint[2][axis] for waypoint in self.waypoints]))
            for axis in (0, 1)
        ]
        length = math.hypot(*look) or 1.0
        ahead = (look[0] / length, look[1] / length)
        x, y = self.place_m(at_s)

        def beside(side_m: float, ahead_m: float, z_m: float) -> Point:
            return (
                x + ahead[1] * side_m + ahead[0] * ahead_m,
                y - ahead[0] * side_m + ahead[1] * ahead_m,
                z_m,
            )

        points = {"head": beside(0, 0.05, self.height_m), "neck": beside(0, 0, NECK_SHARE * self.height_m)}
        for hand, sign in (("l", -1), ("r", 1)):
            shoulder = beside(sign * HALF_SHOULDERS_M, 0, SHOULDER_SHARE * self.height_m)
            hip = beside(sign * (HALF_SHOULDERS_M + 0.06), 0.05, HIP_HAND_SHARE * self.height_m)
            reach = max(
                (reach for reach in self.reaches if reach.hand == hand),
                key=lambda reach: reach.share(at_s),
                default=None,
            )
            share = reach.share(at_s) if reach else 0.0
            wrist = _between(hip, reach.target_m, share) if reach else hip
            elbow = _between(shoulder, wrist, 0.5)
            points |= {
                f"{hand}_shoulder": shoulder,
                f"{hand}_elbow": (elbow[0], elbow[1], elbow[2] - 0.10 * share),
                f"{hand}_wrist": wrist,
            }
        return points


def _between(start: Point, end: Point, share: float) -> Point:
    x, y, z = (a + (b - a) * share for a, b in zip(start, end, strict=True))
    return (x, y, z)
