"""Frames in our MCAP files: the schema ``foxglove.CompressedImage``, which viewers show as pictures.

https://docs.foxglove.dev/docs/sdk/schemas/compressed-image; ``mono_ns`` is added, for the replay.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from edge.samples import NS_PER_S, Frame, Rgb

PICTURE_SCHEMA = "foxglove.CompressedImage"

PictureDecoder = Callable[[bytes], Rgb]
"""[h, w, 3] RGB of a JPEG. Raises ``SteelyardError`` when it is none."""


class _Time(msgspec.Struct, frozen=True):
    sec: int
    nsec: int


class CompressedImage(msgspec.Struct, frozen=True):
    """One picture, with the names that the schema gives."""

    timestamp: _Time  # UTC
    frame_id: str  # the camera
    data: bytes  # base64
    format: str  # "jpeg"
    mono_ns: int = 0


def encode_frame(frame: Frame, utc_ns: int) -> bytes:
    """JSON of a frame that comes with its JPEG.

    Raises:
        ValueError: it has none.
    """
    if not frame.jpeg:
        raise ValueError("a frame is recorded as JPEG, and this one has none")
    time = _Time(*divmod(max(utc_ns, 0), NS_PER_S))
    return msgspec.json.encode(CompressedImage(time, frame.camera, frame.jpeg, "jpeg", frame.mono_ns))


def decode_frame(data: bytes, decode_picture: PictureDecoder) -> Frame:
    """A frame from its JSON.

    Raises:
        ValueError, SteelyardError: it is no such picture.
    """
    image = msgspec.json.decode(data, type=CompressedImage)
    return Frame(image.frame_id, image.mono_ns, decode_picture(image.data), image.data)
