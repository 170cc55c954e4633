"""What the benchmark prints, and the bars it prints beside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich import box
from rich.table import Table

from tools.scenarios.blame import MISTAKES
from tools.scenarios.contest import Standing
from tools.scenarios.score import Score
from tools.scenarios.suite import GROUPS
from tools.scenarios.unseen import UNSEEN


@dataclass(frozen=True, slots=True)
class Bar:
    """What a group has to reach."""

    micro_f1: float
    review_share: float  # at most
    unflagged_exact: float


BARS = {
    "plain": Bar(0.998, 0.02, 0.995),
    "single shopper": Bar(0.995, 0.02, 0.995),
    "several": Bar(0.99, 0.02, 0.995),
    "adversarial": Bar(0.96, 0.10, 0.98),
    "hardest": Bar(0.89, 0.35, 0.95),
}
PRECISION, RECALL, FALSE_PER_HOUR = 0.995, 0.99, 1.0
ECE, LATENCY_P50_S, LATENCY_P99_S = 0.02, 0.25, 1.0


def by_group(standings: Mapping[str, Standing]) -> dict[str, Standing]:
    """Sums over the groups that were played."""
    sums: dict[str, Standing] = {}
    for group, scenarios in GROUPS.items():
        for scenario in (*scenarios, UNSEEN[group]):
            if scenario.__name__ in standings:
                sums.setdefault(group, Standing()).merge(standings[scenario.__name__])
    return sums


def accuracy(standings: Mapping[str, Standing]) -> Table:
    """Who found what: ours, then the winner's in brackets."""
    table = _table(
        "scenario", "cases", "micro F1", "exact receipts", "precision", "recall", "SKU", "unseen told"
    )
    for name, standing in _rows(standings):
        ours, theirs = standing.ours, standing.winner
        pairs = [
            (ours.micro_f1, theirs.micro_f1),
            (ours.exact_share, theirs.exact_share),
            (ours.precision, theirs.precision),
            (ours.recall, theirs.recall),
            (ours.sku_accuracy, theirs.sku_accuracy),
        ]
        told = f"{ours.unseen_reported}/{ours.unseen}" if ours.unseen else ""
        table.add_row(name, str(ours.cases), *(f"{mine:.3f} ({other:.3f})" for mine, other in pairs), told)
        if bar := BARS.get(name.strip("*")):
            table.add_row("bar", "", f">= {bar.micro_f1}", "", f">= {PRECISION}", f">= {RECALL}", "", "")
    return table


def trust(standings: Mapping[str, Standing]) -> Table:
    """How far ours may be believed, and how soon."""
    table = _table(
        "scenario", "review", "exact, unflagged", "Brier", "ECE", "latency p50/p90/p99 s",
        "delta error p50/p95 g", "false/h", "CPU s/s",
    )  # fmt: skip
    for name, standing in _rows(standings):
        ours = standing.ours
        table.add_row(
            name,
            f"{ours.review_share:.3f}",
            f"{ours.unflagged_exact:.3f}",
            f"{ours.brier:.4f}",
            f"{ours.ece():.3f}",
            " / ".join(f"{each:.2f}" for each in _percentiles(ours.latencies_s, 50, 90, 99)),
            " / ".join(f"{each:.1f}" for each in _percentiles(ours.delta_errors_g, 50, 95)),
            f"{ours.false_per_hour:.1f}",
            f"{ours.cpu_s / max(ours.data_s, 1e-9):.3f}",
        )
        if bar := BARS.get(name.strip("*")):
            latency = f"<= {LATENCY_P50_S} / - / {LATENCY_P99_S}"
            table.add_row(
                "bar", f"<= {bar.review_share}", f">= {bar.unflagged_exact}", "", f"<= {ECE}", latency, "",
                f"< {FALSE_PER_HOUR:g}", "<= 0.02",
            )  # fmt: skip
    return table


def mistakes(standings: Mapping[str, Standing]) -> Table:
    """Ours by kind of act, the worst first."""
    total = Score()
    for standing in standings.values():
        total.merge(standing.ours)
    by_kind = Counter[str]()
    for (kind, _), count in total.mistakes.items():
        by_kind[kind] += count
    table = _table("kind of act", "acts", *MISTAKES, "a hundred acts")
    for kind, count in by_kind.most_common():
        acts = total.acts[kind]
        parts = [str(total.mistakes[kind, what] or "") for what in MISTAKES]
        table.add_row(kind, str(acts), *parts, f"{100 * count / acts:.1f}" if acts else "")
    return table


def as_data(standings: Mapping[str, Standing]) -> dict[str, Any]:
    """The same figures for a program, by scenario and by group."""
    return {
        name: {"ours": _figures(standing.ours), "winner": _figures(standing.winner)}
        for name, standing in (standings | by_group(standings)).items()  # type: ignore[operator]
    }


def _figures(score: Score) -> dict[str, Any]:
    latency = _percentiles(score.latencies_s, 50, 90, 99)
    delta = _percentiles(score.delta_errors_g, 50, 95)
    return {
        "cases": score.cases,
        "visits": score.visits,
        "micro_f1": score.micro_f1,
        "exact_share": score.exact_share,
        "precision": score.precision,
        "recall": score.recall,
        "sku_accuracy": score.sku_accuracy,
        "unseen": score.unseen,
        "unseen_reported": score.unseen_reported,
        "review_share": score.review_share,
        "unflagged_exact": score.unflagged_exact,
        "brier": score.brier,
        "ece": score.ece(),
        "latency_s": dict(zip(("p50", "p90", "p99"), latency, strict=True)),
        "delta_error_g": dict(zip(("p50", "p95"), delta, strict=True)),
        "false_per_hour": score.false_per_hour,
        "cpu_s": score.cpu_s,
        "data_s": score.data_s,
        "failures": [f"{each.scenario} {each.seed}: {each.detail}" for each in score.failures],
    }


def _rows(standings: Mapping[str, Standing]) -> list[tuple[str, Standing]]:
    """Scenarios in order, each group's sum after them."""
    sums = by_group(standings)
    rows: list[tuple[str, Standing]] = []
    for group, total in sums.items():
        known = (*GROUPS[group], UNSEEN[group])
        played = [each.__name__ for each in known if each.__name__ in standings]
        rows += [(name, standings[name]) for name in played]
        rows.append((f"**{group}**", total))
    return rows


def _percentiles(values: list[float], *which: int) -> list[float]:
    return [float(each) for each in np.percentile(values, which)] if values else [0.0] * len(which)


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.MARKDOWN)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
