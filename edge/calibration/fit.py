"""The straight line through the readings, and how far it may be off: GUM (JCGM 100:2008) on least squares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge.calibration.reading import Reading
from edge.calibration.refusal import CalibrationRefusedError, RefusalReason
from edge.calibration.weights import KnownWeight, Load

# Two-sided 95 % points of Student's t by degrees of freedom (GUM table G.2, to three decimals).
_T95 = {
    1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228,
    12: 2.179, 14: 2.145, 16: 2.120, 18: 2.101, 20: 2.086, 25: 2.060, 30: 2.042, 40: 2.021, 60: 2.000,
    120: 1.980, math.inf: 1.960,
}  # fmt: skip

Array = NDArray[np.float64]


class FitPoint(msgspec.Struct, frozen=True):
    """A reading under a known load."""

    load: Load
    reading: Reading


class Uncertain(msgspec.Struct, frozen=True):
    """A number with its 95 % interval ``value +- expanded`` and where the doubt comes from."""

    value: float
    scatter: (
        float  # standard uncertainty from noise, placing, drift and hysteresis: the readings' own scatter
    )
    masses: float  # standard uncertainty from the tolerance of the weights
    degrees_of_freedom: float  # effective (Welch-Satterthwaite, GUM G.4.1); infinite when the masses dominate
    coverage_factor: float  # t-factor of the 95 % interval
    expanded: float  # coverage factor times combined standard uncertainty

    def __str__(self) -> str:
        """Value and half width, to two digits of the latter (GUM 7.2.6).

        >>> str(Uncertain(208.77334, 0.0, 0.0, 9.0, 2.0, 0.00468))
        '208.7733 ± 0.0047'
        """
        digits = 1 - math.floor(math.log10(self.expanded)) if self.expanded > 0 else 6
        return f"{self.value:.{max(0, digits)}f} ± {self.expanded:.{max(0, digits)}f}"


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """counts = zero + counts_per_gram * mass, the best straight line over the loads that were used."""

    zero_counts: Uncertain
    counts_per_gram: Uncertain
    curvature: float  # [counts/g^2] of the parabola beside the line; 0 with fewer than three loads
    bend_g: float  # [g] farthest the parabola is from the line between the smallest and the largest load
    sampling_sigma_g: float  # [g] part of the scatter that averaging noise leaves in one reading
    placing_sigma_g: float  # [g] the rest of it: placing, drift, hysteresis
    residuals_g: tuple[float, ...]  # [g] by point, reading minus line
    degrees_of_freedom: int  # [1] of the scatter


def t_factor(degrees_of_freedom: float) -> float:
    """Two-sided 95 % point of Student's t; between the table's rows linear in 1/degrees of freedom.

    >>> t_factor(5), round(t_factor(7.5), 2), t_factor(math.inf)
    (2.571, 2.33, 1.96)
    """
    rows = list(_T95)
    inverse = [1.0 / row for row in reversed(rows)]
    factors = [_T95[row] for row in reversed(rows)]
    return float(np.interp(1.0 / max(degrees_of_freedom, 1.0), inverse, factors))


def fit_line(points: Sequence[FitPoint]) -> Fit:
    """Weighted least squares of counts on mass.

    The parabola is fitted in a term that is orthogonal to the line, so that it changes nothing of the line
    and takes a bend out of the scatter. Weights are those of the readings' own sampling noise plus one
    variance for placing, and the scatter around the curve gives their scale: the interval counts noise,
    placing, drift and hysteresis once, with the degrees of freedom that there are.

    Args:
        points: at least three, of at least two loads; equal noise in all (a plate's own noise does not
            depend on what lies on it), so that their sampling variances are pooled.

    Raises:
        CalibrationRefusedError: too few points or loads.
    """
    mass = np.array([point.load.nominal_g for point in points])
    levels = np.unique(mass).size
    if levels < 2 or len(points) < 3:
        raise CalibrationRefusedError(
            RefusalReason.TOO_FEW_LOADS, "a line needs more readings",
            found=f"{len(points)} of {levels} loads", expected="at least 3, of at least 2 loads",
        )  # fmt: skip
    counts = np.array([point.reading.mean_counts for point in points])
    seconds = np.array([point.reading.seconds for point in points])
    pooled = float(np.mean([p.reading.sampling_sigma_counts**2 * p.reading.seconds for p in points]))
    sampling = pooled / seconds
    curved = levels >= 3 and len(points) >= 5
    even = _solve(mass, counts, np.ones_like(mass), curved)
    placing = max(0.0, even.variance - float(sampling.mean()))
    line = _solve(mass, counts, 1.0 / np.maximum(sampling + placing, 1e-12), curved)
    gain = line.slope
    return Fit(
        zero_counts=_uncertain(line.zero, line.zero_row, line, points, gain),
        counts_per_gram=_uncertain(gain, line.slope_row, line, points, gain),
        curvature=line.curvature,
        bend_g=line.bend_counts / abs(gain),
        sampling_sigma_g=math.sqrt(float(sampling.mean())) / abs(gain),
        placing_sigma_g=math.sqrt(placing) / abs(gain),
        residuals_g=tuple(float(each) for each in (counts - line.zero - gain * mass) / gain),
        degrees_of_freedom=line.degrees_of_freedom,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A solved system; ``*_row`` says how much each reading moves a parameter."""

    zero: float
    slope: float
    zero_row: Array  # [point]
    slope_row: Array  # [point]
    weight: Array  # [point] 1/variance, up to the scale
    curvature: float
    bend_counts: float
    variance: float  # scale: variance of a reading of weight 1
    degrees_of_freedom: int


