"""Accuracy against truth: events, receipts, review, calibration, latency."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tools.scenarios.rendered import EPOCH
from tools.scenarios.script import Script

MATCH_S = 1.5
"""[s] An event matches a transfer whose time is so near its disturbance."""


@dataclass(slots=True)
class Score:
    """Counts over any number of cases; ratios on demand."""

    cases: int = 0
    units_right: int = 0
    units_charged: int = 0
    units_true: int = 0
    events_true: int = 0
    events_found: int = 0
    events_matched: int = 0
    skus_right: int = 0
    visits: int = 0
    receipts_exact: int = 0
    reviewed: int = 0
    unflagged_wrong: int = 0
    latencies_s: list[float] = field(default_factory=list)
    line_claims: list[tuple[float, bool]] = field(default_factory=list)
    cpu_s: float = 0.0
    data_s: float = 0.0
    failures: list[str] = field(default_factory=list)

    def add(self, script: Script, report: dict[str, Any]) -> bool:
        """Take in one case; whether all its receipts are exact."""
        self.cases += 1
        self.cpu_s += report["timing"]["cpu_seconds"]
        self.data_s += report["timing"]["data_seconds"]
        exact = self._receipts(script, report)
        self._events(script, report)
        if not exact:
            self.failures.append(f"{script.name}-{script.seed}")
        return exact

    def _receipts(self, script: Script, report: dict[str, Any]) -> bool:
        charged = {
            visit["shopper"]: Counter({line["sku"]: line["quantity"] for line in visit["lines"]})
            for visit in report["visits"]
        }
        flagged = {visit["shopper"]: visit["needs_review"] for visit in report["visits"]}
        all_exact = True
        for visit, truth in script.receipts().items():
            found = charged.get(visit, Counter())
            self.units_right += (found & truth).total()
            self.units_true += truth.total()
            self.visits += 1
            exact = found == truth
            self.receipts_exact += exact
            self.reviewed += flagged.get(visit, False)
            self.unflagged_wrong += not exact and not flagged.get(visit, False)
            all_exact &= exact
        self.units_charged += sum(found.total() for found in charged.values())
        for visit in report["visits"]:
            truth = script.receipts().get(visit["shopper"], Counter())
            for line in visit["lines"]:
                self.line_claims.append((line["probability"], truth[line["sku"]] == line["quantity"]))
        return all_exact

    def _events(self, script: Script, report: dict[str, Any]) -> None:
        open_ = list(report["events"])
        self.events_true += len(script.transfers)
        self.events_found += len(open_)
        for transfer in sorted(script.transfers, key=lambda each: each.t):
            t = EPOCH + transfer.t
            near = [
                event
                for event in open_
                if event["t_onset"] - MATCH_S <= t <= event["t_settled"] + MATCH_S
                and (event["kind"] == "pick") == transfer.taken
                and {each["plate"] for each in event["plates"]} & set(transfer.plates)
            ]
            if near:
                best = min(
                    near, key=lambda event: (event["sku"] != transfer.sku, abs(event["t_settled"] - t))
                )
                open_.remove(best)
                self.events_matched += 1
                self.skus_right += best["sku"] == transfer.sku
                self.latencies_s.append(best["t_decided"] - best["t_settled"])

    # --- ratios -----------------------------------------------------------------------------------

    @property
    def micro_f1(self) -> float:
        """Over (visit, SKU, unit)."""
        return 2 * self.units_right / max(self.units_charged + self.units_true, 1)

    @property
    def exact_share(self) -> float:
        """Share of receipts that are exactly right."""
        return self.receipts_exact / max(self.visits, 1)

    @property
    def precision(self) -> float:
        """Share of events that happened."""
        return self.events_matched / max(self.events_found, 1)

    @property
    def recall(self) -> float:
        """Share of what happened that was seen."""
        return self.events_matched / max(self.events_true, 1)

    @property
    def review_share(self) -> float:
        """Share of visits that ask for a person."""
        return self.reviewed / max(self.visits, 1)

    @property
    def unflagged_exact(self) -> float:
        """Share of receipts nobody would look at that are exactly right."""
        return 1 - self.unflagged_wrong / max(self.visits - self.reviewed, 1)

    def ece(self, bins: int = 10) -> float:
        """Expected calibration error of the line probabilities."""
        total = 0.0
        for index in range(bins):
            part = [
                claim for claim in self.line_claims
                if index / bins < claim[0] <= (index + 1) / bins or (index == 0 and claim[0] == 0)
            ]  # fmt: skip
            if part:
                stated = sum(claim[0] for claim in part) / len(part)
                right = sum(claim[1] for claim in part) / len(part)
                total += len(part) * abs(stated - right)
        return total / max(len(self.line_claims), 1)
