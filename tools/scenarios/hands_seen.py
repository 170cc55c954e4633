"""Whose hand it may have been, from the tracker's frames and the very way in which hands are simulated."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edge.messages import Target, TrackFrame
from tools.scenarios.rendered import RenderedCase
from tools.scenarios.script import Transfer
from tools.scenarios.stage import ARM_M, WRIST_WOBBLE_M, stands_at, wrist_at
from tools.scenarios.tracked import EPOCH

WINDOWS_S = (0.12, 0.3)
"""[s] around the moment: the nearest two or three frames, or more where those show no hand."""

ROOM_M3 = 1.0
"""[m3] A hand that did something else may be anywhere in so much room."""

ASTRAY = 0.02
"""[1] of hands are not where they should be: on the way to the next thing."""

STANDS_M, STANDS_SHARE = 0.2, 0.8
"""[m, 1] Most stand straight before what they reach for, give or take so much; others anywhere in reach."""

REACH_M = 2 * ARM_M
AISLES_M2 = 8.0
"""[m2] Who did something else may stand anywhere in so much room."""

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
        before = stands_at(self._planogram.plates[transfer.plates[0]])
        near, wide = (self._targets(transfer.t, window_s) for window_s in WINDOWS_S)
        hands = [
            SeenHand(
                visit,
                hand,
                _log_stands(targets, before) + self._log_wrist(near.get(visit, []), targets, hand, place),
            )
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

    def _log_wrist(self, near: list[Target], wide: list[Target], hand: str, place: np.ndarray) -> float:
        """Of where the hand was seen; 0 when it was not."""
        seen = _points(near, hand)
        if not len(seen):
            seen = _points(wide, hand)
        if not len(seen):
            return 0.0
        sigma_m = math.hypot(WRIST_WOBBLE_M, self._jitter_m / math.sqrt(len(seen)))
        squares = float((((seen.mean(axis=0) - place) / sigma_m) ** 2).sum())
        density = math.exp(-0.5 * squares) / (math.sqrt(2 * math.pi) * sigma_m) ** 3
        return math.log((1 - ASTRAY) * density * ROOM_M3 + ASTRAY)


def _log_stands(targets: list[Target], before: tuple[float, float]) -> float:
    """Of where somebody stands; 0 when that was not seen."""
    heads = _points(targets, "head")
    if not len(heads):
        return 0.0
    metres = float(np.hypot(*(heads[:, :2].mean(axis=0) - before)))
    straight = math.exp(-0.5 * (metres / STANDS_M) ** 2) / (2 * math.pi * STANDS_M**2)
    anywhere = 1 / (math.pi * REACH_M**2) if metres < REACH_M else 1e-6
    return math.log((STANDS_SHARE * straight + (1 - STANDS_SHARE) * anywhere) * AISLES_M2)


def _points(targets: list[Target], name: str) -> np.ndarray:
    """[n, 3] m where a key point was seen."""
    return np.array([target.points[name].at for target in targets if name in target.points]).reshape(-1, 3)
