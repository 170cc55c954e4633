"""Whether plates have come to rest, and at what level: all hops and plates of a run of hops at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.samples import Grams
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

PUSH_S = 0.2
"""[s] A hand pushes at least so long; ringing averages out."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A level that holds."""

    mean_g: float
    sigma_g: float  # [g] standard error
    hops: int  # [hops] it was read from, the latest


@dataclass(frozen=True, slots=True, eq=False)
class Trails:
    """Disturbed plates over a run of hops, as far back as a rest may be read from.

    ``past`` is one less than the longest rest; what lies before a plate's own trail is not looked at.
    """

    mean_g: Grams  # [past + hop, plate] g, hop means
    spread_g: Grams  # [past + hop, plate] g, their spreads
    loudness: NDArray[np.float64]  # [past + hop] how much more than usual the rack rippled
    length: NDArray[np.int64]  # [hop, plate] hops since the disturbance began, usable without a gap
    level_g: Grams  # [plate] g before the disturbance
    noise_g: Grams  # [plate] g, usual standard deviation of hop means
    ripple_g: Grams  # [plate] g, usual spread within hops


@dataclass(frozen=True, slots=True, eq=False)
class Rests:
    """What was found after every hop of a run; 0 ``hops``: the plate is not at rest."""

    hops: NDArray[np.int64]  # [hop, plate] length of the shortest run of last hops that will do
    push_g: Grams  # [hop, plate] g, mean distance from the level over ``PUSH_S``; 0 where unusable
    _mean_g: Grams  # [hop, length, plate]
    _sigma_g: Grams  # [hop, length, plate]
    _choice: NDArray[np.int64]  # [hop, plate] which length
    _sums_g: Grams  # [hop, back, plate] g, distances from the newest mean, summed backwards
    _squares: Grams  # [hop, back, plate] g^2, their squares, likewise

    def at(self, hop: int, plate: int) -> Rest:
        """The rest that was found there."""
        choice = self._choice[hop, plate]
        return Rest(
            float(self._mean_g[hop, choice, plate]),
            float(self._sigma_g[hop, choice, plate]),
            int(self.hops[hop, plate]),
        )

    def swing_g(self, hop: int, plate: int, hops: int) -> float:
        """[g] standard deviation of the last so many hop means, as far as a rest may be read from."""
        sums, squares = self._sums_g[hop, :, plate], self._squares[hop, :, plate]
        count = min(hops, len(sums))
        variance = float(squares[count - 1]) / count - (float(sums[count - 1]) / count) ** 2
        return math.sqrt(max(variance, 0.0))


class RestSearch:
    """Finds the shortest run of last hops that is level enough to decide on.

    Its standard error joins the scatter of hop means and what ringing may have left in them; it must be
    small against the change, or, at the longest run, tolerable.

    Args:
        shortest, longest: [hops] of a run.
        hop_s: [s] length of a hop.
    """

    def __init__(self, shortest: int, longest: int, hop_s: float) -> None:
        self.longest = longest
        self._push_hops = max(1, round(PUSH_S / hop_s))
        self._newest_first = longest - 1 - np.arange(longest)
        lengths = np.array([*range(shortest, longest, 2), longest])  # every other length will do
        self._oldest = lengths - 1  # index of a run's oldest hop, counted back from the newest
        self._hops = hops = lengths[:, None].astype(np.float64)  # [length, 1], before plates
        moments = hops * (hops * hops - 1) / 12  # sum of squared distances from a run's middle
        self._back = np.arange(longest, dtype=np.float64)[:, None]
        self._middle = (hops - 1) / 2
        self._slope_per_moment = 1.0 / (moments * hop_s)
        self._slope_sigmas = SLOPE_SIGMAS / (hop_s * np.sqrt(moments))
        self._ringing = RINGING_SHARE * math.sqrt(2.0) / (math.pi * RINGING_HZ * hops * hop_s) / hops
        last_try = hops == longest
        self._least_sure_g = np.where(last_try, max(SURE_G, TOLERABLE_G), SURE_G)
        self._sure_share = np.where(last_try, max(SURE_SHARE, TOLERABLE_SHARE), SURE_SHARE)

    def update(self, trails: Trails) -> Rests:
        """Look at every hop of a run."""
        oldest, hops = self._oldest, self._hops
        newest = trails.mean_g[self.longest - 1 :]
        rows, columns = np.arange(len(newest))[:, None], np.arange(newest.shape[1])
        window = rows + self._newest_first  # [hop, back]
        # Distances from the newest mean, newest first: sums over them lose no digits to the load.
        apart = trails.mean_g[window] - newest[:, None]
        sums, squares = apart.cumsum(axis=1), (apart * apart).cumsum(axis=1)
        push_hops = np.minimum(trails.length, self._push_hops)
        away_g = newest - trails.level_g
        push_g = away_g + sums[rows, push_hops - 1, columns] / np.maximum(push_hops, 1)
        with np.errstate(invalid="ignore"):
            fits = trails.length[:, None] > oldest[:, None]
            excess = (trails.spread_g - CALM_RIPPLES * trails.loudness[:, None] * trails.ripple_g)[window]
            slack = RIPPLE_SLACK_G + RIPPLE_SHARE * np.abs(away_g)
            fits &= np.maximum.accumulate(excess, axis=1)[:, oldest] <= slack[:, None]
            total = sums[:, oldest]
            offset = total / hops
            scatter = np.sqrt(np.maximum(squares[:, oldest] - total * offset, 0.0) / (hops - 1.0))
            np.maximum(scatter, 0.5 * trails.noise_g, out=scatter)
            ringing = trails.spread_g[window].cumsum(axis=1)[:, oldest] * self._ringing
            sigma_g = np.sqrt(scatter * scatter / hops + ringing * ringing)
            change_g = np.abs(away_g[:, None] + offset)
            fits &= sigma_g <= np.maximum(self._least_sure_g, self._sure_share * change_g)
            lever = self._middle * total - (apart * self._back).cumsum(axis=1)[:, oldest]
            steep = np.maximum(SLOPE_SHARE_PER_S * change_g, SLOPE_G_PER_S)
            noise_g = np.maximum(trails.noise_g, NOISE_FLOOR_G)
            fits &= np.abs(lever) * self._slope_per_moment <= np.maximum(steep, self._slope_sigmas * noise_g)
        choice = fits.argmax(axis=1)
        return Rests(
            hops=np.where(fits[rows, choice, columns], oldest[choice] + 1, 0),
            push_g=np.where(push_hops > 0, push_g, 0.0),
            _mean_g=newest[:, None] + offset,
            _sigma_g=sigma_g,
            _choice=choice,
            _sums_g=sums,
            _squares=squares,
        )
