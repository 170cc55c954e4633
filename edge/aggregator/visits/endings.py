"""Visits that end though nobody is seen to leave: nothing was seen of them for long, or the store closed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

from edge.aggregator.entries import ClosingEntry
from edge.aggregator.visits.visit import Visit
from edge.config import VisitSection
from edge.messages import TrackFrame, VisitEnd


class SignsOfLife:
    """When each person was last seen by a tracker: a memory of this process, in no ledger and no snapshot."""

    def __init__(self) -> None:
        self._seen_s: dict[str, float] = {}
        self._since_s: float | None = None

    def __reduce__(self) -> tuple[type[SignsOfLife], tuple[()]]:
        """Whoever wakes up has seen nobody yet."""
        return SignsOfLife, ()

    def hear(self, frame: TrackFrame) -> None:
        """Take in a frame, in any order."""
        for target in frame.targets:
            self._seen_s[target.visit] = max(frame.t, self._seen_s.get(target.visit, -math.inf))

    def since(self, utc_s: float) -> float:
        """[s] since when this watches; from the first question on."""
        if self._since_s is None:
            self._since_s = utc_s
        return self._since_s

    def of(self, people: Iterable[str]) -> float:
        """[s] when the last of them was seen; -inf: never."""
        return max((self._seen_s.get(person, -math.inf) for person in people), default=-math.inf)

    def forget(self, before: float) -> None:
        """Drop who was last seen before a time [s]."""
        self._seen_s = {person: t for person, t in self._seen_s.items() if t >= before}


def closings_due(
    visits: Iterable[Visit],
    *,
    utc_s: float,
    closed_at: float,
    signs: SignsOfLife,
    acted_at: Callable[[str], float],
    options: VisitSection,
) -> Iterator[ClosingEntry]:
    """The same until they are applied.

    Args:
        visits: all of which somebody is in the store.
        utc_s: [s] present time.
        closed_at: [s] when the store closed last; -inf: it never did.
        signs: what trackers saw.
        acted_at: [s] when a visit last took or put anything; -inf: it never did.
        options: how long nothing may be seen of a visit.
    """
    watched_since = signs.since(utc_s)
    for visit in visits:
        entered_at = visit.last_entered_at
        if entered_at is None:
            continue
        if entered_at <= closed_at <= utc_s:
            yield ClosingEntry(visit.visit, closed_at, VisitEnd.STORE_CLOSED)
            continue
        seen_s = max(signs.of(visit.stays), watched_since, entered_at)
        if seen_s + options.timeout_s > utc_s:
            continue
        ends_at = max(seen_s, acted_at(visit.visit)) + options.timeout_s
        if ends_at <= utc_s:
            yield ClosingEntry(visit.visit, ends_at, VisitEnd.TIMEOUT)
