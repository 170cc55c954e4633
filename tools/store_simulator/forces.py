"""What acts on a rack: the lines that the world sends to its boards, ahead of time.

One JSON object a line; a board keeps what lies in the future until its samples get there.
"""

from __future__ import annotations

import msgspec


class PlateForce(msgspec.Struct, frozen=True, tag="plate_force"):
    """A force on one plate, linear between its knots; the last one stays for ever."""

    channel: int  # plate by its column
    knots: tuple[tuple[float, float], ...]  # (at_s, g); g relative to before, the first is 0
    kick_at_s: float = 0.0  # [s] instant of the impact, if there is one
    kick_g: float = 0.0  # [g] amplitude of the plate's own ringing that the impact starts


class Footstep(msgspec.Struct, frozen=True, tag="footstep"):
    """A heel hits the floor near the rack."""

    at_s: float
    kick_g: float  # [g] amplitude of the ringing on a plate of average sensitivity


RackForce = PlateForce | Footstep

encoder = msgspec.json.Encoder()
decoder: msgspec.json.Decoder[RackForce] = msgspec.json.Decoder(RackForce)
