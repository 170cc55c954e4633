"""Accuracy against truth: events, receipts, review, calibration, latency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from typing import Any

from tools.scenarios.blame import Blame, Mistake
from tools.scenarios.receipts import ReceiptOutcome, exact_share, micro_f1, outcomes
from tools.scenarios.script import Script, Transfer
from tools.scenarios.tracked import EPOCH

MATCH_S = 1.5
"""[s] An event matches a transfer whose time is so near its disturbance."""

REPORTED_AS = ("offline_change", "sensor_fault")
"""What must be said of a plate whose goods left unseen."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A case in which not all receipts are exact."""

    scenario: str
    seed: int
    detail: str


@dataclass(slots=True)
class Score:
    """Counts over any number of cases; ratios on demand. Scores add up."""

    cases: int = 0
    receipts: list[ReceiptOutcome] = field(default_factory=list)
    events_true: int = 0
    events_seen: int = 0  # of those true
    skus_right: int = 0  # of those seen
    events_found: int = 0
    events_real: int = 0  # of those found
    unseen: int = 0  # transfers that no sensor could see
    unseen_reported: int = 0
    shopper_s: float = 0.0  # [s] that shoppers spent in the store
    latencies_s: list[float] = field(default_factory=list)
    revisions: list[int] = field(default_factory=list)  # of each event, after its first publication
    delta_errors_g: list[float] = field(default_factory=list)
    line_claims: list[tuple[float, bool]] = field(default_factory=list)
    cpu_s: float = 0.0
    data_s: float = 0.0
    failures: list[Failure] = field(default_factory=list)
    mistakes: Counter[Mistake] = field(default_factory=Counter)  # by kind of act, and what went wrong
    acts: Counter[str] = field(default_factory=Counter)  # by kind

    def merge(self, other: Score) -> None:
        """Add what ``other`` counted."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def add(self, script: Script, report: dict[str, Any], tellable: Collection[str] | None = None) -> bool:
        """Take in one case; whether all its receipts are exact.

        Args:
            script: the truth.
            report: what was said.
            tellable: visits whose receipts the sensors can tell at all; ``None``: all of them.
        """
        self.cases += 1
        self.cpu_s += report["timing"]["cpu_seconds"]
        self.data_s += report["timing"]["data_seconds"]
        self.shopper_s += sum(end - start for start, end in map(script.span_s, script.visits))
        blame = Blame(script, report)
        self.acts.update(blame.kinds())
        found = outcomes(script, report["visits"], tellable)
        self.receipts += found
        wrong = [outcome for outcome in found if not outcome.exact]
        for outcome in wrong:
            blame.receipt(outcome)
        if wrong:
            self.failures.append(Failure(script.name, script.seed, "; ".join(map(str, wrong))))
        self._claims(script, report)
        self._events(script, report, blame)
        self.mistakes.update(blame.mistakes)
        return not wrong

    def _claims(self, script: Script, report: dict[str, Any]) -> None:
        due = script.receipts()
        self.line_claims += [
            (line["probability"], due[visit["shopper"]][line["sku"]] == line["quantity"])
            for visit in report["visits"]
            if visit["shopper"] in due
            for line in visit["lines"]
        ]

    def _events(self, script: Script, report: dict[str, Any], blame: Blame) -> None:
        left = [event["quantity"] for event in report["events"]]  # [units] not yet explained, by row
        moved: dict[str, float] = {}  # [g] that the matched transfers moved, by event
        optional: set[int] = set()
        self.events_found += len(left)
        for transfer in sorted(script.transfers, key=lambda each: (each.optional, each.t)):
            if not transfer.seen:
                self._unseen(transfer, report)
                continue
            rows = _matching(transfer, report["events"], left)
            wanted = transfer.quantity
            for row in rows:
                units = min(wanted, left[row])
                left[row] -= units
                wanted -= units
                if transfer.optional:
                    optional.add(row)
                if wanted == 0:
                    break
            if transfer.optional:
                continue
            self.events_true += 1
            if not rows:
                blame.missed(transfer)
                continue
            best = report["events"][rows[0]]
            self.events_seen += 1
            self.skus_right += best["sku"] == transfer.sku
            self.latencies_s.append(best["t_decided"] - best["t_settled"])
            event = best["id"].partition("/")[0]
            delta_g = -transfer.weight_g if transfer.taken else transfer.weight_g
            moved[event] = moved.get(event, 0.0) + delta_g
        false = [event for row, event in enumerate(report["events"]) if left[row] == event["quantity"]]
        for event in false:
            blame.false(event)
        for event in report["events"]:
            if event["needs_review"]:
                blame.asked(event)
        self.events_real += len(report["events"]) - len(false) - len(optional)
        self.events_found -= len(optional)
        measured = {event["id"].partition("/")[0]: event["delta_g"] for event in report["events"]}
        self.delta_errors_g += [abs(measured[event] - delta_g) for event, delta_g in moved.items()]

    def _unseen(self, transfer: Transfer, report: dict[str, Any]) -> None:
        self.unseen += 1
        self.unseen_reported += any(
            set(each["plates"]) & set(transfer.plates) and each["kind"] in REPORTED_AS
            for each in report["disturbances"]
        )

    # --- ratios -----------------------------------------------------------------------------------

    @property
    def visits(self) -> int:
        """Number of receipts."""
        return len(self.receipts)

    @property
    def micro_f1(self) -> float:
        """Over (visit, SKU, unit); 1 where there was nothing to charge and nothing was charged."""
        return micro_f1(self.receipts)

    @property
    def precision(self) -> float:
        """Share of the events told that happened."""
        return _share(self.events_real, self.events_found)

    @property
    def recall(self) -> float:
        """Share of the transfers that were told."""
        return _share(self.events_seen, self.events_true)

    @property
    def sku_accuracy(self) -> float:
        """Share of the transfers told whose event names the right SKU."""
        return _share(self.skus_right, self.events_seen)

    @property
    def exact_share(self) -> float:
        """Share of visits whose receipt is right to the last unit."""
        return exact_share(self.receipts)

    @property
    def reviewed(self) -> int:
        """Visits that ask for a person."""
        return sum(each.needs_review for each in self.receipts)

    @property
    def review_share(self) -> float:
        """Share of them."""
        return _share(self.reviewed, self.visits, of_none=0.0)

    @property
    def unflagged(self) -> list[ReceiptOutcome]:
        """Receipts nobody would look at."""
        return [each for each in self.receipts if not each.needs_review]

    @property
    def unflagged_exact(self) -> float:
        """Share of those that are exactly right."""
        return exact_share(self.unflagged)

    @property
    def false_per_hour(self) -> float:
        """Events that never happened, per hour that a shopper spends in the store."""
        return 3600 * (self.events_found - self.events_real) / max(self.shopper_s, 1e-9)


def _matching(transfer: Transfer, events: list[dict[str, Any]], left: list[int]) -> list[int]:
    """Rows that may tell of a transfer, best first."""
    t = EPOCH + transfer.t
    rows = [
        row
        for row, event in enumerate(events)
        if left[row] > 0
        and event["t_onset"] - MATCH_S <= t <= event["t_settled"] + MATCH_S
        and (event["kind"] == "pick") == transfer.taken
        and {each["plate"] for each in event["plates"]} & set(transfer.plates)
    ]
    return sorted(
        rows, key=lambda row: (events[row]["sku"] != transfer.sku, abs(events[row]["t_settled"] - t))
    )


def _share(part: int, whole: int, of_none: float = 1.0) -> float:
    return part / whole if whole else of_none
