"""Who did it: how well each tracked visit's hands and head explain an event."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Sequence

import numpy as np

from edge.aggregator.entries import VisitLikelihood
from edge.config import AttributionSection
from edge.messages import ShelfEvent, Target, TrackFrame
from edge.planogram import Box, Planogram

HISTORY_S = 300.0
"""[s] Frames kept behind the newest: events may arrive so late and still find their people."""

WRISTS = ("l_wrist", "r_wrist")
HEADS = ("head", "neck")

MIN_SCORE = 0.2
"""[1] Key points below are guesses of the tracker."""

STRAY = 0.02
"""[1] Mass of the heavy tails: a tracker now and then puts a hand where none is."""

STRAY_M = 0.6
"""[m] How far such errors reach (mean of an exponential)."""

HEAD_PENALTY = math.log(0.3)
"""[nat] A head near the shelf says less than a hand in it."""

UNSEEN = math.log(0.02)
"""[nat] Log-likelihood of a visit in the store that no frame of the window shows."""


class TrackHistory:
    """Track frames of the last minutes in order of their own time, however late they came."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._frames: list[TrackFrame] = []

    def add(self, frame: TrackFrame) -> None:
        """Take in one frame; frames older than the history are dropped."""
        if self._times and frame.t < self._times[-1] - HISTORY_S:
            return
        index = bisect.bisect_right(self._times, frame.t)
        self._times.insert(index, frame.t)
        self._frames.insert(index, frame)
        outdated = bisect.bisect_left(self._times, self._times[-1] - HISTORY_S)
        if outdated > 256:  # dropping in lots keeps adding cheap
            del self._times[:outdated], self._frames[:outdated]

    @property
    def newest(self) -> float:
        """Time of the newest frame [s]; -inf before the first."""
        return self._times[-1] if self._times else -math.inf

    def window(self, start: float, end: float) -> Sequence[TrackFrame]:
        """Frames with ``start <= t <= end``."""
        return self._frames[bisect.bisect_left(self._times, start) : bisect.bisect_right(self._times, end)]


class Attribution:
    """Judges events by the tracks around them."""

    def __init__(self, planogram: Planogram, options: AttributionSection) -> None:
        self._planogram, self._options = planogram, options

    def window_of(self, event: ShelfEvent) -> tuple[float, float]:
        """[s] the time in which the hand that did it must have been there."""
        return event.t_onset - self._options.window_s, event.t_settled + self._options.window_s

    def judge(
        self, event: ShelfEvent, history: TrackHistory, present: Iterable[str]
    ) -> tuple[VisitLikelihood, ...]:
        """Log-likelihood of every visit, against "nobody who is tracked" at 0.

        Args:
            event: what happened.
            history: frames known so far.
            present: visits that were in the store then, tracked or not.
        """
        boxes = self._planogram.box_of(plate.plate for plate in event.plates)
        nobody = math.log(max(self._options.nobody, 1e-12))
        seen: dict[str, list[Target]] = {}
        for frame in history.window(*self.window_of(event)):
            for target in frame.targets:
                seen.setdefault(target.visit, []).append(target)
        judged = []
        for visit in sorted({*seen, *present}):
            log_likelihood, hand_m = self._fit(seen.get(visit, []), boxes)
            judged.append(
                VisitLikelihood(
                    visit,
                    round(log_likelihood - nobody, 6),
                    None if hand_m is None else round(hand_m, 4),
                )
            )
        return tuple(judged)

    def _fit(self, targets: list[Target], boxes: tuple[Box, ...]) -> tuple[float, float | None]:
        """Log-likelihood and nearest hand [m] of one person over the window."""
        if not targets or not boxes:
            return UNSEEN, None
        hand_m = _nearest(targets, WRISTS, boxes)
        if hand_m is not None:
            return _log_reach(hand_m, self._options.hand_sigma_m), hand_m
        head_m = _nearest(targets, HEADS, boxes, level=True)
        if head_m is not None:
            beyond_m = max(head_m - self._options.reach_m, 0.0)
            return HEAD_PENALTY + _log_reach(beyond_m, self._options.head_sigma_m), None
        return UNSEEN, None


def _log_reach(distance_m: float, sigma_m: float) -> float:
    """Gaussian core and exponential tail."""
    core = math.log1p(-STRAY) - 0.5 * (distance_m / sigma_m) ** 2
    return float(np.logaddexp(core, math.log(STRAY) - distance_m / STRAY_M))


def _nearest(
    targets: list[Target], names: tuple[str, ...], boxes: tuple[Box, ...], *, level: bool = False
) -> float | None:
    """Nearest approach [m] of any of the named points to any box; ``level`` ignores height."""
    points = [
        point.at
        for target in targets
        for name in names
        if (point := target.points.get(name)) is not None and point.score >= MIN_SCORE
    ]
    if not points:
        return None
    at_m = np.array(points)
    if level:
        at_m[:, 2] = boxes[0].centre_m[2]
    return float(min(box.distance_m(at_m).min() for box in boxes))
