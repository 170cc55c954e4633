"""Which cases lie before whom: answers are to what was shown, and no two people look at the same at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from edge.messages import EventIdentity, ReviewCase

HELD_S = 120.0
"""[s] after which a case that nobody answered may be shown to somebody else."""

REMEMBERED_MAX = 60
"""[cases] of one reviewer whose answers can still be taken, and taken back."""

REVIEWERS_MAX = 200
"""[reviewers] remembered; nobody employs so many at once."""


@dataclass(slots=True)
class Shown:
    """One case before one reviewer."""

    case: ReviewCase  # as told
    since_s: float  # [s] monotonic
    is_open: bool = True
    statement: str = ""  # id of the answer


class Table:
    """Everything that was handed out; forgotten with the process, whoever answers then is asked anew."""

    def __init__(self) -> None:
        self._shown: OrderedDict[str, OrderedDict[str, Shown]] = OrderedDict()
        self._events: dict[str, frozenset[EventIdentity]] = {}  # behind an audited receipt, by reviewer

    def hand_out(self, reviewer: str, case: ReviewCase, mono_s: float) -> None:
        """Put a case before somebody, or once more."""
        shown = self._shown.setdefault(reviewer, OrderedDict())
        self._shown.move_to_end(reviewer)
        shown[case.case] = Shown(case, mono_s)
        shown.move_to_end(case.case)
        while len(shown) > REMEMBERED_MAX:
            shown.popitem(last=False)
        while len(self._shown) > REVIEWERS_MAX:
            self._shown.popitem(last=False)

    def shown(self, reviewer: str, case: str) -> Shown | None:
        """What somebody was shown under this name; ``None``: nothing."""
        return self._shown.get(reviewer, OrderedDict()).get(case)

    def has_before(self, reviewer: str, event: EventIdentity) -> bool:
        """Whether somebody was shown a case about this event."""
        shown = self._shown.get(reviewer, OrderedDict()).values()
        return event in self._events.get(reviewer, ()) or any(each.case.event == event for each in shown)

    def show_events(self, reviewer: str, events: Iterable[EventIdentity]) -> None:
        """Put the events behind a receipt before somebody; those of the latest one count."""
        self._events[reviewer] = frozenset(events)

    def answered(self, reviewer: str, case: str, statement: str) -> None:
        """It lies before this reviewer no longer."""
        if (shown := self.shown(reviewer, case)) is not None:
            shown.is_open, shown.statement = False, statement

    def case_of(self, reviewer: str, statement: str) -> ReviewCase | None:
        """What somebody answered by a statement; ``None``: it is not theirs, or long ago."""
        shown = self._shown.get(reviewer, OrderedDict()).values()
        return next((each.case for each in shown if statement and each.statement == statement), None)

    def taken(self, reviewer: str, mono_s: float) -> frozenset[str]:
        """Names of cases that lie before others."""
        return frozenset(
            name
            for other, shown in self._shown.items()
            if other != reviewer
            for name, each in shown.items()
            if each.is_open and mono_s - each.since_s < HELD_S
        )
