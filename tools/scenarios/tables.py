"""What the benchmark prints, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from rich import box
from rich.table import Table

from tools.scenarios.bars import Row
from tools.scenarios.blame import MISTAKES
from tools.scenarios.calibration import brier, ece, reliability
from tools.scenarios.contest import Standing
from tools.scenarios.receipts import exact_share, micro_f1
from tools.scenarios.score import Score
from tools.scenarios.suite import GROUPS
from tools.scenarios.unseen import UNSEEN

Standings = Mapping[str, Standing]
"""By scenario."""


def by_group(standings: Standings) -> dict[str, Standing]:
    """Sums over the groups that were played."""
    sums: dict[str, Standing] = {}
    for group, scenarios in GROUPS.items():
        for scenario in (*scenarios, UNSEEN[group]):
            if scenario.__name__ in standings:
                sums.setdefault(group, Standing()).merge(standings[scenario.__name__])
    return sums


def bars(rows: list[Row]) -> Table:
    """Each bar beside what was measured."""
    table = _table("measure", "of", "bar", "ours", "95 % interval", "attainable", "winner", "bar is")
    for row in rows:
        sign = ">=" if row.at_least else "<="
        figures = [
            "" if value is None else _figure(value, row.digits)
            for value in (row.ours, row.attainable, row.winner)
        ]
        interval = " to ".join(_figure(end, row.digits) for end in row.interval or ())
        table.add_row(
            row.measure, row.where, f"{sign} {row.bar:g}", figures[0], interval, *figures[1:],
            "met" if row.met else "**not met**",
        )  # fmt: skip
    return table


def accuracy(standings: Standings) -> Table:
    """Who found what: ours, then the winner's in brackets; beside the receipts, what is attainable."""
    table = _table(
        "scenario", "cases", "micro F1", "attainable", "exact receipts", "attainable", "tellable",
        "precision", "recall", "SKU", "unseen told",
    )  # fmt: skip
    for name, standing in _rows(standings):
        ours, theirs, ceiling = standing.ours, standing.winner, standing.attainable
        f1, exact, precision, recall, sku = (
            f"{mine:.3f} ({other:.3f})"
            for mine, other in (
                (ours.micro_f1, theirs.micro_f1),
                (ours.exact_share, theirs.exact_share),
                (ours.precision, theirs.precision),
                (ours.recall, theirs.recall),
                (ours.sku_accuracy, theirs.sku_accuracy),
            )
        )
        tellable = f"{sum(each.tellable for each in ceiling)}/{len(ceiling)}"
        told = f"{ours.unseen_reported}/{ours.unseen}" if ours.unseen else ""
        table.add_row(
            name, str(ours.cases), f1, f"{micro_f1(ceiling):.3f}", exact, f"{exact_share(ceiling):.3f}",
            tellable, precision, recall, sku, told,
        )  # fmt: skip
    return table


def trust(standings: Standings) -> Table:
    """How far ours may be believed, and how soon."""
    table = _table(
        "scenario", "review", "exact, unflagged", "Brier", "ECE", "latency p50/p90/p99 s",
        "revised", "delta error p50/p95 g", "false/h", "CPU s/s",
    )  # fmt: skip
    for name, standing in _rows(standings):
        ours = standing.ours
        table.add_row(
            name,
            f"{ours.review_share:.3f}",
            f"{ours.unflagged_exact:.3f}",
            f"{brier(ours.line_claims):.4f}",
            f"{ece(ours.line_claims):.3f}",
            " / ".join(f"{each:.2f}" for each in _percentiles(ours.latencies_s, 50, 90, 99)),
            f"{np.mean(np.array(ours.revisions or [0]) > 0):.3f}",
            " / ".join(f"{each:.1f}" for each in _percentiles(ours.delta_errors_g, 50, 95)),
            f"{ours.false_per_hour:.1f}",
            f"{ours.cpu_s / max(ours.data_s, 1e-9):.3f}",
        )
    return table


def reliability_table(score: Score) -> Table:
    """Stated probabilities of receipt lines, and how many came true."""
    table = _table("stated", "lines", "mean stated", "right")
    for each in reliability(score.line_claims):
        table.add_row(
            f"{each.low:.1f} to {each.high:.1f}", str(each.count), f"{each.stated:.3f}", f"{each.right:.3f}"
        )
    return table


def mistakes(score: Score) -> Table:
    """By kind of act, the worst first."""
    by_kind = Counter[str]()
    for (kind, _), count in score.mistakes.items():
        by_kind[kind] += count
    table = _table("kind of act", "acts", *MISTAKES, "a hundred acts")
    for kind, count in by_kind.most_common():
        acts = score.acts[kind]
        parts = [str(score.mistakes[kind, what] or "") for what in MISTAKES]
        table.add_row(kind, str(acts), *parts, f"{100 * count / acts:.1f}" if acts else "")
    return table


def as_data(standings: Standings) -> dict[str, Any]:
    """The same figures for a program, by scenario and by group."""
    return {
        name: {
            "ours": _figures(standing.ours),
            "winner": _figures(standing.winner),
            "attainable": {
                "micro_f1": micro_f1(standing.attainable),
                "exact_share": exact_share(standing.attainable),
                "tellable": sum(each.tellable for each in standing.attainable),
            },
        }
        for name, standing in {**standings, **by_group(standings)}.items()
    }


def _figures(score: Score) -> dict[str, Any]:
    latency = _percentiles(score.latencies_s, 50, 90, 99)
    delta = _percentiles(score.delta_errors_g, 50, 95)
    return {
        "cases": score.cases,
        "visits": score.visits,
        "micro_f1": score.micro_f1,
        "micro_f1_tellable": micro_f1(each for each in score.receipts if each.tellable),
        "exact_share": score.exact_share,
        "precision": score.precision,
        "recall": score.recall,
        "sku_accuracy": score.sku_accuracy,
        "unseen": score.unseen,
        "unseen_reported": score.unseen_reported,
        "review_share": score.review_share,
        "unflagged_exact": score.unflagged_exact,
        "brier": brier(score.line_claims),
        "ece": ece(score.line_claims),
        "latency_s": dict(zip(("p50", "p90", "p99"), latency, strict=True)),
        "revised_share": float(np.mean(np.array(score.revisions or [0]) > 0)),
        "delta_error_g": dict(zip(("p50", "p95"), delta, strict=True)),
        "false_per_hour": score.false_per_hour,
        "cpu_s": score.cpu_s,
        "data_s": score.data_s,
        "failures": [f"{each.scenario} {each.seed}: {each.detail}" for each in score.failures],
    }


def _rows(standings: Standings) -> list[tuple[str, Standing]]:
    """Scenarios in order, each group's sum after them."""
    rows: list[tuple[str, Standing]] = []
    for group, total in by_group(standings).items():
        played = [each.__name__ for each in GROUPS[group] if each.__name__ in standings]
        rows += [(name, standings[name]) for name in played]
        rows.append((f"**{group}**", total))
    return rows


def _percentiles(values: list[float], *which: int) -> list[float]:
    return [float(each) for each in np.percentile(values, which)] if values else [0.0] * len(which)


def _figure(value: float, digits: int) -> str:
    return f"{value:.1e}" if digits > 4 else f"{value:.{digits}f}"


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.MARKDOWN)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
