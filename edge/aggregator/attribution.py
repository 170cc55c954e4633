"""Who did it: how well each tracked visit's hands and head explain an event."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from edge.aggregator.entries import VisitLikelihood
from edge.config import AttributionSection
from edge.messages import ShelfEvent, Target, TrackFrame
from edge.planogram import Box, Planogram

HISTORY_S = 300.0
"""[s] Frames kept behind the newest: events may arrive so late and still find their people."""

WRISTS = ("l_wrist", "r_wrist")
HEADS = ("head", "neck")

FINGERS_M = 0.12
"""[m] A wrist may stay so far from what its fingers hold."""

MIN_SCORE = 0.2
"""[1] Key points below are guesses of the tracker."""

STRAY = 0.003
"""[1] Mass of the heavy tails: a tracker now and then puts a hand where none is."""

STRAY_M = 0.6
"""[m] How far such errors reach (mean of an exponential)."""

GRIP_S = 0.5
"""[s] Before the new level begins, the hand that makes it is at the goods for so long at least."""

AFTER_S = 0.1
"""[s] After it, the hand leaves."""

LONG_S = 0.8
"""[s] An event that took longer may have been over, but for the sensor, long before it settled."""

BEST_SHARE = 0.5
"""[1] of the frames then are averaged, the nearest: against lost points and lifts that are over at once."""

HEAD_PENALTY = math.log(0.3)
"""[nat] A head near the shelf says less than a hand in it."""

UNSEEN, MISSING = math.log(0.02), math.log(5e-4)
"""[nat] Log-likelihood of a visit in the store when the tracker said nothing of the time, and when it showed
others and not this one: then it is more likely gone than lost."""


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
        place = _Place.of(event, self._planogram)
        nobody = math.log(max(self._options.nobody, 1e-12))
        grips = [(max(event.t_onset, event.t_settled - GRIP_S), event.t_settled)]
        if event.t_settled - event.t_onset > LONG_S:
            # In the dark, or slowly: the lift may have been at its start.
            grips.append((event.t_onset, event.t_onset + GRIP_S))
        frames = history.window(*self.window_of(event))
        seen = _by_visit(frames)
        gripping = [_by_visit(history.window(start - AFTER_S, end + AFTER_S)) for start, end in grips]
        absent = MISSING if frames else UNSEEN
        return tuple(
            VisitLikelihood(
                visit,
                round(log_likelihood - nobody, 6),
                None if distance_m is None else round(distance_m, 4),
                hand,
            )
            for visit in sorted({*seen, *present})
            for hand, log_likelihood, distance_m in self._fit(
                [grip[visit] for grip in gripping if visit in grip], seen.get(visit, []), place, absent
            )
        )

    def _fit(
        self, gripping: list[list[Target]], seen: list[Target], place: _Place | None, absent: float
    ) -> Iterator[tuple[str, float, float | None]]:
        """(hand, log-likelihood, its distance [m]) of one person, at the lift or else around it."""
        hands = {
            hand: [points for grip in gripping if (points := _points(grip, hand)).size] for hand in WRISTS
        }
        if not any(hands.values()):
            hands = {hand: [points] if (points := _points(seen, hand)).size else [] for hand in WRISTS}
        heads = np.concatenate([_points(seen, head) for head in HEADS])
        if place is None:
            yield "", UNSEEN, None
        elif any(hands.values()):
            for hand, grips in hands.items():
                if grips:
                    nearest_m = min(_typical_m(place.distance_m(points)) for points in grips)
                    yield hand, _log_reach(nearest_m, self._options.hand_sigma_m), nearest_m
        elif heads.size:
            heads[:, 2] = place.height_m
            beyond_m = max(float(place.distance_m(heads).min()) - self._options.reach_m, 0.0)
            yield "", HEAD_PENALTY + _log_reach(beyond_m, self._options.head_sigma_m), None
        else:
            yield "", absent, None


class _Place:
    """Where a hand must be to move what moved: before or in the shelf, at the middle of the change.

    Args:
        box: of the plates' row, to look into the shelf and up.
        centre_m: [m] along the box's width, weighted by what each plate showed.
    """

    def __init__(self, box: Box, centre_m: float) -> None:
        self._box, self._centre_m = box, centre_m
        self.height_m = box.corner_m[2]

    @classmethod
    def of(cls, event: ShelfEvent, planogram: Planogram) -> _Place | None:
        """The place of an event; ``None`` when the planogram knows none of its plates."""
        known = [(planogram.plates[each.plate], abs(each.delta_g)) for each in event.plates
                 if each.plate in planogram.plates]  # fmt: skip
        if not known:
            return None
        first = known[0][0]
        offsets = [first.to_local(np.array([box.centre_m]))[0, 0] for box, _ in known]
        weights = [max(weight, 1e-6) for _, weight in known]
        return cls(first, float(np.average(offsets, weights=weights)))

    def distance_m(self, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """[n] m from the centre line of the change; fingers reach ``FINGERS_M`` beyond the wrist."""
        local = self._box.to_local(points_m)
        _, depth, height = self._box.size_m
        aside = local[:, 0] - self._centre_m
        before = np.maximum(np.maximum(-local[:, 1] - FINGERS_M, local[:, 1] - depth), 0.0)
        above = np.maximum(np.maximum(-local[:, 2] - FINGERS_M, local[:, 2] - height), 0.0)
        return np.asarray(np.sqrt(aside**2 + before**2 + above**2))


def _typical_m(distances_m: NDArray[np.float64]) -> float:
    """[m] mean of the nearer ones."""
    return float(np.sort(distances_m)[: max(2, math.ceil(BEST_SHARE * distances_m.size))].mean())


def _by_visit(frames: Sequence[TrackFrame]) -> dict[str, list[Target]]:
    """Targets of each visit, by time."""
    seen: dict[str, list[Target]] = {}
    for frame in frames:
        for target in frame.targets:
            seen.setdefault(target.visit, []).append(target)
    return seen


def _points(targets: list[Target], name: str) -> NDArray[np.float64]:
    """[n, 3] m, where a key point was seen."""
    seen = [
        point.at
        for target in targets
        if (point := target.points.get(name)) is not None and point.score >= MIN_SCORE
    ]
    return np.array(seen, dtype=np.float64).reshape(-1, 3)


def _log_reach(distance_m: float, sigma_m: float) -> float:
    """Gaussian core and exponential tail."""
    core = math.log1p(-STRAY) - 0.5 * (distance_m / sigma_m) ** 2
    return float(np.logaddexp(core, math.log(STRAY) - distance_m / STRAY_M))
