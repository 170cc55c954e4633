"""Compare what really happened with what the ledger charged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from edge.aggregator.store import Decision
from edge.messages import EventKind, ItemCount, Receipt
from tools.chaos.downtime import Sight
from tools.store_simulator.truth import Action

SAME_S = 1.2
"""[s] by which an event may be dated beside what really happened; slow lifts take seconds by themselves."""


@dataclass(slots=True)
class Verdict:
    """Counts, and one sentence for everything that must not be."""

    seen: int = 0  # actions
    unseen: int = 0
    unsure: int = 0
    receipts: int = 0
    reviewed: int = 0  # receipts that ask for a person
    left_to_review: int = 0  # actions seen, known, and on nobody's receipt because it is open whose they are
    findings: list[str] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)  # on a wrong receipt that does not ask for a person


def judge(
    actions: Sequence[tuple[Action, Sight]],
    visits: Collection[str],
    decisions: Sequence[Decision],
    receipts: Sequence[Receipt],
) -> Verdict:
    """Every action that a node saw is one event on one line of one receipt; no other goods are charged.

    While broker or aggregator are down nobody tells them whose hand it was. Then the event's own decision
    has to ask for a person. Receipts that charge the wrong shopper without asking are counted apart: their
    lines are neither lost nor doubled.

    Args:
        actions: what really happened, and whether its node could see it.
        visits: everybody who came and left.
        decisions: all events as the aggregator takes them in the end.
        receipts: the latest of each visit.
    """
    counts = Counter(sight for _, sight in actions)
    verdict = Verdict(counts[Sight.SEEN], counts[Sight.UNSEEN], counts[Sight.UNSURE], len(receipts))
    verdict.reviewed = sum(receipt.needs_review for receipt in receipts)
    charged = [(identity, receipt.visit) for receipt in receipts for line in receipt.lines
               for identity in line.events]  # fmt: skip
    for identity, times in Counter(identity for identity, _ in charged).items():
        if times > 1:
            verdict.findings.append(f"doubled: event {identity} is on {times} lines")
    bounds = Bounds(visits)
    unclaimed = {str(decision.event.identity): decision for decision in decisions if decision.items}
    for action, sight in actions:
        found = next((decision for decision in unclaimed.values() if _same(action, decision)), None)
        if found is not None:
            del unclaimed[str(found.event.identity)]
        is_open = (
            found is not None
            and found.needs_review
            and str(found.event.identity) not in {identity for identity, _ in charged}
        )
        verdict.left_to_review += is_open and sight is Sight.SEEN
        bounds.add(action, surely=sight is Sight.SEEN and not is_open, possibly=sight is not Sight.UNSEEN)
        told = f"{action.kind} of {action.quantity} x {action.sku} at {action.plate} by {action.visit}"
        if sight is Sight.SEEN and found is None:
            verdict.findings.append(f"lost: {told}")
        if sight is Sight.UNSEEN and found is not None:
            verdict.findings.append(f"charged although nobody could see it: {told}")
    verdict.findings += [f"never happened: {_told(decision)}" for decision in unclaimed.values()]
    verdict.findings += [
        f"no receipt: {visit}" for visit in visits if visit not in {r.visit for r in receipts}
    ]
    verdict.findings += bounds.of_all(receipts)
    verdict.misplaced = [
        what for receipt in receipts if not receipt.needs_review for what in bounds.of_one(receipt)
    ]
    return verdict


class Bounds:
    """Between how many and how many units a receipt may charge."""

    def __init__(self, visits: Iterable[str]) -> None:
        self._least: dict[str, Counter[str]] = {visit: Counter() for visit in visits}
        self._most: dict[str, Counter[str]] = {visit: Counter() for visit in self._least}

    def add(self, action: Action, *, surely: bool, possibly: bool) -> None:
        """Count an action that must be charged, or that may be."""
        taken = action.quantity if action.kind is EventKind.PICK else -action.quantity
        by_force, by_chance = (self._least, self._most) if taken > 0 else (self._most, self._least)
        by_force[action.visit][action.sku] += taken if surely else 0
        by_chance[action.visit][action.sku] += taken if possibly else 0

    def of_all(self, receipts: Iterable[Receipt]) -> list[str]:
        """What all receipts together charge beyond or below."""
        return _outside(
            "all receipts",
            _sum(_units(receipt) for receipt in receipts),
            _sum(self._least.values()),
            _sum(self._most.values()),
        )

    def of_one(self, receipt: Receipt) -> list[str]:
        """What one receipt charges beyond or below."""
        least, most = (counts.get(receipt.visit, Counter()) for counts in (self._least, self._most))
        return _outside(f"receipt of {receipt.visit}", _units(receipt), least, most)


def _units(receipt: Receipt) -> Counter[str]:
    return Counter({line.sku: line.quantity for line in receipt.lines})


def _same(action: Action, decision: Decision) -> bool:
    return (
        decision.kind is action.kind
        and decision.items == (ItemCount(action.sku, action.quantity),)
        and any(row.plate == action.plate for row in decision.event.plates)
        and decision.event.t_onset <= action.settled_utc + SAME_S
        and decision.event.t_settled >= action.onset_utc - SAME_S
    )


def _told(decision: Decision) -> str:
    goods = ", ".join(f"{item.quantity} x {item.sku}" for item in decision.items)
    plates = ", ".join(row.plate for row in decision.event.plates)
    event = decision.event
    return f"{decision.kind} of {goods} at {plates}, {event.delta_g:+.1f} g ({event.identity})"


def _sum(counters: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        for sku, units in counter.items():
            total[sku] += units
    return total


def _outside(what: str, units: Counter[str], least: Counter[str], most: Counter[str]) -> list[str]:
    return [
        f"{what}: {units[sku]} x {sku} charged, {least[sku]} to {most[sku]} taken"
        for sku in sorted({*units, *least, *most})
        if not max(least[sku], 0) <= units[sku] <= max(most[sku], 0)
    ]
