"""Who is in the store: positions only, no appearance."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from edge.payload import Level, Payload, Point


class KeyPoint(msgspec.Struct, frozen=True):
    """A tracked body point. Lost points are left out of their target."""

    at: Point  # [m] store frame
    score: float = 1.0  # [1] tracker's confidence


class Target(msgspec.Struct, frozen=True):
    """One tracked person in one frame: positions only, no appearance."""

    visit: Level
    points: dict[str, KeyPoint]  # head, neck, l_wrist, r_wrist, l_elbow, ...


class TrackFrame(Payload, frozen=True, kw_only=True):
    """All tracked people at one instant."""

    t: float  # [s] time of the frame, not of its arrival
    targets: tuple[Target, ...]


class GateDirection(StrEnum):
    """Which way somebody went through the gate."""

    ENTERED = "entered"
    LEFT = "left"


class GateEvent(Payload, frozen=True, kw_only=True):
    """A visit began or ended."""

    visit: Level
    direction: GateDirection
    t: float  # [s]
