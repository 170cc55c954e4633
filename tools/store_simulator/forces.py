"""What acts on a rack: the lines that the world sends to its boards, ahead of time.

One JSON object a line; a board keeps what lies in the future until its samples get there.
"""

from __future__ import annotations

import msgspec

from tools.store_simulator.load_cell.corner import Place


class PlateForce(msgspec.Struct, frozen=True, tag="plate_force"):
    """A force on one plate, linear between its knots; the last one stays for ever."""

    channel: int  # plate by its column
    knots: tuple[tuple[float, float], ...]  # (at_s, g); g relative to before, the first is 0
    kick_at_s: float = 0.0  # [s] instant of the impact, if there is one
    kick_g: float = 0.0  # [g] amplitude of the plate's own ringing that the impact starts
    place: Place = (0.0, 0.0)  # where on the plate


class Footstep(msgspec.Struct, frozen=True, tag="footstep"):
    """A heel hits the floor near the rack."""

    at_s: float
    kick_g: float  # [g] amplitude of the ringing on a plate of average sensitivity


class Bump(msgspec.Struct, frozen=True, tag="bump"):
    """A trolley or a hip hits the frame: harder than a heel, and felt by the frame alone."""

    at_s: float
    kick_g: float  # [g] likewise


class Standing(msgspec.Struct, frozen=True):
    """What stands on the plates of a rack."""

    load_g: tuple[float, ...]  # [plate] g
    moment_g: tuple[Place, ...]  # [plate] g times where it stands, summed over all things

    def after(self, force: PlateForce) -> Standing:
        """What stands there when a force has run out."""
        load_g, moment_g = list(self.load_g), list(self.moment_g)
        grams, (right, back) = force.knots[-1][1], force.place
        load_g[force.channel] += grams
        x, y = moment_g[force.channel]
        moment_g[force.channel] = (x + grams * right, y + grams * back)
        return Standing(tuple(load_g), tuple(moment_g))


RackForce = PlateForce | Footstep | Bump

encoder = msgspec.json.Encoder()
decoder: msgspec.json.Decoder[RackForce] = msgspec.json.Decoder(RackForce)


def begins_s(force: RackForce) -> float:
    """[s] when the force starts to act."""
    return force.knots[0][0] if isinstance(force, PlateForce) else force.at_s


def ends_s(force: RackForce) -> float:
    """[s] when the force has become load, or has spent itself but for the ringing."""
    return force.knots[-1][0] if isinstance(force, PlateForce) else force.at_s
