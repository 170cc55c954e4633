"""The bars that are to be reached, and whether they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from tools.scenarios.calibration import ece
from tools.scenarios.contest import Standing
from tools.scenarios.cost import DECODING, WEIGHT_PATH, WHOLE, WINNER_DETECTION, Costs
from tools.scenarios.intervals import Interval, bootstrap, micro_f1_interval, poisson, wilson
from tools.scenarios.receipts import ReceiptOutcome, exact_share, micro_f1

MICRO_F1 = {"plain": 0.998, "single shopper": 0.995, "several": 0.99, "adversarial": 0.96, "hardest": 0.89}
"""By group, over everything."""

TELLABLE_MICRO_F1 = {"adversarial": 0.985, "hardest": 0.96}
"""Over the receipts that the sensors can tell."""

CALM = ("plain", "single shopper", "several")
"""Groups whose visits share one bar for review."""

REVIEW_SHARE = {CALM: 0.02, ("adversarial",): 0.10, ("hardest",): 0.35}
UNFLAGGED_EXACT = {CALM: 0.995, ("adversarial",): 0.98, ("hardest",): 0.95}
PRECISION, RECALL, FALSE_PER_HOUR, STEPS_FOUND = 0.995, 0.99, 1.0, 0.99
ECE, LATENCY_S = 0.02, {50: 0.25, 99: 1.0}

PLATES = 240
"""Of which a replay's pace is told."""

DECODE_AND_WEIGH, REAL_TIME = 3e-6, 50.0
"""[CPU s per store second and plate], [times real time, on one core]"""

GROWTH = 1.15
"""[1] A second of a recording four times as long may be so much dearer: linear, give or take the timing."""

MEMORY_GROWTH = 1.25
"""[1] The replay of such a one may hold so much more: histories of five minutes are not full after one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One bar."""

    measure: str
    where: str
    bar: float
    ours: float
    at_least: bool = True  # False: at most
    interval: Interval | None = None
    attainable: float | None = None
    winner: float | None = None
    digits: int = 3

    @property
    def met(self) -> bool:
        """Whether the figure as measured reaches the bar."""
        return self.ours >= self.bar if self.at_least else self.ours <= self.bar


def accuracy_rows(groups: Mapping[str, Standing]) -> list[Row]:
    """Of the groups that were played."""
    rows = [_micro_f1(group, groups[group], bar) for group, bar in MICRO_F1.items() if group in groups]
    rows += [
        _micro_f1(group, groups[group], bar, tellable=True)
        for group, bar in TELLABLE_MICRO_F1.items()
        if group in groups
    ]
    total = summed(list(groups.values()))
    rows += _events(total)
    for joined in REVIEW_SHARE:
        if played := [groups[group] for group in joined if group in groups]:
            rows += _review(joined, summed(played))
    return rows + _trust(total)


def step_rows(found: Mapping[str, Standing]) -> list[Row]:
    """Of the lightest things."""
    return [
        Row(
            "picks found", step, STEPS_FOUND, each.ours.recall,
            interval=wilson(each.ours.events_seen, each.ours.events_true), winner=each.winner.recall,
        )
        for step, each in found.items()
    ]  # fmt: skip


def cost_rows(costs: Costs) -> list[Row]:
    """Of processor time and memory, on the longer recording."""
    path, winner = (
        costs.cpu_s[DECODING][-1] + costs.cpu_s[each][-1] for each in (WEIGHT_PATH, WINNER_DETECTION)
    )
    shorter, longer = costs.cpu_s[WHOLE]
    return [
        Row(
            "CPU s per store second and plate", "decoding and weight path", DECODE_AND_WEIGH, path,
            at_least=False, winner=winner, digits=7,
        ),
        Row(
            "times real time", f"whole replay, {PLATES} plates", REAL_TIME, 1 / (longer * PLATES), digits=0
        ),
        Row(
            "cost of a second, four times as long", "whole replay", GROWTH, longer / shorter,
            at_least=False, digits=2,
        ),
        Row(
            "peak memory, four times as long", "whole replay", MEMORY_GROWTH,
            costs.peak_mb[1] / costs.peak_mb[0], at_least=False, digits=2,
        ),
    ]  # fmt: skip


def summed(standings: list[Standing]) -> Standing:
    """All of them together."""
    total = Standing()
    for each in standings:
        total.merge(each)
    return total


def _micro_f1(group: str, standing: Standing, bar: float, *, tellable: bool = False) -> Row:
    def among(receipts: list[ReceiptOutcome]) -> list[ReceiptOutcome]:
        return [each for each in receipts if each.tellable or not tellable]

    ours = among(standing.ours.receipts)
    return Row(
        "micro F1 where sensors can tell" if tellable else "micro F1", group, bar, micro_f1(ours),
        interval=micro_f1_interval(ours), attainable=micro_f1(among(standing.attainable)),
        winner=micro_f1(among(standing.winner.receipts)),
    )  # fmt: skip


def _events(total: Standing) -> list[Row]:
    ours, theirs = total.ours, total.winner
    false, hours = ours.events_found - ours.events_real, max(ours.shopper_s, 1e-9) / 3600
    low, high = poisson(false)
    return [
        Row(
            "event precision", "all", PRECISION, ours.precision,
            interval=wilson(ours.events_real, ours.events_found), winner=theirs.precision,
        ),
        Row(
            "event recall", "all", RECALL, ours.recall,
            interval=wilson(ours.events_seen, ours.events_true), winner=theirs.recall,
        ),
        Row(
            "false events per shopper-hour", "all", FALSE_PER_HOUR, false / hours, at_least=False,
            interval=(low / hours, high / hours), winner=theirs.false_per_hour, digits=1,
        ),
    ]  # fmt: skip


def _review(joined: tuple[str, ...], standing: Standing) -> list[Row]:
    where, ours = " + ".join(joined), standing.ours
    unflagged, attained = ours.unflagged, standing.attainable
    asked = [each.needs_review for each in attained]
    return [
        Row(
            "visits for review", where, REVIEW_SHARE[joined], ours.review_share, at_least=False,
            interval=wilson(ours.reviewed, ours.visits), attainable=sum(asked) / max(len(asked), 1),
        ),
        Row(
            "exact receipts, unflagged", where, UNFLAGGED_EXACT[joined], ours.unflagged_exact,
            interval=wilson(sum(each.exact for each in unflagged), len(unflagged)),
            attainable=exact_share([each for each in attained if not each.needs_review]),
        ),
    ]  # fmt: skip


def _trust(total: Standing) -> list[Row]:
    ours, theirs = total.ours, total.winner
    rows = [
        Row(
            "ECE of line probabilities", "all", ECE, ece(ours.line_claims), at_least=False,
            interval=bootstrap(ours.line_claims, ece),
        )
    ]  # fmt: skip
    for percent, bar in LATENCY_S.items():
        if ours.latencies_s:
            at = partial(np.percentile, q=percent)
            rows.append(
                Row(
                    f"latency p{percent} s", "all", bar, float(at(ours.latencies_s)), at_least=False,
                    interval=bootstrap(ours.latencies_s, at),
                    winner=float(at(theirs.latencies_s)) if theirs.latencies_s else None, digits=2,
                )
            )  # fmt: skip
    return rows
