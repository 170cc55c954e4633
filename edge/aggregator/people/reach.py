"""How much likelier a key point is where it was seen if its owner moved the goods than if somebody else did.

Likelihood ratios [nat], of densities per square metre: what a tracker shows of a hand is weighed against
where the hands of other shoppers are at such a moment, anywhere along the shelves.
"""

from __future__ import annotations

import math

BYSTANDER_PER_M2 = 0.25
"""[1/m2] Where the hand of somebody else is: anywhere on about four square metres of shelf front."""

STRAY, STRAY_M = 0.005, 0.3
"""[1, m] Heavy tails: now and then a tracker puts a hand where none is, so far off (an exponential)."""

LOST_M = 0.25
"""[m] A hand that the tracker lost at the lift may have moved so far since it was seen: a quarter of a second
at 1 m/s."""

PASSED = math.log(0.1)
"""[nat] Prior that the hand was at the goods just before or after the lift: quick hands are elsewhere by
then, and the lift may be dated a little wrong."""

HEAD = math.log(5.0)
"""[nat] Somebody who did not do it stands within reach of the goods one time in five."""

UNSEEN, MISSING = 0.0, math.log(0.01)
"""[nat] Of a visit in the store when the tracker said nothing of the time, and when it showed others and
not this one: then it is more likely gone than lost."""


def log_hand(distance_m: float, sigma_m: float) -> float:
    """Of a hand so far from the goods at the lift.

    Args:
        distance_m: [m] >= 0.
        sigma_m: [m] of each of the two coordinates along the shelf front.
    """
    core = math.log((1 - STRAY) / (2 * math.pi * sigma_m**2)) - 0.5 * (distance_m / sigma_m) ** 2
    stray = math.log(STRAY / (2 * math.pi * STRAY_M**2)) - distance_m / STRAY_M
    return _log_sum(core, stray) - math.log(BYSTANDER_PER_M2)


def log_lost_hand(distance_m: float, sigma_m: float) -> float:
    """Of a hand that was seen there a moment before or after the lift, and not at it."""
    return log_hand(distance_m, math.hypot(sigma_m, LOST_M))


def log_head(beyond_m: float, sigma_m: float) -> float:
    """Of a head, where no hand is tracked, so far beyond an arm's reach of the goods."""
    return HEAD + _log_sum(
        math.log1p(-STRAY) - 0.5 * (beyond_m / sigma_m) ** 2, math.log(STRAY) - beyond_m / STRAY_M
    )


def _log_sum(one: float, other: float) -> float:
    """log(exp(one) + exp(other))."""
    return max(one, other) + math.log1p(math.exp(-abs(one - other)))
