"""Options of the cameras and of what is made of their pictures."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from edge.config.section import Name, NonNegative, PlateName, Positive, Section
from edge.yaml_file import FieldError

Pixels = Annotated[int, msgspec.Meta(ge=16, le=16_384)]
PictureRate = Annotated[float, msgspec.Meta(ge=0.2, le=60)]
PixelPoint = tuple[
    Annotated[float, msgspec.Meta(ge=-1e5, le=1e5)], Annotated[float, msgspec.Meta(ge=-1e5, le=1e5)]
]

STREAMS = ("rtsp", "rtsps", "http", "https")
"""Kinds of network cameras, by the beginning of their address."""


class SourceKind(StrEnum):
    """Where a camera's pictures come from."""

    DEVICE = "device"  # a USB or CSI camera of this machine, Video4Linux2
    STREAM = "stream"  # a network camera: RTSP, or MJPEG over HTTP
    FOLDER = "folder"  # pictures that appear in a folder, named by their time


class CameraSection(Section, frozen=True, kw_only=True):
    """One camera that looks at shelves of this node."""

    camera: Name  # of your choice, unique on the node
    source: Annotated[
        str, msgspec.Meta(min_length=1, max_length=2000)
    ]  # /dev/..., rtsp://..., http://..., or a folder
    username: str = ""  # of a network camera; empty: none
    password_file: str = ""  # file with the password on its first line
    calibration: str = ""  # file; empty: calibration/camera-<camera>.yaml beside this file
    rate_hz: PictureRate = 5.0  # [Hz] pictures to look at; a faster camera's others are skipped
    size_px: tuple[Pixels, Pixels] | None = (
        None  # [px] width and height to ask of a device; its own if left out
    )
    latency_s: Annotated[float, msgspec.Meta(ge=0, le=10)] = (
        0.0  # [s] from light to arrival, of a stream or device
    )
    lost_after_s: Annotated[float, msgspec.Meta(ge=0.5, le=600)] = (
        5.0  # [s] without a picture is a lost camera
    )
    frozen_after_s: Annotated[float, msgspec.Meta(ge=1, le=86_400)] = (
        60.0  # [s] of pictures equal to the last bit: frozen
    )
    clock_off_s: Positive = (
        10.0  # [s] by which the times of a folder's pictures may differ from their arrival
    )

    @property
    def kind(self) -> SourceKind:
        """Where its pictures come from."""
        if self.source.startswith("/dev/"):
            return SourceKind.DEVICE
        return SourceKind.STREAM if "://" in self.source else SourceKind.FOLDER

    def __post_init__(self) -> None:
        if (
            self.kind is SourceKind.STREAM
            and (scheme := self.source.partition("://")[0].lower()) not in STREAMS
        ):
            raise FieldError(
                "source", "a kind of address that no camera has", found=f"{scheme}://",
                expected=f"{', '.join(each + '://' for each in STREAMS)}, a device or a folder",
            )  # fmt: skip
        if self.kind is SourceKind.STREAM and "@" in urlsplit(self.source).netloc:
            raise FieldError(
                "source", "a password in an address is read by everybody",
                expected="`username` and `password_file` instead",
            )  # fmt: skip
        if self.kind is not SourceKind.STREAM and (self.username or self.password_file):
            raise FieldError("username", "only a network camera asks for one")
        if self.lost_after_s * self.rate_hz < 2:
            raise FieldError(
                "lost_after_s", "shorter than two pictures", found=f"{self.lost_after_s:g} s",
                expected=f"at least {2 / self.rate_hz:g} s at this `rate_hz`",
            )  # fmt: skip
        if self.size_px and self.kind is not SourceKind.DEVICE:
            raise FieldError("size_px", "only a device can be asked for a size")


class VisionSection(Section, frozen=True, kw_only=True):
    """What is made of the pictures."""

    gallery: str = "gallery"  # directory of the enrolled SKUs
    model: str = ""  # file of the embedding network; empty: the one that comes with Steelyard
    calm_s: Annotated[float, msgspec.Meta(ge=0, le=10)] = 0.4  # [s] without motion until a picture is calm
    median_frames: Annotated[int, msgspec.Meta(ge=1, le=9)] = 3  # [frames] of which the median is looked at
    before_max_s: Positive = 60.0  # [s] age of the last calm frame before an event at most
    wait_s: Annotated[float, msgspec.Meta(ge=0.1, le=60)] = 6.0  # [s] for a calm frame after an event
    memory_mb: Annotated[int, msgspec.Meta(ge=8, le=4096)] = 16  # [MB] of calm frames a camera
    self_labelling: bool = False  # enrol crops of events that weight alone decides
    evidence: bool = True  # publish crops and weight trace of every event
    evidence_px: Pixels = 320  # [px] longer side of a published crop at most


class ViewPlane(StrEnum):
    """The plane of the shelf that a view maps to the picture."""

    FRONT = "front"  # the fronts of the plates and the goods above them, of any number of shelves
    TOP = "top"  # the surface of one shelf's plates, seen from above


class ViewMethod(StrEnum):
    """How the corners of a view were found."""

    CLICKS = "clicks"
    MARKS = "marks"  # ArUco marks, which a later check can find again


class ViewEntry(Section, frozen=True, kw_only=True):
    """One calibration of a camera's view, as it was accepted."""

    date: str  # ISO 8601, UTC
    method: ViewMethod
    plane: ViewPlane
    plates: Annotated[
        tuple[PlateName, ...], msgspec.Meta(min_length=1)
    ]  # whose common rectangle the corners are
    size_px: tuple[Pixels, Pixels]  # [px] width and height of the picture
    corners_px: tuple[
        PixelPoint, PixelPoint, PixelPoint, PixelPoint
    ]  # [px] top left, top right, bottom right, bottom left as one faces the shelf
    residual_px: NonNegative = 0.0  # [px] largest shift between the pictures that it was made from


class ViewCalibration(Section, frozen=True, kw_only=True):
    """``configs/calibration/camera-<camera>.yaml``; written by tools alone."""

    version: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1  # of this file's layout
    camera: Name
    view: ViewEntry  # in force
    history: tuple[ViewEntry, ...] = ()  # earlier ones, oldest first
