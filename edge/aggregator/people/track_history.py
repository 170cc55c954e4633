"""The track frames of the last minutes, in order of their own times."""

from __future__ import annotations

import bisect
import math
from collections import deque
from collections.abc import Sequence

from edge.messages import TrackFrame

HISTORY_S = 300.0
"""[s] Frames kept behind the newest: events may arrive so late and still find their people."""

STEP_S, AGREEING = 3.0, 3
"""[s, frames] Frames follow each other within that time. One that steps farther may be dated wrongly, and
counts as the present only when so many in a row say the same, or anything else has told of its time."""

LOT = 256
"""[frames] Forgetting in lots keeps adding cheap."""


class TrackHistory:
    """Frames by time, however late they came.

    A frame far ahead of all others is kept, and is found by its time, but neither ends the waiting for the
    frames between nor drops what is old beside it. When the tracker's clock has jumped, its next frames agree
    on that.
    """

    def __init__(self) -> None:
        self._times: list[float] = []
        self._frames: list[TrackFrame] = []
        self._latest: deque[float] = deque(maxlen=AGREEING)  # [s] times in the order of arrival
        self._newest = -math.inf

    def __reduce__(self) -> tuple[type[TrackHistory], tuple[()]]:
        """Tracks are in no snapshot: the track log recalls them."""
        return TrackHistory, ()

    @property
    def newest(self) -> float:
        """[s] until when frames have come; -inf before the first."""
        return self._newest

    def add(self, frame: TrackFrame, *, known_s: float = -math.inf) -> None:
        """Take in one frame.

        Args:
            frame: in any order.
            known_s: [s] latest time that anything but a tracker told of.
        """
        place = bisect.bisect_right(self._times, frame.t)
        self._times.insert(place, frame.t)
        self._frames.insert(place, frame)
        self._latest.append(frame.t)
        present = max(self._newest, known_s)
        agree = len(self._latest) == AGREEING and max(self._latest) - min(self._latest) <= STEP_S
        if self._newest < frame.t <= present + STEP_S or present == -math.inf:
            self._newest = frame.t
        elif agree and abs(frame.t - self._newest) > STEP_S:
            self._jump(max(self._latest))
        self._forget()

    def window(self, start: float, end: float) -> Sequence[TrackFrame]:
        """Frames with ``start <= t <= end``."""
        start = max(start, self._newest - HISTORY_S)
        return self._frames[bisect.bisect_left(self._times, start) : bisect.bisect_right(self._times, end)]

    def _jump(self, newest: float) -> None:
        """Begin anew at another time; what a clock said that was ahead of it is wrong."""
        ahead = bisect.bisect_right(self._times, newest)
        del self._times[ahead:], self._frames[ahead:]
        self._newest = newest

    def _forget(self) -> None:
        outdated = bisect.bisect_left(self._times, self._newest - HISTORY_S)
        if outdated > LOT:
            del self._times[:outdated], self._frames[:outdated]
        ahead = bisect.bisect_right(self._times, self._newest + HISTORY_S)
        if len(self._times) - ahead > LOT:
            del self._times[ahead:], self._frames[ahead:]
