"""All visits that are remembered, by name."""

from __future__ import annotations

from collections.abc import Container, Iterator, ValuesView
from dataclasses import dataclass

from edge.aggregator.visits.visit import Visit
from edge.messages import GateDirection, GateEvent, Receipt


@dataclass(slots=True)
class ForgottenVisits:
    """How many have been left to the ledger."""

    receipts: int = 0  # of visits, the latest of each
    reviews: int = 0  # receipts among them that asked for a person


class VisitRegister:
    """Takes in what gate and receipts say of visits, in any order."""

    def __init__(self) -> None:
        self._visits: dict[str, Visit] = {}
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
        """Every remembered visit, in an order that does not depend on that of the entries."""
        return tuple(sorted(self._visits.values(), key=lambda each: (each.entered_at or 0.0, each.visit)))

    def closed(self, left_before: float) -> Iterator[Visit]:
        """Visits that left at that time [s] or earlier."""
        return (each for each in self._visits.values()
                if each.left_at is not None and each.left_at <= left_before)  # fmt: skip

    def is_news(self, gate: GateEvent) -> bool:
        """Whether the gate says something that is not known."""
        known = self._visits.get(gate.visit, Visit(gate.visit))
        entered = gate.direction is GateDirection.ENTERED
        return (known.entered_at if entered else known.last_left_at) != gate.t

    def pass_gate(self, gate: GateEvent) -> Visit:
        """Somebody came or went; of several times the latest counts."""
        visit = self.name(gate.visit)
        if gate.direction is GateDirection.ENTERED:
            visit.entered_at = max(gate.t, visit.entered_at or gate.t)
            visit.first_entered_at = min(gate.t, visit.first_entered_at or gate.t)
        else:
            visit.last_left_at = max(gate.t, visit.last_left_at or gate.t)
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

    def forget(self, long_ago: float, named: Container[str]) -> tuple[str, ...]:
        """Drop visits that left, and names that the tracker gave to somebody for a moment.

        Args:
            long_ago: [s] who left later stays.
            named: visits that remembered events name stay too.

        Returns:
            Names of whom the gate never told.
        """
        nobodies: list[str] = []
        for visit in list(self._visits.values()):
            is_over = visit.left_at is not None and visit.left_at < long_ago and visit.receipt is not None
            is_nobody = visit.left_at is None and visit.entered_at is None
            if visit.visit in named or not (is_over or is_nobody):
                continue
            del self._visits[visit.visit]
            if is_nobody:
                nobodies.append(visit.visit)
            if is_over and visit.receipt is not None:
                self.forgotten.receipts += 1
                self.forgotten.reviews += visit.receipt.needs_review
        return tuple(nobodies)
