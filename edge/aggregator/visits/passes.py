"""One person's ways through the gate, in the order of their times: whose ticket it was on, and when."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.messages import GateDirection, GateEvent, Role

LINGER_S = 10.0
"""[s] Gates and trackers report late: who came that much later may have been there before."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What somebody takes goes there."""

    visit: str
    role: Role = Role.SHOPPER
    credential: str = ""


@dataclass(slots=True)
class Stay:
    """One person's part in a visit; of several times at the gate the latest count."""

    entered_at: float | None = None  # [s]
    first_entered_at: float | None = None  # [s]
    last_left_at: float | None = None  # [s]
    role: Role = Role.SHOPPER
    credential: str = ""

    @property
    def left_at(self) -> float | None:
        """[s]; ``None`` while in the store."""
        if self.last_left_at is None or self.last_left_at < (self.entered_at or 0.0):
            return None
        return self.last_left_at


Resolve = Callable[[str, float], Ticket]
"""The ticket of another name just before a time [s]."""


class Passes:
    """What the gate said of one name, in any order and any number of times.

    Args:
        name: by which the tracker calls somebody.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._gates: list[tuple[float, GateDirection, GateEvent]] = []

    def add(self, gate: GateEvent) -> None:
        """Take in an event; one that says the same as a known one changes nothing."""
        key = (gate.t, gate.direction)
        place = bisect.bisect_left(self._gates, key, key=lambda each: each[:2])
        if place == len(self._gates) or self._gates[place][:2] != key:
            self._gates.insert(place, (*key, gate))

    def holds(self, gate: GateEvent) -> bool:
        """Whether an event is known."""
        return any(each[:2] == (gate.t, gate.direction) for each in self._gates)

    def ticket(self, t: float, resolve: Resolve) -> Ticket:
        """Whose ticket it was at a time [s]; that of the first entering before it."""
        begun = [gate for _, direction, gate in self._gates if direction is not GateDirection.LEFT]
        if not begun:
            left = self._gates[-1][2] if self._gates else None
            return Ticket(left.group or self._name if left else self._name)
        last = bisect.bisect_right(begun, t + LINGER_S, key=lambda each: each.t)
        return self._ticket_of(begun[max(last - 1, 0)], resolve)

    def ticket_before(self, t: float, resolve: Resolve) -> Ticket:
        """Whose ticket it was just before a time [s], by what happened before it alone."""
        begun = [each for at, way, each in self._gates if way is not GateDirection.LEFT and at < t]
        return self._ticket_of(begun[-1], resolve) if begun else Ticket(self._name)

    def stays(self, resolve: Resolve) -> Mapping[str, Stay]:
        """Its parts in visits, by ticket."""
        found: dict[str, Stay] = {}
        for t, direction, _ in self._gates:
            if direction is GateDirection.LEFT:
                visit = self.ticket(t - LINGER_S, resolve).visit  # who leaves came before
                found.setdefault(visit, Stay()).last_left_at = t
            else:
                ticket = self.ticket(t - LINGER_S, resolve)
                stay = found.setdefault(ticket.visit, Stay())
                stay.entered_at, stay.role, stay.credential = t, ticket.role, ticket.credential
                stay.first_entered_at = t if stay.first_entered_at is None else stay.first_entered_at
        return found

    def _ticket_of(self, gate: GateEvent, resolve: Resolve) -> Ticket:
        if gate.direction is GateDirection.CONTINUED and gate.formerly != self._name:
            return resolve(gate.formerly, gate.t)
        if gate.role.is_crew:
            return Ticket(self._name, gate.role)
        return Ticket(gate.group or self._name, gate.role, gate.credential)
