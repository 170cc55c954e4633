"""What a camera is asked about an event, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from edge.messages import CropSide, NothingSeen, ShelfEvent
from edge.samples import CameraReport, Frame, Rgb

PictureEncoder = Callable[[Rgb], bytes]
"""JPEG of a crop."""


@dataclass(frozen=True, slots=True)
class Question:
    """What was seen of this event."""

    key: tuple[str, int]  # of the act: rack, and number
    plates: tuple[str, ...]  # that moved
    side: CropSide  # where its goods are seen: before a pick, after a return
    onset_ns: int  # [ns] mono, first motion
    settled_ns: int  # [ns] mono, start of the new level


@dataclass(frozen=True, slots=True, eq=False)
class SeenCrop:
    """A part of a picture that changed."""

    camera: str
    side: CropSide
    mono_ns: int  # [ns] of the picture
    box_px: tuple[int, int, int, int]  # [px] left, top, width, height in the camera's picture
    rgb: Rgb  # [height, width, 3]


@dataclass(frozen=True, slots=True, eq=False)
class Testimony:
    """The answer."""

    key: tuple[str, int]  # of the question
    mono_ns: int = 0  # [ns] last picture used; 0: none
    side: CropSide = CropSide.BEFORE  # where the goods are seen
    crops: tuple[SeenCrop, ...] = ()
    looks: tuple[Mapping[str, float], ...] = ()  # [nat] by SKU, one for each crop of that side
    nothing_seen: NothingSeen | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """An event as it is told after a camera saw it, and its crop: the gallery may learn from it."""

    event: ShelfEvent
    rgb: Rgb  # [height, width, 3] the only crop that shows what moved


class Witness(Protocol):
    """Whoever can be asked; see :class:`edge.vision.eyewitness.Eyewitness`."""

    def reset(self) -> None:
        """Forget everything."""
        ...

    def update(self, arrived: Frame | CameraReport) -> tuple[Testimony, ...]:
        """Take in a picture, or a camera's state; give the answers that became possible."""
        ...

    def ask(self, question: Question) -> tuple[Testimony, ...]:
        """Ask; the answer comes now, or by a later update."""
        ...

    def withdraw(self, key: tuple[str, int]) -> None:
        """The event of this question was none."""
        ...

    def flush(self) -> tuple[Testimony, ...]:
        """Answer what waits with what there is."""
        ...
