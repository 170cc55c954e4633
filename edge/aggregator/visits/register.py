"""All visits that are remembered, by name."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, ValuesView
from dataclasses import dataclass

from edge.aggregator.entries import ClosingEntry
from edge.aggregator.visits.passes import Passes, Stay, Ticket
from edge.aggregator.visits.visit import Visit
from edge.messages import GateDirection, GateEvent, Receipt

Span = tuple[str, float, float]
"""(person, entered at, left at) [s]; inf: still there."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much has been left to the ledger."""

    decisions: int
    receipts: int  # of visits, the latest of each
    reviews: int  # receipts among them that asked for a person


@dataclass(slots=True)
class ForgottenVisits:
    """How many have been left to the ledger."""

    receipts: int = 0  # of visits, the latest of each
    reviews: int = 0  # receipts among them that asked for a person


class VisitRegister:
    """Takes in what gate and receipts say of people and their visits, in any order."""

    def __init__(self) -> None:
        self._visits: dict[str, Visit] = {}
        self._spans: dict[str, tuple[Span, ...]] = {}  # by visit
        self._passes: dict[str, Passes] = {}  # by person
        self._elsewhere: set[str] = set()  # people who ever were on another ticket than their own
        self._later: dict[str, set[str]] = defaultdict(set)  # names that continue a name
        self.forgotten = ForgottenVisits()

    def __len__(self) -> int:
        return len(self._visits)

    def name(self, visit: str) -> Visit:
        """The visit of that name; known from now on."""
        return self._visits.setdefault(visit, Visit(visit))

    def find(self, visit: str | None) -> Visit | None:
        """The visit of that name, if it is known."""
        return None if visit is None else self._visits.get(visit)

    def all(self) -> ValuesView[Visit]:
        """Every remembered visit, in the order in which they became known."""
        return self._visits.values()

    def by_entry(self) -> tuple[Visit, ...]:
        """Every remembered visit, in an order that does not depend on that of the entries.

        Not a name of somebody who is on another one's ticket.
        """
        own = (each for each in self._visits.values()
               if each.stays or each.receipt is not None or each.visit not in self._passes)  # fmt: skip
        return tuple(sorted(own, key=lambda each: (each.entered_at or 0.0, each.visit)))

    def closed(self, left_before: float) -> Iterator[Visit]:
        """Visits to be charged that left at that time [s] or earlier."""
        return (each for each in self._visits.values()
                if not each.is_crew and each.left_at is not None and each.left_at <= left_before)  # fmt: skip

    def still_open(self) -> Iterator[Visit]:
        """Visits of which somebody is in the store."""
        return (self._visits[name] for name, spans in self._spans.items()
                if any(left_at == math.inf for _, _, left_at in spans))  # fmt: skip

    def present(self, start: float, end: float) -> set[str]:
        """Who was in the store at some time between [s], by the gate's word."""
        return {person for spans in self._spans.values() for person, entered_at, left_at in spans
                if entered_at <= end and left_at >= start}  # fmt: skip

    def ticket(self, person: str, t: float) -> Ticket:
        """Whose ticket somebody was on at a time [s]."""
        passes = self._passes.get(person)
        return Ticket(person) if passes is None else passes.ticket(t, self._ticket_before)

    def visit_of(self, person: str, t: float) -> str:
        """The name of that ticket; nearly everybody is on one of their own."""
        return self.ticket(person, t).visit if person in self._elsewhere else person

    def _ticket_before(self, person: str, t: float) -> Ticket:
        passes = self._passes.get(person)
        return Ticket(person) if passes is None else passes.ticket_before(t, self._ticket_before)

    # --- what is told -----------------------------------------------------------------------------

    def is_news(self, gate: GateEvent) -> bool:
        """Whether the gate says something that is not known."""
        passes = self._passes.get(gate.visit)
        return passes is None or not passes.holds(gate)

    def pass_gate(self, gate: GateEvent) -> tuple[frozenset[str], tuple[Visit, ...]]:
        """Somebody came or went, or has another name now.

        Returns:
            People who may be on another ticket by that, and visits that are now otherwise.
        """
        people = self._concerned(gate)
        before = {person: self._stays(person) for person in people}
        self._passes.setdefault(gate.visit, Passes(gate.visit)).add(gate)
        if gate.direction is GateDirection.CONTINUED and gate.formerly:
            self._later[gate.formerly].add(gate.visit)
            gone = GateEvent(visit=gate.formerly, direction=GateDirection.LEFT, t=gate.t)
            self._passes.setdefault(gate.formerly, Passes(gate.formerly)).add(gone)
        touched: dict[str, Visit] = {}
        moved: set[str] = set()
        for person in sorted(people):
            stays = self._stays(person)
            for name in {*before[person], *stays}:
                visit = touched[name] = self.name(name)
                visit.stays.pop(person, None)
                if name in stays:
                    visit.stays[person] = stays[name]
                if name != person:
                    moved.add(person)
        for visit in touched.values():
            self._note_spans(visit)
        self._elsewhere |= moved
        return frozenset(moved), tuple(touched.values())

    def _note_spans(self, visit: Visit) -> None:
        self._spans[visit.visit] = tuple(
            (person, entered_at, math.inf if left_at is None else left_at)
            for person, entered_at, left_at in visit.present()
            if entered_at is not None
        )

    def _concerned(self, gate: GateEvent) -> set[str]:
        """People of whom a gate event tells: also by the names that they had, and got later."""
        found: set[str] = set()
        names = [gate.visit, *([gate.formerly] if gate.formerly else [])]
        while names:
            if (name := names.pop()) not in found:
                found.add(name)
                names += self._later.get(name, ())
        return found

    def _stays(self, person: str) -> Mapping[str, Stay]:
        passes = self._passes.get(person)
        return {} if passes is None else passes.stays(self._ticket_before)

    def close(self, closing: ClosingEntry) -> Visit:
        """A visit was ended without anybody seen to leave; the latest time counts."""
        visit = self.name(closing.visit)
        visit.closed = max(visit.closed or (-math.inf, closing.end), (closing.t, closing.end))
        self._note_spans(visit)
        return visit

    def issue(self, receipt: Receipt, latest: Receipt) -> None:
        """A visit got a receipt.

        Args:
            receipt: of any age.
            latest: the last of its chain; a visit of an old name begins a chain of its own.
        """
        visit = self.name(receipt.visit)
        visit.receipts += 1
        if visit.receipt is None or latest.left_at >= visit.receipt.left_at:
            visit.receipt = latest

    # --- what is forgotten ------------------------------------------------------------------------

    def forget(self, long_ago: float, named: Container[str]) -> tuple[str, ...]:
        """Drop visits that left, and names that the tracker gave to somebody for a moment.

        Args:
            long_ago: [s] who left later stays.
            named: people whom remembered events name stay too, and their visits.

        Returns:
            Names of whom the gate never told.
        """
        nobodies: list[str] = []
        for visit in list(self._visits.values()):
            is_done = visit.receipt is not None or visit.is_crew
            is_over = visit.left_at is not None and visit.left_at < long_ago and is_done
            is_nobody = not visit.stays
            if not (is_over or is_nobody) or any(name in named for name in (visit.visit, *visit.stays)):
                continue
            del self._visits[visit.visit]
            self._spans.pop(visit.visit, None)
            if is_nobody:
                nobodies.append(visit.visit)
            if is_over and visit.receipt is not None:
                self.forgotten.receipts += 1
                self.forgotten.reviews += visit.receipt.needs_review
        self._forget_people()
        return tuple(nobodies)

    def _forget_people(self) -> None:
        """Drop what the gate said of people who are on no remembered ticket."""
        present = {person for visit in self._visits.values() for person in visit.stays}
        for person in self._passes.keys() - present:
            del self._passes[person]
            self._later.pop(person, None)
            self._elsewhere.discard(person)
