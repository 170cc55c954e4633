"""Who did what, judged when an event comes, and again as tracks and gate tell more."""

from __future__ import annotations

from collections.abc import Iterator

from edge.aggregator.entries import AttributionEntry
from edge.aggregator.people.attributions import Attributions
from edge.aggregator.people.witnesses import Witnesses
from edge.aggregator.shelf_record import ShelfRecord
from edge.aggregator.visits.passes import LINGER_S
from edge.aggregator.visits.register import VisitRegister
from edge.messages import GateDirection, GateEvent, ShelfEvent


class Judgements:
    """Plans judgements of events, and knows which are still to come.

    Args:
        witnesses: judge one event.
        shelves: what happened.
        visits: what the gate told.
    """

    def __init__(self, witnesses: Witnesses, shelves: ShelfRecord, visits: VisitRegister) -> None:
        self._witnesses, self._shelves, self._visits = witnesses, shelves, visits
        self.attributions = Attributions()

    def first(self, event: ShelfEvent) -> AttributionEntry:
        """The judgement of an event that has just come."""
        is_covered = self._witnesses.wanted_until(event) <= self._witnesses.tracked_until
        return self._judge(event, final=is_covered)

    def due(self, covered_until: float) -> Iterator[AttributionEntry]:
        """Final judgements of events that receipts wait for, of which tracks have told by that time [s]."""
        for event in self.attributions.due(covered_until):
            yield self._judge(self._shelves.event(event), final=True)

    def covered(self) -> Iterator[AttributionEntry]:
        """Judgements of events that were judged before their tracks came."""
        witnesses = self._witnesses
        for event in self.attributions.covered(witnesses.tracked_since, witnesses.tracked_until):
            yield self._judge(self._shelves.event(event), final=True)

    def _judge(self, event: ShelfEvent, *, final: bool) -> AttributionEntry:
        return self._witnesses.judge(event, self._visits, self.attributions.of(event), final=final)

    def expect(self, event: ShelfEvent) -> AttributionEntry | None:
        """The latest judgement of an event as it is known now; another one is waited for if there may be."""
        self.attributions.expect(event, self._witnesses.wanted_until(event), self._present(event))
        return self.attributions.of(event)

    def told(self, gate: GateEvent) -> None:
        """The gate told of somebody: what was judged without knowing of that one is judged again."""
        told_of = [self._shelves.event(event) for event in self.attributions.waiting()]  # or it was nobody
        if gate.direction is not GateDirection.LEFT:
            told_of += [event for event in self._shelves.events() if event.t_settled >= gate.t]
        for event in told_of:
            self.expect(event)

    def _present(self, event: ShelfEvent) -> frozenset[str]:
        return frozenset(self._visits.present(event.t_onset - LINGER_S, event.t_settled))

    def waiting(self) -> frozenset[str]:
        """Visits to which an event may still be charged, also of people whom its judgement does not know."""
        return frozenset(
            visit
            for event in self.attributions.waiting()
            for visit in self._concerned(self._shelves.event(event))
        )

    def _concerned(self, event: ShelfEvent) -> Iterator[str]:
        for person in self.attributions.people(event.identity) | self._present(event):
            yield self._visits.visit_of(person, event.t_onset)
