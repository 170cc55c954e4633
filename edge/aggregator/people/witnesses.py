"""Who was there: tracks and gate, asked about one event at a time."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from edge.aggregator.carts.account import Actor
from edge.aggregator.entries import AttributionEntry, VisitLikelihood
from edge.aggregator.people.attribution import Attribution
from edge.aggregator.people.track_history import HISTORY_S, TrackHistory
from edge.aggregator.visits.visit import Visit
from edge.config import AttributionSection
from edge.messages import ShelfEvent, TrackFrame
from edge.planogram import Planogram

LINGER_S = 10.0
"""[s] A visit counts as present so long after it left: gates and trackers report late."""

NEAR_S = 120.0
"""[s] Clocks of nodes may be off by so much before an event that nobody explains is nobody's for good."""


class Witnesses:
    """Judges events by what tracks and gate have told so far.

    Args:
        planogram: where plates are.
        options: how far a hand may be from what it moves.
    """

    def __init__(self, planogram: Planogram, options: AttributionSection) -> None:
        self._attribution = Attribution(planogram, options)
        self._history = TrackHistory()

    def hear(self, frame: TrackFrame, *, known_s: float) -> None:
        """Take in what a tracker saw; ``known_s``: [s] latest time that anything else told of."""
        self._history.add(frame, known_s=known_s)

    @property
    def tracked_until(self) -> float:
        """[s] until when frames have come; -inf before the first."""
        return self._history.newest

    @property
    def tracked_since(self) -> float:
        """[s] what was before is forgotten."""
        return self._history.newest - HISTORY_S

    def frames(self, start: float, end: float) -> Sequence[TrackFrame]:
        """What was tracked between two times [s], as far as remembered."""
        return self._history.window(start, end)

    def wanted_until(self, event: ShelfEvent) -> float:
        """[s] until when tracks may tell of an event."""
        return self._attribution.window_of(event)[1]

    def judge(
        self, event: ShelfEvent, visits: Collection[Visit], earlier: AttributionEntry | None, *, final: bool
    ) -> AttributionEntry:
        """Who may have done it, as far as is known now.

        Args:
            event: what happened.
            visits: all that the gate told of.
            earlier: what this revision of the event was attributed to before.
            final: whether receipts wait no longer.
        """
        since = event.t_onset - LINGER_S
        frames = self._history.window(since, event.t_settled)
        present = {target.visit for frame in frames for target in frame.targets}
        present |= _admitted(visits, since, event.t_settled)
        near = _admitted(visits, since - NEAR_S, event.t_settled + NEAR_S)
        return AttributionEntry(
            event=event.identity,
            event_revision=event.revision,
            revision=earlier.revision + 1 if earlier else 0,
            final=final,
            visits=self._attribution.judge(event, self._history, present, near),
            covered=self.wanted_until(event) <= self.tracked_until,
        )


def _admitted(visits: Collection[Visit], start: float, end: float) -> set[str]:
    """Who was in the store at some time between, by the gate's word."""
    return {
        visit.visit
        for visit in visits
        if visit.entered_at is not None
        and visit.entered_at <= end
        and (math.inf if visit.left_at is None else visit.left_at) >= start
    }


def actors_of(visits: tuple[VisitLikelihood, ...]) -> tuple[Actor, ...]:
    """Probabilities of each hand and of nobody (log-likelihood 0), best first."""
    weights = [(each.visit, each.hand, math.exp(each.log_likelihood)) for each in visits]
    total = 1.0 + math.fsum(weight for _, _, weight in weights)
    actors = [Actor(None, "", 1.0 / total)]
    actors += [Actor(visit, hand, weight / total) for visit, hand, weight in weights if weight / total > 1e-6]
    return tuple(sorted(actors, key=lambda actor: -actor.probability))
