"""What nodes told of their shelves: the latest revision of each event and disturbance, while remembered."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator

from edge.messages import Disturbance, EventIdentity, ShelfEvent

REMEMBERED_S = 7200.0
"""[s] Events older than that and not among the newest :data:`REMEMBERED` are left to the ledger."""

REMEMBERED = 2000
"""[events, disturbances] kept however old: after an outage nodes deliver hours, one node after the other."""

REMEMBERED_MAX = 20_000
"""[events] kept however new: a flood of them must not fill the memory."""

TOO_LATE_MAX = 100
"""[events] shown of those that came when their time was forgotten already."""


class ShelfRecord:
    """Messages of nodes, in any order and any number of times.

    Attributes:
        forgotten: [events] that only the ledger still knows.
    """

    def __init__(self) -> None:
        self._events: dict[EventIdentity, ShelfEvent] = {}
        self._disturbances: dict[EventIdentity, Disturbance] = {}
        self._too_late: deque[ShelfEvent] = deque(maxlen=TOO_LATE_MAX)
        self._horizon_s = -math.inf  # what began before is forgotten
        self.forgotten = 0

    def __contains__(self, event: object) -> bool:
        return event in self._events or event in self._disturbances

    def is_news(self, message: ShelfEvent | Disturbance) -> bool:
        """Whether this is not known, nor a later revision of it."""
        earlier = self._events.get(message.identity) or self._disturbances.get(message.identity)
        return earlier is None or earlier.revision < message.revision

    def add_event(self, event: ShelfEvent) -> bool:
        """Take in an event; False when its time is forgotten already."""
        if event.t_onset < self._horizon_s:
            self._too_late.append(event)
            return False
        self._disturbances.pop(event.identity, None)
        self._events[event.identity] = event
        return True

    def add_disturbance(self, told: Disturbance) -> bool:
        """Take in a disturbance; whether an earlier revision took it for an event."""
        was_event = self._events.pop(told.identity, None) is not None
        self._disturbances[told.identity] = told
        if len(self._disturbances) >= 2 * REMEMBERED:
            self._disturbances = {each.identity: each for each in self.disturbances()[-REMEMBERED:]}
        return was_event

    def event(self, identity: EventIdentity) -> ShelfEvent:
        """A remembered event."""
        return self._events[identity]

    def events(self) -> Iterator[ShelfEvent]:
        """Every remembered event, in the order in which they became known."""
        return iter(self._events.values())

    def find(self, identity: EventIdentity) -> ShelfEvent | None:
        """An event, if it is remembered."""
        return self._events.get(identity)

    def forget(self, events: Iterable[EventIdentity], horizon_s: float) -> None:
        """Drop events; all that began before ``horizon_s`` [s] are."""
        self._horizon_s = horizon_s
        for event in events:
            del self._events[event]
            self.forgotten += 1

    def too_late(self) -> tuple[ShelfEvent, ...]:
        """The latest that came when their time was forgotten, by onset."""
        return tuple(sorted(self._too_late, key=lambda each: (each.t_onset, each.identity)))

    def disturbances(self) -> tuple[Disturbance, ...]:
        """Everything that moved plates and charged nobody, by onset."""
        return tuple(sorted(self._disturbances.values(), key=lambda each: (each.t_onset, each.identity)))
