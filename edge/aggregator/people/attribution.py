"""Who did it: how well each tracked visit's hands and head explain an event."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from edge.aggregator.entries import VisitLikelihood
from edge.aggregator.people.reach import MISSING, PASSED, UNSEEN, log_hand, log_head, log_lost_hand
from edge.aggregator.people.track_history import TrackHistory
from edge.config import AttributionSection
from edge.messages import ShelfEvent, Target, TrackFrame
from edge.planogram import Box, Planogram

WRISTS = ("l_wrist", "r_wrist")
HEADS = ("head", "neck")

FINGERS_M = 0.12
"""[m] A wrist may stay so far from what its fingers hold."""

BELOW_M, BOARD = 0.04, 2.0
"""[m, 1] Hands hold goods from above the board that these stand on and from below the next (recorded: 10 to
13 cm above). A board is in the way: beyond one, but for a tracker's error, a hand is as unlikely as so many
times as far aside."""

MIN_SCORE = 0.2
"""[1] Key points below are guesses of the tracker."""

GRIP_S = 0.5
"""[s] Before the new level begins, the hand that makes it is at the goods for so long at least."""

AFTER_S = 0.1
"""[s] After it, the hand leaves."""

LONG_S = 0.8
"""[s] An event that took longer may have been over, but for the sensor, long before it settled."""

BEST_SHARE = 0.5
"""[1] of the frames then are averaged, the nearest: against lost points and lifts that are over at once."""

PASSING_FRAMES = 2
"""[frames] A hand passes the goods for so long at least."""


class Attribution:
    """Judges events by the tracks around them."""

    def __init__(self, planogram: Planogram, options: AttributionSection) -> None:
        self._planogram, self._options = planogram, options

    def window_of(self, event: ShelfEvent) -> tuple[float, float]:
        """[s] the time in which the hand that did it must have been there."""
        return event.t_onset - self._options.window_s, event.t_settled + self._options.window_s

    def judge(
        self, event: ShelfEvent, history: TrackHistory, present: Collection[str], near: Collection[str] = ()
    ) -> tuple[VisitLikelihood, ...]:
        """Log-likelihood of every visit, against "nobody who is tracked" at 0.

        Args:
            event: what happened.
            history: frames known so far.
            present: visits that were in the store then, tracked or not.
            near: visits that were in the store at about that time. When nobody's hands explain the event
                better than a bystander's would, its time may be what is wrong: each of these is then as
                likely as nobody.
        """
        frames = history.window(*self.window_of(event))
        around = _by_visit(frames)
        if not (around or present or near):
            return ()
        place = _Place.of(event, self._planogram)
        log_nobody = math.log(max(self._options.nobody, 1e-12))
        grips = [(max(event.t_onset, event.t_settled - GRIP_S), event.t_settled)]
        if event.t_settled - event.t_onset > LONG_S:
            # In the dark, or slowly: the lift may have been at its start.
            grips.append((event.t_onset, event.t_onset + GRIP_S))
        gripping = [_by_visit(history.window(start - AFTER_S, end + AFTER_S)) for start, end in grips]
        absent = MISSING if frames else UNSEEN
        found = [
            VisitLikelihood(
                visit,
                round(log_ratio - log_nobody, 6),
                None if distance_m is None else round(distance_m, 4),
                hand,
            )
            for visit in sorted({*around, *present})
            for hand, log_ratio, distance_m in self._fit(
                [grip[visit] for grip in gripping if visit in grip], around.get(visit, []), place, absent
            )
        ]
        if all(each.log_likelihood < -log_nobody for each in found):
            found += [VisitLikelihood(visit, 0.0, None) for visit in sorted(near)]
        return tuple(found)

    def _fit(
        self, gripping: list[list[Target]], around: list[Target], place: _Place | None, absent: float
    ) -> Iterator[tuple[str, float, float | None]]:
        """(hand, log-likelihood ratio, its distance [m]) of one person."""
        if place is None:
            yield "", UNSEEN, None
            return
        hands = {hand: points for hand in WRISTS if (points := _points(around, hand)).size}
        for hand, passing in hands.items():
            grips = [points for grip in gripping if (points := _points(grip, hand)).size]
            yield hand, *self._fit_hand(grips, passing, place)
        if hands:
            return
        heads = np.concatenate([_points(around, head) for head in HEADS])
        if heads.size:
            heads[:, 2] = place.height_m
            beyond_m = max(float(place.distance_m(heads).min()) - self._options.reach_m, 0.0)
            yield "", log_head(beyond_m, self._options.head_sigma_m), None
        else:
            yield "", absent, None

    def _fit_hand(
        self, grips: list[NDArray[np.float64]], passing: NDArray[np.float64], place: _Place
    ) -> tuple[float, float]:
        """(log-likelihood ratio, distance [m]) of one hand, at the lift, or else around it."""
        sigma_m = self._options.hand_sigma_m
        passing_m = np.sort(place.distance_m(passing))
        if not grips:
            typical_m = _typical_m(passing_m)
            return log_lost_hand(typical_m, sigma_m), typical_m
        typical_m = min(_typical_m(np.sort(place.distance_m(points))) for points in grips)
        nearest_m = float(passing_m[:PASSING_FRAMES].mean())
        return max(log_hand(typical_m, sigma_m), PASSED + log_hand(nearest_m, sigma_m)), typical_m


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
        """[n] m from the centre line of the change; fingers reach ``FINGERS_M`` into the shelf.

        Beyond the boards, below and above, a metre counts as ``BOARD`` metres.
        """
        local = self._box.to_local(points_m)
        _, depth, height = self._box.size_m
        aside = local[:, 0] - self._centre_m
        before = np.maximum(np.maximum(-local[:, 1] - FINGERS_M, local[:, 1] - depth), 0.0)
        beyond = BOARD * np.maximum(np.maximum(-local[:, 2] - BELOW_M, local[:, 2] - height), 0.0)
        return np.asarray(np.sqrt(aside**2 + before**2 + beyond**2))


def _typical_m(distances_m: NDArray[np.float64]) -> float:
    """[m] mean of the nearer ones of sorted distances."""
    return float(distances_m[: max(2, math.ceil(BEST_SHARE * distances_m.size))].mean())


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
