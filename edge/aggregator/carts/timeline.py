"""Claims in the order of their onsets, with the joint belief after each of them.

A claim that comes late, changes or goes costs the beams after its place and no others. Doubt that can no
longer change is taken out of the beams, which keeps them small: at once where all accounts agree, and for
visits that left a while ago.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import Any

import numpy as np

from edge.aggregator.carts.account import Claim
from edge.aggregator.carts.beam import EMPTY_STORE, Beam
from edge.aggregator.carts.belief import CartBelief
from edge.aggregator.carts.contents import (
    NOTHING,
    Contents,
    Finding,
    agreed,
    contents_of,
    findings_of,
    sightings_of,
)
from edge.aggregator.carts.doubt import Doubt, doubts_of
from edge.aggregator.carts.experience import NO_EXPERIENCE, Experience
from edge.aggregator.carts.handing import Handover, handed
from edge.aggregator.carts.pair import Undone
from edge.aggregator.carts.settled import NOTHING_SETTLED, Settled, Settlement
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
    settled: Settlement = NOTHING_SETTLED  # here


class Timeline:
    """What is believed about all events together.

    Args:
        belief: updates beams.
    """

    def __init__(self, belief: CartBelief) -> None:
        self._belief = belief
        self._claims: dict[EventIdentity, Claim] = {}
        self._order: list[tuple[float, EventIdentity]] = []  # by onset
        self._undoers: dict[EventIdentity, EventIdentity] = {}  # by what they take back
        self._left: dict[str, float] = {}  # [s] by visit
        self._handovers: tuple[Handover, ...] = ()  # by time
        self._handed = (EMPTY_STORE, EMPTY_STORE)  # the last beam, before and after those since
        self._start_s = -math.inf  # onset of the last claim that is forgotten
        self._start = _Step(EMPTY_STORE, frozenset())  # before the first of `_order`
        self._steps: list[_Step] = []  # after each of `_order`, as far as computed
        self._settled = Settled()  # by these steps
        self._last = _Reading(EMPTY_STORE)  # of the last beam that was asked for

    def __getstate__(self) -> dict[str, Any]:
        """For a snapshot: with few of the beams; those between are computed again when needed."""
        last = len(self._steps) - 1
        kept = {last, last - RECENT // 4, last - RECENT + 1, *range(SPARSE - 1, last, SPARSE)}
        return vars(self) | {
            "_last": _Reading(EMPTY_STORE),
            "_handed": (EMPTY_STORE, EMPTY_STORE),
            "_steps": [
                step if index in kept else replace(step, beam=NOT_KEPT, experience=NO_EXPERIENCE)
                for index, step in enumerate(self._steps)
            ],
        }

    def put(self, claim: Claim) -> None:
        """Take in a claim, or a changed one of the same event."""
        earlier = self._claims.get(claim.event)
        if claim == earlier:
            return
        if earlier is not None and earlier.t_onset_s != claim.t_onset_s:
            self.remove(claim.event)
            earlier = None
        if earlier is not None:
            self._part(earlier)
        self._claims[claim.event] = claim
        key = (claim.t_onset_s, claim.event)
        place = bisect.bisect_left(self._order, key)
        if earlier is None:
            self._order.insert(place, key)
        self._cut(place)
        if claim.undoes is not None:
            self._undoers[claim.undoes] = claim.event
            self._cut_at(claim.undoes)

    def remove(self, event: EventIdentity) -> None:
        """Take a claim back."""
        claim = self._claims.pop(event)
        self._part(claim)
        place = bisect.bisect_left(self._order, (claim.t_onset_s, event))
        del self._order[place]
        self._cut(place)

    def _part(self, claim: Claim) -> None:
        """What a claim takes back stands by itself again."""
        if claim.undoes is not None and self._undoers.get(claim.undoes) == claim.event:
            del self._undoers[claim.undoes]
            self._cut_at(claim.undoes)

    def _cut_at(self, event: EventIdentity) -> None:
        """Drop what was computed at and after an event, if it is remembered."""
        if (claim := self._claims.get(event)) is not None:
            self._cut(bisect.bisect_left(self._order, (claim.t_onset_s, event)))

    def leave(self, visit: str, left_at: float | None) -> None:
        """Learn when a visit left; ``None``: it is (again) in the store."""
        earlier = self._left.pop(visit, None)
        if left_at is not None:
            self._left[visit] = left_at
        if earlier != left_at:
            since = min(t for t in (earlier, left_at) if t is not None) + SETTLED_S
            self._cut(bisect.bisect_left(self._order, (since,)))

    def hand_over(self, handovers: tuple[Handover, ...]) -> None:
        """Learn of everything that changed hands, by time; what is not among it any more did not."""
        changed = set(handovers) ^ set(self._handovers)
        self._handovers, self._handed = handovers, (EMPTY_STORE, EMPTY_STORE)
        if changed:
            self._cut(bisect.bisect_left(self._order, (min(changed).t_s,)))

    def events(self) -> Iterator[EventIdentity]:
        """All remembered events, by onset."""
        return (event for _, event in self._order)

    def __len__(self) -> int:
        return len(self._order)

    def latest(self, count: int) -> tuple[EventIdentity, ...]:
        """The latest remembered events, by onset."""
        return tuple(event for _, event in self._order[-count:])

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
        gone = {event: self.finding(event) for _, event in self._order[:count]}
        self._settled.drop(step.settled for step in self._steps[:count])
        last = self._steps[count - 1]
        self._start = _Step(last.beam, last.closed, last.experience)
        for event in gone:
            del self._claims[event]
            self._undoers.pop(event, None)
        self._start_s = self._order[count - 1][0]
        del self._order[:count], self._steps[:count]
        self._left = {
            visit: t for visit, t in self._left.items() if t >= before or visit not in self._start.closed
        }
        return gone

    def finding(self, event: EventIdentity) -> Finding | None:
        """What an event most probably was, given all others; ``None`` when every account was negligible."""
        last = self._read()
        return self._settled.findings.get(event) or last.findings.get(event)

    def findings(self) -> dict[EventIdentity, Finding]:
        """That of each remembered event."""
        last = self._read()
        return self._settled.findings | last.findings

    def own(self, visit: str) -> tuple[EventIdentity, ...]:
        """Events of which a visit is most probably the cause, by onset."""
        last = self._read()
        events = [event for event, (choice, _) in last.findings.items() if choice.visit == visit]
        known = [event for event in (*self._settled.events(visit), *events) if event in self._claims]
        return tuple(sorted(known, key=lambda event: (self._claims[event].t_onset_s, event)))

    def contents(self, visit: str) -> Contents:
        """What a visit may hold."""
        last = self._read()
        parts = [*self._settled.contents(visit), *([last.contents[visit]] if visit in last.contents else ())]
        return reduce(Contents.joined, parts) if parts else NOTHING

    def doubts(self, visit: str) -> tuple[Doubt, ...]:
        """Events that a person may be asked about for a visit's sake, best first; its settled doubts last."""
        beam = self._present()
        return (*doubts_of(beam, visit), *self._settled.doubts(visit))

    def _read(self) -> _Reading:
        """What the last beam says."""
        if self._last.beam is not (beam := self._present()):
            self._last = _Reading(beam)
        return self._last

    def _cut(self, place: int) -> None:
        """Drop what was computed at and after a place."""
        while place and place <= len(self._steps) and not self._steps[place - 1].beam:
            place -= 1
        self._settled.drop(step.settled for step in self._steps[place:])
        del self._steps[place:]

    def _compute(self) -> Beam:
        """The beam after the last claim."""
        for _, event in self._order[len(self._steps) :]:
            before = self._steps[-1] if self._steps else self._start
            since_s = self._order[len(self._steps) - 1][0] if self._steps else self._start_s
            self._steps.append(step := self._step(before, self._as_known(event), since_s))
            self._settled.add(step.settled)
            old = len(self._steps) - 1 - RECENT
            if old >= 0 and (old + 1) % EVERY:
                self._steps[old].beam, self._steps[old].experience = NOT_KEPT, NO_EXPERIENCE
        return (self._steps[-1] if self._steps else self._start).beam

    def _present(self) -> Beam:
        """The last beam, after all that has changed hands since."""
        beam = self._compute()
        if not self._handovers:
            return beam
        if self._handed[0] is not beam:
            since_s = self._order[-1][0] if self._order else self._start_s
            self._handed = beam, self._after_handovers(beam, since_s, math.inf, frozenset())
        return self._handed[1]

    def _after_handovers(self, beam: Beam, since_s: float, until_s: float, closed: frozenset[str]) -> Beam:
        """The accounts after what changed hands in that time; who left long ago handed nothing."""
        for handover in self._handovers:
            if since_s < handover.t_s <= until_s and closed.isdisjoint((handover.giver, handover.taker)):
                beam = handed(beam, handover)
        return beam

    def _step(self, before: _Step, claim: Claim, since_s: float) -> _Step:
        long_ago = claim.t_onset_s - SETTLED_S
        closed = frozenset(visit for visit, left_at in self._left.items() if left_at < long_ago)
        beam = self._after_handovers(before.beam, since_s, claim.t_onset_s, before.closed)
        experience, settled = before.experience, Settlement()
        if closed <= before.closed:
            closed = before.closed if closed == before.closed else closed
        else:
            events = frozenset(self._old(beam, closed, long_ago))
            settled.contents.update(each for each in contents_of(beam).items() if each[0] in closed)
            settled.doubts.update((visit, doubts_of(beam, visit)) for visit in settled.contents)
            settled.findings.update(each for each in findings_of(beam).items() if each[0] in events)
            experience = experience.joined(sightings_of(beam, events).items())
            beam = beam.without_events(events).without_visits(closed)
        undone = self._undone(claim)
        if undone is None and (sure := self._belief.sure(beam, claim, experience)) is not None:
            settled.findings[claim.event] = sure.choice, 1.0
            experience = experience.joined([(sighting, 1.0) for sighting in sure.seen])
            return _Step(sure.beam, closed, experience, settled)
        beam = self._belief.update(beam, claim, experience, undone)
        if same := agreed(beam):
            settled.findings.update((choice.event, (choice, 1.0)) for choice in same)
            experience = experience.joined(sightings_of(beam, settled.findings).items())
            beam = beam.without_events(settled.findings)
        return _Step(beam, closed, experience, settled if settled else NOTHING_SETTLED)

    def _as_known(self, event: EventIdentity) -> Claim:
        """A claim, with the odds that a later event which takes it back gives to both."""
        claim = self._claims[event]
        undoer = self._claims.get(self._undoers[event]) if event in self._undoers else None
        return claim if undoer is None else replace(claim, log_odds_goods=undoer.log_odds_goods)

    def _undone(self, claim: Claim) -> Undone | None:
        """The event that a claim takes back, if it is remembered."""
        earlier = self._claims.get(claim.undoes) if claim.undoes is not None else None
        if earlier is None or (earlier.t_onset_s, earlier.event) > (claim.t_onset_s, claim.event):
            return None
        finding = self._settled.findings.get(earlier.event)
        return Undone(earlier, finding is None or finding[0].happened)

    def _old(self, beam: Beam, closed: frozenset[str], long_ago: float) -> Iterator[EventIdentity]:
        """Old events that nobody who may still be in the store can have done."""
        for event, column in beam.choices.columns():
            claim = self._claims.get(event)
            is_old = claim is None or claim.t_s < long_ago
            if is_old and closed.issuperset(choice.visit for choice in column.used() if choice.visit):
                yield event


class _Reading:
    """What one beam says, as far as it is asked."""

    def __init__(self, beam: Beam) -> None:
        self.beam = beam

    @cached_property
    def findings(self) -> dict[EventIdentity, Finding]:
        """Of the events that are in doubt."""
        return findings_of(self.beam)

    @cached_property
    def contents(self) -> dict[str, Contents]:
        """Of the visits that are in doubt."""
        return contents_of(self.beam)
