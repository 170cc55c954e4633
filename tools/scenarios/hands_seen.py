"""Whose hand it may have been, from the tracker's frames and the very way in which hands are simulated."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edge.messages import Target, TrackFrame
from tools.scenarios.rendered import RenderedCase
from tools.scenarios.script import Transfer
from tools.scenarios.stage import ARM_M, WRIST_WOBBLE_M, wrist_at
from tools.scenarios.tracked import EPOCH

WINDOWS_S = (0.12, 0.3)
"""[s] around the moment: the nearest two or three frames, or more where those show no hand."""

ROOM_M3 = 1.0
"""[m3] A hand that did something else may be anywhere in so much room."""

ASTRAY = 0.02
"""[1] of hands are not where they should be: on the way to the next thing."""

OUT_OF_REACH_M, OUT_OF_REACH = 2 * ARM_M, -8.0
"""[m, nat] Who stands so far away has not done it with a hand that was not seen."""

HOPELESS = 12.0
"""[nat] Hands so much less likely than the best are left out."""

WRISTS = ("l_wrist", "r_wrist")


@dataclass(frozen=True, slots=True)
class SeenHand:
    """One hand that may have done it."""

    visit: str
    hand: str
    log_likelihood: float  # [nat] against a hand that did something else


class HandsSeen:
    """Judges transfers of one case.

    Args:
        case: its tracks are read without regard to how late they come.
    """

    def __init__(self, case: RenderedCase) -> None:
        self._planogram = case.setup.planogram()
        self._jitter_m = case.script.tracking.jitter_m
        self._frames = [said for _, said in case.people if isinstance(said, TrackFrame)]
        self._times_s = np.array([frame.t - EPOCH for frame in self._frames])

    def at(self, transfer: Transfer) -> list[SeenHand]:
        """All hands that may have made it, the likeliest first."""
        place = wrist_at(self._planogram, transfer.plates)
        near, wide = (self._targets(transfer.t, window_s) for window_s in WINDOWS_S)
        hands = [
            SeenHand(visit, hand, self._log_ratio(near.get(visit, []), targets, hand, place))
            for visit, targets in wide.items()
            for hand in WRISTS
        ]
        best = max(hand.log_likelihood for hand in hands)
        return sorted(
            (hand for hand in hands if hand.log_likelihood > best - HOPELESS),
            key=lambda hand: -hand.log_likelihood,
        )

    def _targets(self, t: float, window_s: float) -> dict[str, list[Target]]:
        found: dict[str, list[Target]] = {}
        for index in np.flatnonzero(np.abs(self._times_s - t) <= window_s):
            for target in self._frames[int(index)].targets:
                found.setdefault(target.visit, []).append(target)
        return found

    def _log_ratio(self, near: list[Target], wide: list[Target], hand: str, place: np.ndarray) -> float:
        seen = _points(near, hand)
        if not len(seen):
            seen = _points(wide, hand)
        if not len(seen):
            heads = _points(wide, "head")
            far = len(heads) and np.hypot(*(heads.mean(axis=0) - place)[:2]) > OUT_OF_REACH_M
            return OUT_OF_REACH if far else 0.0
        sigma_m = math.hypot(WRIST_WOBBLE_M, self._jitter_m / math.sqrt(len(seen)))
        squares = float((((seen.mean(axis=0) - place) / sigma_m) ** 2).sum())
        density = math.exp(-0.5 * squares) / (math.sqrt(2 * math.pi) * sigma_m) ** 3
        return math.log((1 - ASTRAY) * density * ROOM_M3 + ASTRAY)


def _points(targets: list[Target], name: str) -> np.ndarray:
    """[n, 3] m where a key point was seen."""
    return np.array([target.points[name].at for target in targets if name in target.points]).reshape(-1, 3)
