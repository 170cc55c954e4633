"""The simulated store's floor plan, derived from the same files that its nodes read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from edge.planogram import Box, Catalogue, Metres3, Planogram

STANDING_M = 0.45
"""[m] from the shelf's front edge to where a shopper stands who takes something."""

GRIP_ABOVE_PLATE_M = 0.12
GRIP_DEPTH_M = 0.12

Metres2 = tuple[float, float]


@dataclass(frozen=True, slots=True)
class StoreLayout:
    """Where things and people can be."""

    planogram: Planogram
    catalogue: Catalogue
    racks: Mapping[str, tuple[str, ...]]  # rack -> plates in channel order
    gate_m: Metres2 = (-1.2, -1.2)

    def channel_of(self, plate: str) -> tuple[str, int]:
        """Rack and channel of a plate."""
        for rack, plates in self.racks.items():
            if plate in plates:
                return rack, plates.index(plate)
        raise KeyError(plate)

    def standing_m(self, plate: str) -> Metres2:
        """[m] where a shopper stands in front of the plate."""
        return _front(self.planogram.plates[plate], -STANDING_M)

    def grip_m(self, plate: str) -> Metres3:
        """[m] where the wrist is while the hand holds the foremost goods of the plate."""
        box = self.planogram.plates[plate]
        return (*_front(box, GRIP_DEPTH_M), box.corner_m[2] + GRIP_ABOVE_PLATE_M)

    def facing_direction(self, plate: str) -> Metres2:
        """Unit vector of a shopper who looks at the plate."""
        yaw = self.planogram.plates[plate].yaw_rad
        return (-math.sin(yaw), math.cos(yaw))

    def rack_distance_m(self, rack: str, point_m: Metres2) -> float:
        """[m] on the floor from a point to the nearest plate of the rack."""
        return min(
            math.dist(point_m, _front(self.planogram.plates[plate], 0.0)) for plate in self.racks[rack]
        )


def _front(box: Box, depth_m: float) -> Metres2:
    """[m] middle of the box's width, ``depth_m`` behind its front edge (negative: before it)."""
    cos, sin = math.cos(box.yaw_rad), math.sin(box.yaw_rad)
    half = box.size_m[0] / 2
    x, y, _ = box.corner_m
    return (x + cos * half - sin * depth_m, y + sin * half + cos * depth_m)
