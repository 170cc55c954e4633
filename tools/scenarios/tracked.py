"""The people of a script as a tracker and a gate report them: late, jittery, with holes."""

from __future__ import annotations

import numpy as np

from edge.messages import GateDirection, GateEvent, KeyPoint, Target, TrackFrame
from tools.scenarios.script import Metres3, Script

EPOCH = 1_700_000_000.0  # [s] store time of second 0
TRACK_HZ = 10.0
GATE_LATE_S = 3.0
"""[s] after the last frame: the gate learns from the tracker that somebody has left."""

FADE_S = 0.4
"""[s] that a hand needs from the body to the shelf."""

RESTING = {"l_wrist": (-0.25, 0.05, -0.75), "r_wrist": (0.25, 0.05, -0.75), "neck": (0.0, 0.0, -0.2)}
"""[m] from the head."""


class TrackedPeople:
    """Frames and gate events of one script.

    Args:
        script: who is where.
        rng: of jitter and losses.
    """

    def __init__(self, script: Script, rng: np.random.Generator) -> None:
        self._script, self._rng = script, rng
        self._span = {visit: script.span_s(visit) for visit in script.visits}
        self._path = {visit: self._path_of(visit) for visit in script.visits}

    def reports(self) -> list[tuple[float, TrackFrame | GateEvent]]:
        """(arrival s, report), in the order of arrival."""
        late_s = self._script.tracking.late_s
        said: list[tuple[float, TrackFrame | GateEvent]] = []
        for visit, (first, last) in self._span.items():
            entered = GateEvent(visit=visit, direction=GateDirection.ENTERED, t=EPOCH + first)
            left = GateEvent(visit=visit, direction=GateDirection.LEFT, t=EPOCH + last)
            said += [(first + late_s, entered), (last + late_s + GATE_LATE_S, left)]
        for number in range(int(self._script.duration_s * TRACK_HZ)):
            t = number / TRACK_HZ
            targets = tuple(
                Target(visit, self._body(visit, t))
                for visit, (first, last) in self._span.items()
                if first <= t <= last
            )
            said.append((t + late_s, TrackFrame(t=EPOCH + t, targets=targets)))
        return sorted(said, key=lambda each: each[0])

    def _body(self, visit: str, t: float) -> dict[str, KeyPoint]:
        times, places = self._path[visit]
        head = np.array([np.interp(t, times, places[:, axis]) for axis in range(3)])
        points = {"head": head} | {name: head + np.array(offset) for name, offset in RESTING.items()}
        for reach in self._script.reaches:
            if reach.visit == visit and reach.start_s - FADE_S <= t <= reach.end_s + FADE_S:
                into = (t - reach.start_s + FADE_S) / FADE_S
                out_of = (reach.end_s + FADE_S - t) / FADE_S
                name = "l_wrist" if reach.left else "r_wrist"
                points[name] = points[name] + min(into, out_of, 1.0) * (np.array(reach.at) - points[name])
        return {
            name: KeyPoint(self._seen_at(at), float(self._rng.uniform(0.7, 1.0)))
            for name, at in points.items()
            if self._rng.random() > self._script.tracking.lost_share and not self._is_lost(visit, name, t)
        }

    def _seen_at(self, at: np.ndarray) -> Metres3:
        x, y, z = at + self._rng.normal(0, self._script.tracking.jitter_m, 3)
        return float(x), float(y), float(z)

    def _is_lost(self, visit: str, point: str, t: float) -> bool:
        return point.endswith("wrist") and any(
            who == visit and start_s <= t < end_s for who, start_s, end_s in self._script.tracking.lost_wrists
        )

    def _path_of(self, visit: str) -> tuple[list[float], np.ndarray]:
        stays = sorted(
            (each for each in self._script.stays if each.visit == visit), key=lambda each: each.start_s
        )
        times = [moment for stay in stays for moment in (stay.start_s, stay.end_s)]
        return times, np.array([stay.at for stay in stays for _ in range(2)])
