"""Who was there: tracks and gate, asked about one event at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from edge.aggregator.carts.account import Actor
from edge.aggregator.entries import AttributionEntry, VisitLikelihood
from edge.aggregator.people.attribution import Attribution
from edge.aggregator.people.reach import MISSING
from edge.aggregator.people.track_history import HISTORY_S, TrackHistory
from edge.aggregator.visits.passes import LINGER_S
from edge.aggregator.visits.register import VisitRegister
from edge.config import AttributionSection
from edge.messages import ShelfEvent, TrackFrame
from edge.planogram import Planogram

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
        self, event: ShelfEvent, visits: VisitRegister, earlier: AttributionEntry | None, *, final: bool
    ) -> AttributionEntry:
        """Who may have done it, as far as is known now.

        Args:
            event: what happened.
            visits: what the gate told.
            earlier: what this revision of the event was attributed to before.
            final: whether receipts wait no longer.
        """
        since = event.t_onset - LINGER_S
        frames = self._history.window(since, event.t_settled)
        present = {target.visit for frame in frames for target in frame.targets}
        present |= visits.present(since, event.t_settled)
        near = visits.present(since - NEAR_S, event.t_settled + NEAR_S)
        known: tuple[VisitLikelihood, ...] = ()
        if (
            earlier is not None
            and not frames
            and any(who.hand_distance_m is not None for who in earlier.visits)
        ):
            known = _with_newcomers(earlier.visits, present)  # tracks told, and are forgotten by now
        return AttributionEntry(
            event=event.identity,
            event_revision=event.revision,
            revision=earlier.revision + 1 if earlier else 0,
            final=final,
            visits=known or self._attribution.judge(event, self._history, present, near),
            covered=self.wanted_until(event) <= self.tracked_until,
        )


def _with_newcomers(judged: tuple[VisitLikelihood, ...], present: set[str]) -> tuple[VisitLikelihood, ...]:
    """A judgement by tracks, with those of whom the gate told only afterwards: no track showed them."""
    log_missing = min(MISSING, *(who.log_likelihood for who in judged))
    new = present - {who.visit for who in judged}
    return (*judged, *(VisitLikelihood(visit, log_missing, None) for visit in sorted(new)))


def actors_of(visits: tuple[VisitLikelihood, ...], visit_of: Callable[[str], str] = str) -> tuple[Actor, ...]:
    """Probabilities of each hand and of nobody (log-likelihood 0), best first.

    Args:
        visits: people.
        visit_of: whose ticket somebody was on.
    """
    weights = []
    for each in visits:
        ticket = visit_of(each.visit)
        # Hands of several people on one ticket are told apart.
        hand = each.hand if ticket == each.visit or not each.hand else f"{each.visit} {each.hand}"
        weights.append((ticket, hand, math.exp(each.log_likelihood)))
    total = 1.0 + math.fsum(weight for _, _, weight in weights)
    actors = [Actor(None, "", 1.0 / total)]
    actors += [Actor(visit, hand, weight / total) for visit, hand, weight in weights if weight / total > 1e-6]
    return tuple(sorted(actors, key=lambda actor: -actor.probability))
