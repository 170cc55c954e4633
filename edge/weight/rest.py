"""Whether a plate has come to rest, and at what level."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from edge.weight.baseline import NOISE_FLOOR_G

RINGING_HZ = 5.0
"""[Hz] slowest rack resonance (measured 5-20 Hz). A sine of standard deviation s and frequency f leaves at
most s * sqrt(2) / (pi * f * T) in the mean over T seconds."""

RINGING_SHARE = 0.5
"""[1] of that bound is what is left on average over phases."""

RIPPLE_SLACK_G = 1.5
"""[g] ripple within a hop that never counts as a hand on the plate."""

CALM_RIPPLES = 5.0
"""[1] A hand makes a plate ripple more than so many times what the rack's motion explains."""

RIPPLE_SHARE = 0.004
"""[1] of a change that a plate may ripple besides: goods that were moved swing."""

SLOPE_G_PER_S, SLOPE_SHARE_PER_S = 3.0, 0.01
"""[g/s, 1/s] A level that moves slower, or by less of its change, is at rest; ..."""

SLOPE_SIGMAS = 3.0
"""[sigma] ... and so is one whose slope is no more than its noise makes."""

SURE_G, SURE_SHARE = 0.8, 0.004
"""[g, 1] A level known so well, or to that share of its change, is decided on at once, ..."""

TOLERABLE_G, TOLERABLE_SHARE = 4.0, 0.02
"""[g, 1] ... and one known no better than that at the longest run."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A level that holds."""

    mean_g: float
    sigma_g: float  # [g] standard error
    hops: int  # [hops] it was read from, the latest


@dataclass(slots=True)
class Trail:
    """The last hops of a disturbed plate: means, spreads, and how loud its rack was."""

    means_g: deque[float]
    spreads_g: deque[float]
    loudness: deque[float]

    @classmethod
    def of_length(cls, hops: int) -> Trail:
        """An empty trail that forgets what is older."""
        return cls(deque(maxlen=hops), deque(maxlen=hops), deque(maxlen=hops))

    def append(self, mean_g: float, spread_g: float, loudness: float) -> None:
        """Add the newest hop."""
        self.means_g.append(mean_g)
        self.spreads_g.append(spread_g)
        self.loudness.append(loudness)

    def last_mean_g(self, hops: int) -> float:
        """[g] mean over the last hops, as far as there are so many."""
        last = list(self.means_g)[-hops:]
        return sum(last) / len(last)

    def clear(self) -> None:
        """The plate could not be read."""
        self.means_g.clear()
        self.spreads_g.clear()
        self.loudness.clear()


def find_rest(
    trail: Trail, *, level_g: float, noise_g: float, ripple_g: float, shortest: int, hop_s: float
) -> Rest | None:
    """The shortest run of last hops that is level enough to decide on.

    Its standard error joins the scatter of hop means and what ringing may have left in them; it must be
    small against the change, or, at the longest run, tolerable.

    Args:
        trail: newest hop last; its maximal length is the longest run.
        level_g: [g] where the plate was before.
        noise_g: [g] usual standard deviation of its hop means.
        ripple_g: [g] usual spread within its hops.
        shortest: [hops] a run needs.
        hop_s: [s] length of a hop.
    """
    means, spreads = list(trail.means_g), list(trail.spreads_g)
    longest = trail.means_g.maxlen or len(means)
    calm = _calm_hops(trail, ripple_g, abs(means[-1] - level_g) if means else 0.0)
    hops = shortest
    while hops <= calm:
        rest = _rest_of(means[-hops:], spreads[-hops:], level_g, noise_g, hop_s, last_try=hops == longest)
        if rest is not None:
            return rest
        hops = longest if hops < longest < hops + 2 else hops + 2  # every other length will do
    return None


def _calm_hops(trail: Trail, ripple_g: float, change_g: float) -> int:
    """How many of the last hops rippled no more than the rack's motion explains."""
    slack = RIPPLE_SLACK_G + RIPPLE_SHARE * change_g
    hops = 0
    for spread, loudness in zip(reversed(trail.spreads_g), reversed(trail.loudness), strict=True):
        if spread > CALM_RIPPLES * loudness * ripple_g + slack:
            break
        hops += 1
    return hops


def _rest_of(
    means: list[float], spreads: list[float], level_g: float, noise_g: float, hop_s: float, *, last_try: bool
) -> Rest | None:
    hops = len(means)
    mean = sum(means) / hops
    change = abs(mean - level_g)
    square = sum((each - mean) ** 2 for each in means)
    scatter = max(math.sqrt(square / (hops - 1)), 0.5 * noise_g)
    ringing = sum(spreads) / hops * math.sqrt(2.0) / (math.pi * RINGING_HZ * hops * hop_s)
    sigma = math.hypot(scatter / math.sqrt(hops), RINGING_SHARE * ringing)
    enough = max(SURE_G, SURE_SHARE * change)
    if last_try:
        enough = max(enough, TOLERABLE_G, TOLERABLE_SHARE * change)
    if sigma > enough:
        return None
    middle = (hops - 1) / 2
    moments = hops * (hops * hops - 1) / 12  # sum of squared distances from the middle
    slope = sum((at - middle) * each for at, each in enumerate(means)) / moments / hop_s
    slope_sigma = max(noise_g, NOISE_FLOOR_G) / (hop_s * math.sqrt(moments))
    if abs(slope) > max(SLOPE_G_PER_S, SLOPE_SIGMAS * slope_sigma, SLOPE_SHARE_PER_S * change):
        return None
    return Rest(mean, sigma, hops)
