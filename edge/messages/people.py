"""Who is in the store: positions only, no appearance."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

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
    CONTINUED = "continued"  # nobody moved: the tracker calls somebody otherwise from now on


class GateMethod(StrEnum):
    """How the gate knew somebody."""

    UNKNOWN = ""
    QR = "qr"
    CARD = "card"
    DOOR = "door"  # a contact: somebody passed
    TRACKER = "tracker"  # its own entrance state
    STAFF = "staff"  # opened by hand


class Role(StrEnum):
    """What somebody does in the store."""

    SHOPPER = "shopper"
    GUEST = "guest"  # comes along on somebody's payment, or pays at the terminal
    STAFF = "staff"
    STOCKER = "stocker"
    TECHNICIAN = "technician"

    @property
    def is_crew(self) -> bool:
        """Whether nothing is charged: what they take and put is stock that moves."""
        return self in (Role.STAFF, Role.STOCKER, Role.TECHNICIAN)


Party = Annotated[str, msgspec.Meta(pattern=r"^[^/+#\x00-\x1f]*\Z", max_length=128)]
"""A name like that of a visit, or none."""

Credential = Annotated[str, msgspec.Meta(max_length=128)]
"""An opaque token of a payment or account, made by whoever keeps it; never a card's number."""


def looks_like_card_number(text: str) -> bool:
    """Whether 13 to 19 digits, however grouped, have the check digit of payment cards [ISO/IEC 7812-1]."""
    digits = [int(each) for each in text if each.isascii() and each.isdigit()]
    if not 13 <= len(digits) <= 19 or any(each.isalpha() for each in text):
        return False
    doubled = (2 * digit - 9 * (digit > 4) for digit in digits[-2::-2])
    return (sum(doubled) + sum(digits[::-2])) % 10 == 0


class GateEvent(Payload, frozen=True, kw_only=True):
    """A visit began or ended, or goes on under another name."""

    visit: Level  # one person, by the name that the tracker uses
    direction: GateDirection
    t: float  # [s]
    method: GateMethod = GateMethod.UNKNOWN
    credential: Credential = ""  # who pays
    group: Party = ""  # all who come in under this name share one ticket; it may be the host's visit
    role: Role = Role.SHOPPER
    formerly: Party = ""  # of CONTINUED: the name until now
