"""Where nobody could see: plates that failed, or moved unseen, while hands were at them.

A fault that ends is no blind spot any more: what changed meanwhile has a message of its own. One that lasts
may hide anything, and so does a change that came about while nobody looked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from edge.aggregator.entries import AttributionEntry, VisitLikelihood
from edge.aggregator.people.attribution import MIN_SCORE, WRISTS
from edge.messages import Disturbance, DisturbanceKind, EventIdentity, Target, TrackFrame
from edge.planogram import Planogram

TOLD_AFTER_S = 3.5
"""[s] A fault is told so long after it began at most: a stuck plate has to repeat itself for 3 s."""

REACH_M = 0.03
"""[m] A wrist so near a plate's box is at its goods: what the tracker's jitter adds, not the next plate."""

SPOTS_MAX = 256
"""[spots] that are remembered, the latest."""


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """Plates that could not be seen for a while."""

    cause: EventIdentity
    revision: int
    plates: tuple[str, ...]
    start_s: float
    end_s: float  # inf: they still cannot
    why: str

    @classmethod
    def of(cls, told: Disturbance) -> BlindSpot | None:
        """What a node's message says of it; ``None`` where everything was seen."""
        where = f"plate {told.plates[0]}" if len(told.plates) == 1 else f"{len(told.plates)} plates"
        if told.kind is DisturbanceKind.SENSOR_FAULT and told.revision == 0:
            why = f"{where} could not be read ({told.reason}) when this visit reached there"
            start_s, end_s = told.t_onset - TOLD_AFTER_S, math.inf
        elif told.kind is DisturbanceKind.OFFLINE_CHANGE:
            why = f"{where} changed by {told.delta_g:.0f} g unseen, and this visit reached there"
            start_s, end_s = told.t_onset, told.t_settled
        else:
            return None
        return cls(told.identity, told.revision, told.plates, start_s, end_s, why)


class BlindSpots:
    """Those that are known, and who reached into them.

    Args:
        planogram: where plates are.
    """

    def __init__(self, planogram: Planogram) -> None:
        self._planogram = planogram
        self._spots: dict[EventIdentity, BlindSpot] = {}

    def note(self, told: Disturbance) -> None:
        """Take in a node's message; a later revision replaces an earlier one."""
        self._spots.pop(told.identity, None)
        if (spot := BlindSpot.of(told)) is not None:
            self._spots[spot.cause] = spot
            if len(self._spots) > SPOTS_MAX:
                del self._spots[min(self._spots.values(), key=_order).cause]

    def reached(
        self, frames: Iterable[TrackFrame], known: Mapping[EventIdentity, AttributionEntry]
    ) -> Iterator[AttributionEntry]:
        """Who reached into which spots as these frames show it, beside those of whom it is known."""
        if self._spots:
            seen = list(frames)
            for spot in self._spots.values():
                yield from self.reached_into(spot, seen, known)

    def reached_into(
        self,
        spot: BlindSpot,
        frames: Iterable[TrackFrame],
        known: Mapping[EventIdentity, AttributionEntry],
    ) -> Iterator[AttributionEntry]:
        """Who reached into one spot, likewise."""
        earlier = known.get(spot.cause)
        before = earlier.visits if earlier else ()
        names = {who.visit for who in before}
        if new := tuple(who for who in self._hands_in(spot, frames) if who.visit not in names):
            revision = earlier.revision + 1 if earlier and earlier.event_revision == spot.revision else 0
            yield AttributionEntry(spot.cause, spot.revision, revision, True, (*before, *new))

    def _hands_in(self, spot: BlindSpot, frames: Iterable[TrackFrame]) -> tuple[VisitLikelihood, ...]:
        """Whose hands these frames show in one spot, by name."""
        nearest_m: dict[str, float] = {}
        for frame in frames:
            if not spot.start_s <= frame.t <= spot.end_s:
                continue
            for target in frame.targets:
                distance_m = self._distance_m(target, spot.plates)
                if distance_m <= REACH_M:
                    nearest_m[target.visit] = min(distance_m, nearest_m.get(target.visit, math.inf))
        return tuple(VisitLikelihood(visit, 0.0, round(nearest_m[visit], 4)) for visit in sorted(nearest_m))

    def doubts(self, known: Mapping[EventIdentity, AttributionEntry]) -> dict[str, tuple[str, ...]]:
        """Why visits are in doubt, given who is known to have reached into which spots."""
        found: dict[str, tuple[str, ...]] = {}
        for spot in sorted(self._spots.values(), key=_order):  # whatever the entries' order
            attribution = known.get(spot.cause)
            for who in attribution.visits if attribution else ():
                found[who.visit] = (*found.get(who.visit, ()), spot.why)
        return found

    def _distance_m(self, target: Target, plates: tuple[str, ...]) -> float:
        """[m] from the nearer wrist to the nearest of the plates."""
        wrists = [
            point.at for name in WRISTS if (point := target.points.get(name)) and point.score >= MIN_SCORE
        ]
        boxes = [self._planogram.plates[plate] for plate in plates if plate in self._planogram.plates]
        if not wrists or not boxes:
            return math.inf
        points_m = np.array(wrists, dtype=np.float64)
        return float(min(box.distance_m(points_m).min() for box in boxes))


def _order(spot: BlindSpot) -> tuple[float, EventIdentity]:
    return spot.start_s, spot.cause
