"""Commands that break a simulated board, one JSON object a line.

``{"fault": "drop", "blocks": 5}`` and so on; the table is the classes below.
"""

from __future__ import annotations

from random import Random
from typing import Annotated

import msgspec

from firmware_bridge.errors import BoardCommandError
from firmware_bridge.simulated_board.board import SimulatedBoard

Some = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Channel = Annotated[int, msgspec.Meta(ge=0)]


class Fault(msgspec.Struct, frozen=True, tag_field="fault", forbid_unknown_fields=True):
    """What all commands share."""


class Stop(Fault, frozen=True, tag="stop"):
    """Fall silent."""


class Resume(Fault, frozen=True, tag="resume"):
    """Speak again."""


class Reboot(Fault, frozen=True, tag="reboot"):
    """Lose power for a moment."""


class Garbage(Fault, frozen=True, tag="garbage"):
    """Send bytes that mean nothing."""

    bytes: Some
    seed: int = 0


class Corrupt(Fault, frozen=True, tag="corrupt"):
    """Flip a bit in the next frames."""

    frames: Some


class Drop(Fault, frozen=True, tag="drop"):
    """Lose the next blocks on the line."""

    blocks: Some


class Overflow(Fault, frozen=True, tag="overflow"):
    """Lose the next samples on the board, which counts them."""

    samples: Some


class Stuck(Fault, frozen=True, tag="stuck"):
    """Repeat one reading for ever, or no longer."""

    channel: Channel
    on: bool = True


class Saturate(Fault, frozen=True, tag="saturate"):
    """Read the upper rail, or no longer."""

    channel: Channel
    on: bool = True


AnyFault = Stop | Resume | Reboot | Garbage | Corrupt | Drop | Overflow | Stuck | Saturate
_decoder: msgspec.json.Decoder[AnyFault] = msgspec.json.Decoder(AnyFault)


def decode_fault(line: bytes) -> AnyFault:
    """The command in one line.

    Raises:
        BoardCommandError: it is none of the above.
    """
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BoardCommandError(
            "not a command of a simulated board", where=line.decode(errors="replace")[:80], found=str(error)
        ) from error


def obey(board: SimulatedBoard, fault: AnyFault, *, mono_ns: int) -> bytes:
    """Put a fault on a board; returns bytes that go to the line at once.

    Raises:
        BoardCommandError: the board has no such channel.
    """
    if isinstance(fault, Stuck | Saturate) and fault.channel >= board.identity.channels:
        raise BoardCommandError(
            "no such channel", found=str(fault.channel), expected=f"0 to {board.identity.channels - 1}"
        )
    match fault:
        case Stop():
            board.silent = True
        case Resume():
            board.silent = False
        case Reboot():
            return board.reboot(mono_ns)
        case Garbage():
            return Random(fault.seed).randbytes(fault.bytes)  # noqa: S311 - noise, no secret
        case Corrupt():
            board.frames_to_corrupt += fault.frames
        case Drop():
            board.blocks_to_drop += fault.blocks
        case Overflow():
            board.samples_to_overflow += fault.samples
        case Stuck():
            board.stick(fault.channel, on=fault.on)
        case Saturate():
            board.saturate(fault.channel, on=fault.on)
    return b""