def _solve(mass: Array, counts: Array, weight: Array, curved: bool) -> _Line:
    share = weight / weight.sum()
    centre = float(share @ mass)
    x = mass - centre
    spread = float(share @ x**2)
    # Second orthogonal polynomial of these loads and weights: free of the line's two terms.
    p2 = x**2 - (share @ x**3) / spread * x - spread
    slope_row = share * x / spread
    zero_row = share - centre * slope_row
    slope, zero = float(slope_row @ counts), float(zero_row @ counts)
    power = float(share @ p2**2) if curved else 0.0
    curvature = float(share @ (p2 * counts)) / power if power > 0 else 0.0
    residual = counts - zero - slope * mass - curvature * p2
    freedom = len(mass) - (3 if power > 0 else 2)
    variance = float(weight @ residual**2) / freedom
    between = np.linspace(mass.min(), mass.max(), 101) - centre
    bend = curvature * (between**2 - (share @ x**3) / spread * between - spread)
    return _Line(
        zero, slope, zero_row, slope_row, weight, curvature, float(np.abs(bend).max()), variance, freedom
    )


def _uncertain(value: float, row: Array, line: _Line, points: Sequence[FitPoint], gain: float) -> Uncertain:
    """A parameter that is ``row`` times the readings."""
    scatter = math.sqrt(line.variance * float(np.sum(row**2 / line.weight)))
    masses = math.sqrt(sum(each**2 for each in _mass_terms(row, points, gain)))
    combined = math.hypot(scatter, masses)
    freedom = math.inf
    if scatter > 0:
        freedom = line.degrees_of_freedom * (combined / scatter) ** 4
    factor = t_factor(freedom)
    return Uncertain(value, scatter, masses, freedom, factor, factor * combined)


def _mass_terms(row: Array, points: Sequence[FitPoint], gain: float) -> list[float]:
    """Standard uncertainty that each piece contributes: it moves all readings that it takes part in.

    A tolerance is a rectangular distribution (GUM 4.3.7).
    """
    moved: dict[KnownWeight, float] = {}
    for share, point in zip(row, points, strict=True):
        for weight in point.load.weights:
            moved[weight] = moved.get(weight, 0.0) + float(share) * gain
    return [total * weight.tolerance_g / math.sqrt(3.0) for weight, total in moved.items()]
