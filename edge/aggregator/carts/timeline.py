"""Claims in the order of their onsets, with the joint belief after each of them.

A claim that comes late, changes or goes costs the beams after its place and no others. Doubt that can no
longer change is taken out of the beams, which keeps them small: at once where all accounts agree, and for
visits that left a while ago.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from edge.aggregator.carts.account import Claim
from edge.aggregator.carts.beam import EMPTY_STORE, Beam
from edge.aggregator.carts.belief import CartBelief
from edge.aggregator.carts.contents import (
    Contents,
    Finding,
    agreed,
    contents_of,
    findings_of,
    sightings_of,
)
from edge.aggregator.carts.doubt import Doubt, doubts_of
from edge.aggregator.carts.experience import NO_EXPERIENCE, Experience
from edge.messages import EventIdentity

SETTLED_S = 300.0
"""[s] So long after a visit left, later events no longer re-weigh its doubts."""

RECENT = 32
"""[claims] whose beams are all kept: what comes late mostly comes a little late."""

EVERY = 16
"""[claims] Of older beams one in so many is kept; those between are computed again when needed."""

SPARSE = 256
"""[claims] Of old beams a snapshot keeps one in so many, and a few of the recent ones."""

LOT = 10 * EVERY
"""[claims] forgotten at a time."""

NOT_KEPT = EMPTY_STORE.rows(np.zeros(0, np.intp), np.zeros(0))
"""A beam without accounts stands where one can be computed again."""


@dataclass(slots=True)
class _Step:
    """The belief after one claim."""

    beam: Beam  # NOT_KEPT: nor is the experience
    closed: frozenset[str]  # visits whose doubts are settled
    experience: Experience = NO_EXPERIENCE  # of settled events
    findings: dict[EventIdentity, Finding] = field(default_factory=dict)  # settled here
    contents: dict[str, Contents] = field(default_factory=dict)  # settled here
    doubts: dict[str, tuple[Doubt, ...]] = field(default_factory=dict)  # as they were settled here


class Timeline:
    """What is believed about all events together.

    Args:
        belief: updates beams.
    """

    def __init__(self, belief: CartBelief) -> None:
        self._belief = belief
        self._claims: dict[EventIdentity, Claim] = {}
        self._order: list[tuple[float, EventIdentity]] = []  # by onset
        self._left: dict[str, float] = {}  # [s] by visit
        self._start = _Step(EMPTY_STORE, frozenset())  # before the first of `_order`
        self._steps: list[_Step] = []  # after each of `_order`, as far as computed

    def __getstate__(self) -> dict[str, Any]:
        """For a snapshot: with few of the beams; those between are computed again when needed."""
        last = len(self._steps) - 1
        kept = {last, last - RECENT // 4, last - RECENT + 1, *range(SPARSE - 1, last, SPARSE)}
        return vars(self) | {
            "_steps": [
                step if index in kept else replace(step, beam=NOT_KEPT, experience=NO_EXPERIENCE)
                for index, step in enumerate(self._steps)
            ]
        }

    def put(self, claim: Claim) -> None:
        """Take in a claim, or a changed one of the same event."""
        earlier = self._claims.get(claim.event)
        if claim == earlier:
            return
        if earlier is not None and earlier.t_onset_s != claim.t_onset_s:
            self.remove(claim.event)
            earlier = None
        self._claims[claim.event] = claim
        key = (claim.t_onset_s, claim.event)
        place = bisect.bisect_left(self._order, key)
        if earlier is None:
            self._order.insert(place, key)
        self._cut(place)

    def remove(self, event: EventIdentity) -> None:
        """Take a claim back."""
        claim = self._claims.pop(event)
        place = bisect.bisect_left(self._order, (claim.t_onset_s, event))
        del self._order[place]
        self._cut(place)

    def leave(self, visit: str, left_at: float | None) -> None:
        """Learn when a visit left; ``None``: it is (again) in the store."""
        earlier = self._left.pop(visit, None)
        if left_at is not None:
            self._left[visit] = left_at
        if earlier != left_at:
            since = min(t for t in (earlier, left_at) if t is not None) + SETTLED_S
            self._cut(bisect.bisect_left(self._order, (since,)))

    def events(self) -> Iterator[EventIdentity]:
        """All remembered events, by onset."""
        return (event for _, event in self._order)

    @property
    def begin(self) -> float:
        """[s] onset of the oldest remembered claim; -inf when there is none."""
        return self._order[0][0] if self._order else -math.inf

    def forget(self, *, before: float, keep: int, most: int = 2**31) -> dict[EventIdentity, Finding | None]:
        """Drop old claims, some at a time; what visits then held stays known.

        Args:
            before: [s] claims with a later onset stay.
            keep: [claims] so many stay in any case, the newest.
            most: [claims] no more than about so many stay, however new.

        Returns:
            Events that are gone, and what each of them most probably was.
        """
        old = min(bisect.bisect_left(self._order, (before,)), len(self._order) - keep)
        count = max(old, len(self._order) - most) // LOT * LOT
        if count <= 0:
            return {}
        gone = self._findings_of([event for _, event in self._order[:count]])
        last = self._steps[count - 1]
        self._start = _Step(last.beam, last.closed, last.experience)
        for event in gone:
            del self._claims[event]
        del self._order[:count], self._steps[:count]
        self._left = {
            visit: t for visit, t in self._left.items() if t >= before or visit not in self._start.closed
        }
        return gone

    def findings(self) -> dict[EventIdentity, Finding]:
        """What each remembered event most probably was, given all others."""
        found: dict[EventIdentity, Finding] = {}
        beam = self._compute()
        for step in self._steps:
            found |= step.findings
        return found | findings_of(beam)

    def _findings_of(self, events: Sequence[EventIdentity]) -> dict[EventIdentity, Finding | None]:
        """What these events most probably were; old ones are settled in early steps."""
        beam = self._compute()
        found: dict[EventIdentity, Finding | None] = dict.fromkeys(events)
        missing = len(found)
        for step in self._steps:
            settled = step.findings.keys() & found.keys()
            missing -= sum(found[event] is None for event in settled)
            found |= {event: step.findings[event] for event in settled}
            if not missing:
                return found
        return found | _among(findings_of(beam), frozenset(found))

    def contents(self) -> dict[str, Contents]:
        """What each visit may hold; a visit without an entry holds nothing."""
        found: dict[str, Contents] = {}
        beam = self._compute()
        for contents in (*(step.contents for step in self._steps), contents_of(beam)):
            for visit, part in contents.items():
                found[visit] = found[visit].joined(part) if visit in found else part
        return found

    def doubts(self, visit: str) -> tuple[Doubt, ...]:
        """Events that a person may be asked about for a visit's sake, best first; its settled doubts last."""
        beam = self._compute()
        settled = (doubt for step in self._steps for doubt in step.doubts.get(visit, ()))
        return (*doubts_of(beam, visit), *settled)

    def _cut(self, place: int) -> None:
        """Drop what was computed at and after a place."""
        del self._steps[place:]
        while self._steps and not self._steps[-1].beam:
            del self._steps[-1]

    def _compute(self) -> Beam:
        """The beam after the last claim."""
        for _, event in self._order[len(self._steps) :]:
            before = self._steps[-1] if self._steps else self._start
            self._steps.append(self._step(before, self._claims[event]))
            old = len(self._steps) - 1 - RECENT
            if old >= 0 and (old + 1) % EVERY:
                self._steps[old].beam, self._steps[old].experience = NOT_KEPT, NO_EXPERIENCE
        return (self._steps[-1] if self._steps else self._start).beam

    def _step(self, before: _Step, claim: Claim) -> _Step:
        long_ago = claim.t_onset_s - SETTLED_S
        closed = frozenset(visit for visit, left_at in self._left.items() if left_at < long_ago)
        step = _Step(before.beam, closed, before.experience)
        beam = before.beam
        if not closed <= before.closed:
            settled = frozenset(self._settled(beam, closed, long_ago))
            step.contents = {visit: part for visit, part in contents_of(beam).items() if visit in closed}
            step.doubts = {visit: doubts_of(beam, visit) for visit in step.contents}
            step.findings |= _among(findings_of(beam), settled)
            step.experience = step.experience.joined(sightings_of(beam, settled).items())
            beam = beam.without_events(settled).without_visits(closed)
        beam = self._belief.update(beam, claim, step.experience)
        if same := agreed(beam):
            step.findings |= {choice.event: (choice, 1.0) for choice in same}
            events = {choice.event for choice in same}
            step.experience = step.experience.joined(sightings_of(beam, events).items())
            beam = beam.without_events(events)
        step.beam = beam
        return step

    def _settled(self, beam: Beam, closed: frozenset[str], long_ago: float) -> Iterator[EventIdentity]:
        """Old events that nobody who may still be in the store can have done."""
        for event, column in beam.choices.columns():
            claim = self._claims.get(event)
            is_old = claim is None or claim.t_s < long_ago
            if is_old and closed.issuperset(choice.visit for choice in column.used() if choice.visit):
                yield event


def _among(
    findings: dict[EventIdentity, Finding], events: frozenset[EventIdentity]
) -> dict[EventIdentity, Finding]:
    return {event: finding for event, finding in findings.items() if event in events}
