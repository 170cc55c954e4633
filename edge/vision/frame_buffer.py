"""The calm pictures of one camera that an event may ask for: few, from before and after every stir."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from edge.samples import NS_PER_S, Rgb
from edge.vision.thumbnail import Thumbnail

OPENING, RECENT = 4, 10
"""[frames] kept of a calm stretch: its first ones (after an event), and its last ones (before the next)."""

ENDED = 4
"""[frames] kept of its last ones when it has ended: motion has shown where it did."""

SPACING_S = 0.15
"""[s] Calm frames nearer to each other say nothing new."""

GUARD_S = 0.15
"""[s] A hand is in the picture before the plate feels it; the gate sees it a picture later."""


@dataclass(frozen=True, slots=True, eq=False)
class CalmFrame:
    """A picture in which nothing moves."""

    mono_ns: int
    rgb: Rgb  # [height, width, 3] the view's area alone
    small: Thumbnail  # the same, reduced
    stretch: int  # number of the calm stretch that it is of


class FrameBuffer:
    """A ring of calm frames, bounded in number and bytes.

    Args:
        memory_bytes: of pixels at most; two frames are kept in any case.
    """

    def __init__(self, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new buffer."""
        self._frames: list[CalmFrame] = []
        self._stretch = 0
        self._was_calm = False

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def pixel_bytes(self) -> int:
        """[bytes] of all pixels that are kept."""
        return sum(frame.rgb.nbytes for frame in self._frames)

    def update(self, area: Rgb, small: Thumbnail, mono_ns: int, *, calm: bool) -> None:
        """Take in the next picture.

        Args:
            area: [height, width, 3] the view's area; copied.
            small: the same, reduced.
            mono_ns: [ns] of the picture, later than all before.
            calm: whether nothing moves in it.
        """
        if not calm:
            if self._was_calm:
                self._thin(OPENING, ENDED)
                self._stretch += 1
            self._was_calm = False
            return
        if self._frames and self._frames[-1].rgb.shape != area.shape:
            self.reset()
        self._was_calm = True
        last = self._frames[-1] if self._frames else None
        if last and last.stretch == self._stretch and mono_ns - last.mono_ns < SPACING_S * NS_PER_S:
            return
        self._frames.append(CalmFrame(mono_ns, area.copy(), small, self._stretch))
        self._thin(OPENING, RECENT)
        while len(self._frames) > 2 and self.pixel_bytes > self._memory_bytes:
            del self._frames[0]

    def _thin(self, first: int, last: int) -> None:
        """Keep so many of the present stretch's frames, which are the latest of all."""
        count = sum(frame.stretch == self._stretch for frame in self._frames)
        begins = len(self._frames) - count
        if count > first + last:
            del self._frames[begins + first : len(self._frames) - last]

    def before(self, onset_ns: int, count: int, *, oldest_ns: int) -> tuple[CalmFrame, ...]:
        """The last ``count`` calm frames before a plate moved, of one stretch; empty if there are none."""
        guarded_ns = onset_ns - round(GUARD_S * NS_PER_S)
        earlier = [frame for frame in self._frames if oldest_ns <= frame.mono_ns <= guarded_ns]
        return tuple(frame for frame in earlier[-count:] if frame.stretch == earlier[-1].stretch)

    def after(
        self, settled_ns: int, count: int, *, beyond: int = -1, whole: bool = False
    ) -> tuple[CalmFrame, ...]:
        """The first ``count`` calm frames after a plate came to rest, of one stretch; empty if none.

        Args:
            settled_ns: [ns] when it came to rest.
            count: [frames] wanted.
            beyond: number of a stretch; only later ones are asked for.
            whole: a stretch that ended with fewer frames is left out: a hand lay still for a moment.
        """
        later = [frame for frame in self._frames if frame.mono_ns >= settled_ns and frame.stretch > beyond]
        for stretch in dict.fromkeys(frame.stretch for frame in later):
            found = tuple(frame for frame in later if frame.stretch == stretch)[:count]
            if not whole or len(found) == count or stretch == self._stretch:
                return found
        return ()


def median_of(pictures: Sequence[Rgb]) -> Rgb:
    """The median picture, pixel by pixel: noise and passing reflections go."""
    if len(pictures) == 1:
        return pictures[0]
    if len(pictures) == 3:
        first, second, third = pictures
        return np.asarray(
            cv2.max(cv2.min(first, second), cv2.min(cv2.max(first, second), third)), dtype=np.uint8
        )
    return np.asarray(np.median(np.stack(pictures), axis=0), dtype=np.uint8)
