"""The latest judgement of each event, and the events of which tracks may still tell."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from edge.aggregator.entries import AttributionEntry
from edge.messages import EventIdentity, ShelfEvent

SWEPT_MIN = 1000
"""[judgements] Of fewer than twice as many, none is looked for that nobody remembers."""


class Attributions:
    """Who did what, as it was judged last; older judgements change nothing."""

    def __init__(self) -> None:
        self._latest: dict[EventIdentity, AttributionEntry] = {}
        # [s] end of the window of events of which tracks may still tell
        self._open: dict[EventIdentity, float] = {}
        self._uncovered: dict[EventIdentity, float] = {}  # the same of those that receipts wait no longer for
        self._swept = SWEPT_MIN  # [judgements] left when all were last looked through

    def __len__(self) -> int:
        return len(self._latest)

    @property
    def latest(self) -> Mapping[EventIdentity, AttributionEntry]:
        """By event, whatever revision of it was judged."""
        return self._latest

    def note(self, entry: AttributionEntry) -> bool:
        """Take in a judgement; whether it is the latest."""
        earlier = self._latest.get(entry.event)
        if earlier is not None and _age(earlier) >= _age(entry):
            return False
        self._latest[entry.event] = entry
        return True

    def of(self, event: ShelfEvent) -> AttributionEntry | None:
        """The latest judgement, unless it is of another revision of the event."""
        found = self._latest.get(event.identity)
        return found if found is not None and found.event_revision == event.revision else None

    def expect(self, event: ShelfEvent, wanted_until: float, present: frozenset[str]) -> None:
        """Wait for the tracks of an event as it is known now if they may still tell.

        Args:
            event: its latest revision.
            wanted_until: [s] end of the window in which tracks tell of it.
            present: who was there by the gate's word; of whom a judgement does not know, it is made again.
        """
        attribution = self.of(event)
        self.close(event.identity)
        if attribution is None or not attribution.final or not present <= self.people(event.identity):
            self._open[event.identity] = wanted_until
        elif not attribution.covered:
            self._uncovered[event.identity] = wanted_until

    def close(self, event: EventIdentity) -> None:
        """Wait no longer for the tracks of an event."""
        self._open.pop(event, None)
        self._uncovered.pop(event, None)

    def is_open(self, event: EventIdentity) -> bool:
        """Whether receipts still wait for what tracks tell of an event."""
        return event in self._open

    def due(self, covered_until: float) -> Iterator[EventIdentity]:
        """Events that receipts wait for, and of which tracks told as much as they will by then [s]."""
        return (event for event, wanted_until in self._open.items() if wanted_until <= covered_until)

    def covered(self, since: float, until: float) -> Iterator[EventIdentity]:
        """Events that were judged before their tracks came, and of which those now tell.

        Args:
            since: [s] of what was before, tracks will not tell any more.
            until: [s] tracks have come so far.
        """
        for event, wanted_until in list(self._uncovered.items()):
            if wanted_until < since:
                del self._uncovered[event]
            elif wanted_until <= until:
                yield event

    def waiting(self) -> Iterator[EventIdentity]:
        """Events that receipts wait for."""
        return iter(self._open)

    def people(self, event: EventIdentity) -> frozenset[str]:
        """Whom the latest judgement of an event names."""
        found = self._latest.get(event)
        return frozenset(who.visit for who in found.visits) if found else frozenset()

    def named(self) -> frozenset[str]:
        """All people whom any judgement names."""
        return frozenset(who.visit for attribution in self._latest.values() for who in attribution.visits)

    def forget(self, events: Iterable[EventIdentity], remembered: Container[EventIdentity]) -> None:
        """Wait no longer for ``events``, and drop judgements of what is not ``remembered``, by and by."""
        for event in events:
            self.close(event)
            if event not in remembered:
                self._latest.pop(event, None)
        if len(self._latest) > 2 * self._swept:  # disturbances go in silence: seldom enough to look for all
            self._latest = {event: each for event, each in self._latest.items() if event in remembered}
            self._swept = max(len(self._latest), SWEPT_MIN)


def _age(entry: AttributionEntry) -> tuple[int, int]:
    return entry.event_revision, entry.revision
