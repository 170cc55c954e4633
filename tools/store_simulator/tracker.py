"""What a camera tracker would say about the shoppers: key points with jitter and holes, late."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from edge.messages import KeyPoint, Target, TrackFrame
from tools.store_simulator.body import Body

FRAME_S = 0.1
JITTER_M = 0.015
"""[m] standard deviation of each coordinate; the nanostore tracker jitters 1-2 cm on people who stand."""


LOST_SHARE = 0.03
"""[1] key points that the tracker does not find, per frame."""

LATE_S = 2.3
"""[s] after which the nanostore tracker tells of a frame."""


class Tracker:
    """Sees everybody, imprecisely and not all of them."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def frame(self, bodies: Iterable[tuple[str, Body]], at_s: float, utc_s: float) -> TrackFrame:
        """One frame: all people at ``at_s``, dated ``utc_s``."""
        targets = []
        for visit, body in bodies:
            points = body.key_points(at_s)
            jittered = np.array(list(points.values())) + self._rng.normal(0.0, JITTER_M, (len(points), 3))
            found = self._rng.random(len(points)) >= LOST_SHARE
            targets.append(
                Target(
                    visit=visit,
                    points={
                        name: KeyPoint(at=(round(x, 3), round(y, 3), round(z, 3)), score=0.95)
                        for name, (x, y, z), seen in zip(points, jittered.tolist(), found, strict=True)
                        if seen
                    },
                )
            )
        return TrackFrame(t=round(utc_s, 4), targets=tuple(targets))
