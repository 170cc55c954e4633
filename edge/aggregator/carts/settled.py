"""What is no longer in doubt, as steps of a timeline settled it; one that is cut takes its part back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from edge.aggregator.carts.contents import Contents, Finding
from edge.aggregator.carts.doubt import Doubt
from edge.messages import EventIdentity


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one step settled."""

    findings: dict[EventIdentity, Finding] = field(default_factory=dict)
    contents: dict[str, Contents] = field(default_factory=dict)  # by visit
    doubts: dict[str, tuple[Doubt, ...]] = field(default_factory=dict)  # by visit, as they were

    def __bool__(self) -> bool:
        return bool(self.findings or self.contents)


NOTHING_SETTLED = Settlement()
"""Of the many steps that settle nothing."""


class Settled:
    """All settlements together, by event and by visit.

    Attributes:
        findings: of every event that is settled.
    """

    def __init__(self) -> None:
        self.findings: dict[EventIdentity, Finding] = {}
        self._events: dict[str, dict[EventIdentity, None]] = defaultdict(dict)  # by visit
        self._parts: dict[str, list[Settlement]] = defaultdict(list)  # that tell of a visit, in their order

    def add(self, settlement: Settlement) -> None:
        """Of the latest step."""
        for event, finding in settlement.findings.items():
            self.findings[event] = finding
            if (visit := finding[0].visit) is not None:
                self._events[visit][event] = None
        for visit in settlement.contents:
            self._parts[visit].append(settlement)

    def drop(self, settlements: Iterable[Settlement]) -> None:
        """Of steps that are cut, or forgotten."""
        for settlement in settlements:
            for event, (choice, _) in settlement.findings.items():
                self.findings.pop(event, None)
                if choice.visit is not None:
                    _discard(self._events, choice.visit, event)
            for visit in settlement.contents:
                self._parts[visit].remove(settlement)
                if not self._parts[visit]:
                    del self._parts[visit]

    def events(self, visit: str) -> Iterable[EventIdentity]:
        """Of which a visit is the cause."""
        return self._events.get(visit, ())

    def contents(self, visit: str) -> Iterator[Contents]:
        """What a visit held whenever it was settled; mostly once."""
        return (each.contents[visit] for each in self._parts.get(visit, ()))

    def doubts(self, visit: str) -> Iterator[Doubt]:
        """What was in doubt of a visit when it was settled."""
        return (doubt for each in self._parts.get(visit, ()) for doubt in each.doubts.get(visit, ()))


def _discard(events: dict[str, dict[EventIdentity, None]], visit: str, event: EventIdentity) -> None:
    events[visit].pop(event, None)
    if not events[visit]:
        del events[visit]
