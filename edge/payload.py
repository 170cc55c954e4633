"""What all payloads share: the bounds of their fields, their schema version, and how they become JSON."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec

from edge.errors import MessageError

SCHEMA = 1
"""Major version of all payloads."""

MAX_PAYLOAD_BYTES = 262_144
"""Larger payloads are refused unread: an event with a long trace and crops is under 200 kB."""

Coordinate = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
"""[m] within any building; its square is far from the end of a double."""

Point = tuple[Coordinate, Coordinate, Coordinate]
"""[m] x along the wall, y into the shelf, z up, in the store's frame."""

Grams = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
"""[g] more than any shelf bears; its square is far from the end of a double."""

Level = Annotated[str, msgspec.Meta(pattern=r"^[^/+#\x00]+\Z", max_length=128)]
"""A name that becomes one level of a topic."""

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A number that every JSON reader and database holds exactly."""

Probability = Annotated[float, msgspec.Meta(ge=-1e-9, le=1 + 1e-9)]
"""[1] with room for the rounding of sums."""


class Payload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """What all payloads share."""

    schema: int = SCHEMA


PayloadT = TypeVar("PayloadT")

_encoder = msgspec.json.Encoder(order="deterministic")
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


class _Envelope(msgspec.Struct):
    schema: int = SCHEMA


_envelope_decoder = msgspec.json.Decoder(_Envelope)


def encode(payload: Any) -> bytes:
    """JSON bytes of a payload; equal payloads give equal bytes."""
    return _encoder.encode(payload)


def decode(data: bytes, kind: type[PayloadT] | Any, *, source: str) -> PayloadT:
    """Decode and validate one payload.

    Args:
        data: the bytes as received.
        kind: payload type, or union of tagged types.
        source: topic or table that the bytes came from, for the error.

    Raises:
        MessageError: oversized, not JSON, of another shape, or of a newer major schema.
    """
    if len(data) > MAX_PAYLOAD_BYTES:
        raise MessageError(
            "payload too large", where=source, found=f"{len(data)} bytes",
            expected=f"at most {MAX_PAYLOAD_BYTES}", fix="Split it or raise the sender's compression.",
        )  # fmt: skip
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders.setdefault(kind, msgspec.json.Decoder(kind))
    try:
        schema = _envelope_decoder.decode(data).schema
        if schema == SCHEMA:
            return decoder.decode(data)  # type: ignore[no-any-return]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:  # nested too deep
        raise MessageError(
            f"malformed payload: {error}", where=source, found=repr(data[:60]),
            fix="Compare the sender with edge/messages/.",
        ) from error  # fmt: skip
    raise MessageError(
        "payload of another schema", where=source, found=f"schema {schema}", expected=f"schema {SCHEMA}",
        fix="Update the older of the two sides.",
    )  # fmt: skip
