"""How sure a measured figure is: 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.scenarios.receipts import ReceiptOutcome

Interval = tuple[float, float]

Z = 1.959964
"""[1] of the normal distribution, two-sided 95 %."""

RESAMPLES = 1000


def wilson(part: int, whole: int) -> Interval:
    """Of a share (Wilson, 1927); everything when nothing was counted."""
    if whole == 0:
        return 0.0, 1.0
    share, weight = part / whole, Z**2 / whole
    middle = (share + weight / 2) / (1 + weight)
    half = Z * math.sqrt(share * (1 - share) / whole + weight / (4 * whole)) / (1 + weight)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def poisson(count: int) -> Interval:
    """Of the mean number of rare events, of which ``count`` were seen (Byar; Breslow & Day, 1987, p. 69)."""
    low = count * (1 - 1 / (9 * count) - Z / (3 * math.sqrt(count))) ** 3 if count else 0.0
    more = count + 1
    return low, more * (1 - 1 / (9 * more) + Z / (3 * math.sqrt(more))) ** 3


def bootstrap(values: Sequence[Any], statistic: Callable[[NDArray[Any]], float]) -> Interval:
    """Of any statistic of independent values: percentiles over resamples (Efron, 1979)."""
    if not values:
        return math.nan, math.nan
    rng, pool = np.random.default_rng(0), np.asarray(values)
    found = [statistic(pool[rng.integers(len(pool), size=len(pool))]) for _ in range(RESAMPLES)]
    low, high = np.percentile(found, (2.5, 97.5))
    return float(low), float(high)


def micro_f1_interval(receipts: Sequence[ReceiptOutcome]) -> Interval:
    """Of micro F1. Cases are resampled, not receipts: shoppers of one case share its mistakes.

    One case more is among them, of the usual size and with one unit wrong: a run without mistakes is no
    certainty.
    """
    by_case: dict[str, list[float]] = {}
    for each in receipts:
        counts = by_case.setdefault(each.case, [0, 0])
        counts[0] += each.units_right
        counts[1] += each.due.total() + each.charged.total()

    def f1(cases: NDArray[Any]) -> float:
        right, units = cases.sum(axis=0)
        return 2 * right / units if units else 1.0

    usual = sum(units for _, units in by_case.values()) / max(len(by_case), 1)
    return bootstrap([*by_case.values(), [max(usual / 2 - 1, 0.0), usual]], f1)
