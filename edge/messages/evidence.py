"""Node to whoever asks: what an event looked like to scale and camera, and what plates weigh now."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from edge.messages.shelf import EventIdentity
from edge.payload import Count, Level, Payload


class NothingSeen(StrEnum):
    """Why the cameras say nothing of an event."""

    NOT_IN_VIEW = "not_in_view"  # no camera sees these plates
    CAMERA_LOST = "camera_lost"  # it gives no pictures
    NO_CALM_FRAME = "no_calm_frame"  # a hand was in the shelf before, or ever after
    OCCLUDED = "occluded"  # something stands between camera and goods
    BLURRED = "blurred"
    DARK = "dark"
    MOVED_CAMERA = "moved_camera"
    NOTHING_CHANGED = "nothing_changed"  # the same picture before and after
    NOT_ENROLLED = "not_enrolled"  # goods were seen, and there is no gallery to know them by


class CropSide(StrEnum):
    """Which of the two pictures of an event a crop is of."""

    BEFORE = "before"  # what a pick took away is here
    AFTER = "after"  # what a return brought is here


class Crop(msgspec.Struct, frozen=True):
    """A part of a picture: goods on a shelf, nothing else."""

    camera: str
    side: CropSide
    t: float  # [s] of the picture
    box_px: tuple[int, int, int, int]  # [px] left, top, width, height in the camera's picture
    jpeg: bytes  # base64 in JSON


class PlateTrace(msgspec.Struct, frozen=True):
    """One plate's weight around an event."""

    plate: str
    t_first: float  # [s] of the first value
    period_s: float  # [s] between values
    grams: Annotated[tuple[float | None, ...], msgspec.Meta(max_length=2000)]  # [g]; null: no reading


class NodeTrace(Payload, frozen=True, kw_only=True):
    """What plates weigh now, for somebody who looks at them; said only while somebody does."""

    node: Level
    boot: str
    traces: Annotated[tuple[PlateTrace, ...], msgspec.Meta(max_length=64)] = ()


class EventEvidence(Payload, frozen=True, kw_only=True):
    """What one event was decided from. A higher ``revision`` replaces a lower one."""

    node: Level
    boot: str
    seq: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    revision: Count = 0
    crops: Annotated[
        tuple[Crop, ...], msgspec.Meta(max_length=8)
    ] = ()  # what changed, both times; then the slots of the plates with what stands beside them, both times
    nothing_seen: NothingSeen | None = None  # why no goods are told by the pictures
    traces: Annotated[tuple[PlateTrace, ...], msgspec.Meta(max_length=64)] = ()

    @property
    def identity(self) -> EventIdentity:
        """(node, boot, seq) of the event."""
        return EventIdentity(self.node, self.boot, self.seq)
