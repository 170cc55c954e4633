"""Accuracy against truth: events, receipts, review, calibration, latency."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from tools.scenarios.script import Script, Transfer
from tools.scenarios.tracked import EPOCH

MATCH_S = 1.5
"""[s] An event matches a transfer whose time is so near its disturbance."""

REPORTED_AS = ("offline_change", "sensor_fault")
"""What must be said of a plate whose goods left unseen."""

BINS = 10
"""Of the calibration error."""


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
    units_right: int = 0
    units_charged: int = 0
    units_true: int = 0
    events_true: int = 0
    events_seen: int = 0  # of those true
    skus_right: int = 0  # of those seen
    events_found: int = 0
    events_real: int = 0  # of those found
    unseen: int = 0  # transfers that no sensor could see
    unseen_reported: int = 0
    visits: int = 0
    shopper_s: float = 0.0  # [s] that shoppers spent in the store
    receipts_exact: int = 0
    reviewed: int = 0
    unflagged_wrong: int = 0
    latencies_s: list[float] = field(default_factory=list)
    delta_errors_g: list[float] = field(default_factory=list)
    line_claims: list[tuple[float, bool]] = field(default_factory=list)
    cpu_s: float = 0.0
    data_s: float = 0.0
    failures: list[Failure] = field(default_factory=list)

    def merge(self, other: Score) -> None:
        """Add what ``other`` counted."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def add(self, script: Script, report: dict[str, Any]) -> bool:
        """Take in one case; whether all its receipts are exact."""
        self.cases += 1
        self.cpu_s += report["timing"]["cpu_seconds"]
        self.data_s += report["timing"]["data_seconds"]
        self.shopper_s += sum(end - start for start, end in map(script.span_s, script.visits))
        wrong = self._receipts(script, report)
        self._events(script, report)
        if wrong:
            self.failures.append(Failure(script.name, script.seed, "; ".join(wrong)))
        return not wrong

    def _receipts(self, script: Script, report: dict[str, Any]) -> list[str]:
        said = {visit["shopper"]: visit for visit in report["visits"]}
        wrong = []
        for shopper, truth in script.receipts().items():
            visit = said.get(shopper, {"lines": [], "needs_review": False})
            charged = Counter({line["sku"]: line["quantity"] for line in visit["lines"]})
            exact = charged == truth
            self.units_right += (charged & truth).total()
            self.units_true += truth.total()
            self.visits += 1
            self.receipts_exact += exact
            self.reviewed += visit["needs_review"]
            self.unflagged_wrong += not exact and not visit["needs_review"]
            for line in visit["lines"]:
                self.line_claims.append((line["probability"], truth[line["sku"]] == line["quantity"]))
            if not exact:
                flag = " (flagged)" if visit["needs_review"] else ""
                wrong.append(f"{shopper} has {dict(truth)}, charged {dict(charged)}{flag}")
        self.units_charged += sum(line["quantity"] for visit in report["visits"] for line in visit["lines"])
        return wrong

    def _events(self, script: Script, report: dict[str, Any]) -> None:
        left = [event["quantity"] for event in report["events"]]  # [units] not yet explained, by row
        blame: dict[str, float] = {}  # [g] that the matched transfers moved, by event
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
                continue
            best = report["events"][rows[0]]
            self.events_seen += 1
            self.skus_right += best["sku"] == transfer.sku
            self.latencies_s.append(best["t_decided"] - best["t_settled"])
            moved_g = -transfer.weight_g if transfer.taken else transfer.weight_g
            event = best["id"].partition("/")[0]
            blame[event] = blame.get(event, 0.0) + moved_g
        used = [row for row, event in enumerate(report["events"]) if left[row] < event["quantity"]]
        self.events_real += len([row for row in used if row not in optional])
        self.events_found -= len(optional)
        measured = {event["id"].partition("/")[0]: event["delta_g"] for event in report["events"]}
        self.delta_errors_g += [abs(measured[event] - moved_g) for event, moved_g in blame.items()]

    def _unseen(self, transfer: Transfer, report: dict[str, Any]) -> None:
        self.unseen += 1
        self.unseen_reported += any(
            set(each["plates"]) & set(transfer.plates) and each["kind"] in REPORTED_AS
            for each in report["disturbances"]
        )

    # --- ratios -----------------------------------------------------------------------------------

    @property
    def micro_f1(self) -> float:
        """Over (visit, SKU, unit); 1 where there was nothing to charge and nothing was charged."""
        units = self.units_charged + self.units_true
        return 2 * self.units_right / units if units else 1.0

    @property
    def exact_share(self) -> float:
        """Share of receipts that are exactly right."""
        return _share(self.receipts_exact, self.visits)

    @property
    def precision(self) -> float:
        """Share of reported events that happened."""
        return _share(self.events_real, self.events_found)

    @property
    def recall(self) -> float:
        """Share of what happened that was reported."""
        return _share(self.events_seen, self.events_true)

    @property
    def sku_accuracy(self) -> float:
        """Share of seen events whose best SKU is right."""
        return _share(self.skus_right, self.events_seen)

    @property
    def review_share(self) -> float:
        """Share of visits that ask for a person."""
        return _share(self.reviewed, self.visits, of_none=0.0)

    @property
    def unflagged_exact(self) -> float:
        """Share of receipts nobody would look at that are exactly right."""
        return 1 - _share(self.unflagged_wrong, self.visits - self.reviewed, of_none=0.0)

    @property
    def false_per_hour(self) -> float:
        """Events that never happened, per hour that a shopper spends in the store."""
        return 3600 * (self.events_found - self.events_real) / max(self.shopper_s, 1e-9)

    @property
    def brier(self) -> float:
        """Mean squared error of the line probabilities."""
        return sum((stated - right) ** 2 for stated, right in self.line_claims) / max(
            len(self.line_claims), 1
        )

    def ece(self) -> float:
        """Expected calibration error of the line probabilities, over ten equal bins."""
        bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
        for claim in self.line_claims:
            bins[min(int(claim[0] * BINS), BINS - 1)].append(claim)
        gaps = (abs(sum(claim[0] for claim in part) - sum(claim[1] for claim in part)) for part in bins)
        return sum(gaps) / max(len(self.line_claims), 1)


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
