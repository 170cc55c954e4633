"""A number that can be checked: what was counted, of how many, and how sure that makes it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

Z_95 = 1.959963984540054
"""[1] two-sided 95 % quantile of the standard normal distribution."""


class Share(msgspec.Struct, frozen=True):
    """So many of so many, with the interval in which the true share lies 95 times of 100."""

    numerator: int
    denominator: int
    share: float | None  # [1]; None of nothing
    low: float | None  # [1] Wilson score interval
    high: float | None  # [1]

    @classmethod
    def of(cls, numerator: int, denominator: int) -> Share:
        """A share with its Wilson interval [E. B. Wilson, JASA 22 (1927) 209-212]."""
        if denominator == 0:
            return cls(numerator, 0, None, None, None)
        low, high = wilson(numerator, denominator)
        return cls(numerator, denominator, round(numerator / denominator, 6), round(low, 6), round(high, 6))


class Mean(msgspec.Struct, frozen=True):
    """A sum over so many."""

    numerator: float
    denominator: int
    mean: float | None  # None of nothing

    @classmethod
    def of(cls, numerator: float, denominator: int) -> Mean:
        """A mean."""
        mean = round(numerator / denominator, 3) if denominator else None
        return cls(round(numerator, 3), denominator, mean)


class Quantiles(msgspec.Struct, frozen=True):
    """Of so many values, the one in the middle and the one that 95 of 100 do not exceed."""

    count: int
    p50: float | None
    p95: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Quantiles:
        """Nearest-rank quantiles: values that occurred."""
        ranked = sorted(values)
        if not ranked:
            return cls(0, None, None)
        p50, p95 = (round(ranked[math.ceil(share * len(ranked)) - 1], 3) for share in (0.5, 0.95))
        return cls(len(ranked), p50, p95)


def wilson(numerator: float, denominator: float) -> tuple[float, float]:
    """The Wilson score interval of a share, for 95 %; weighted counts may be fractions."""
    share, z2 = numerator / denominator, Z_95**2
    centre = share + z2 / (2 * denominator)
    spread = Z_95 * math.sqrt(share * (1 - share) / denominator + z2 / (4 * denominator**2))
    scale = 1 + z2 / denominator
    # At the ends the bound is the end itself, whatever rounding makes of it.
    low = 0.0 if numerator == 0 else max((centre - spread) / scale, 0.0)
    high = 1.0 if numerator == denominator else min((centre + spread) / scale, 1.0)
    return low, high
