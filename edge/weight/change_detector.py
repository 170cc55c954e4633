"""Per plate: from the first motion to a new level, or back to the old one.

A plate is *calm* or *disturbed*. It becomes disturbed when a hop's mean leaves the baseline by more than its
own noise explains, or its samples ripple more than the whole rack's do. From then on its baseline is frozen.
It settles as soon as the last ``settle_min_s`` to ``settle_max_s`` are level enough (``rest.py``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.config import WeightSection
from edge.samples import NS_PER_S, ChangeKind, Grams, PlateChange, RackLayout
from edge.weight.baseline import RIPPLE_FLOOR_G, Baseline
from edge.weight.conditioning import Stretch
from edge.weight.dating import Dating
from edge.weight.rest import Rest, Trail, find_rest

PRESS_S = 0.5
"""[s] A hand touches goods so long before the load changes (measured 0.2 s)."""

LEFT_SHARE, LEFT_SIGMAS = 0.1, 3.0
"""[1, sigma] A level that is off by so much of a change, and of the plate's noise, has left its place."""

ONSET_RIPPLES = 4.0
"""[1] Ripple beyond so many times what the rack's motion explains is a hand's, however level the mean."""

ONSET_RIPPLE_G = 1.0
"""[g] Ripple that never counts as a hand on a calm plate."""

ONSET_BAND_G = 3.0
"""[g] A sample so near its level has not begun to move; ..."""

ONSET_BAND_RIPPLES, ONSET_BAND_SIGMAS = 5.0, 3.0
"""[1, sigma] ... nor has one within so many times the plate's ripple, or its noise."""

LEVEL_SIGMA_G = 0.05
"""[g] added to what averaging leaves of a level's noise: slow motion does not average away."""

PUSH_S = 0.2
"""[s] A hand pushes at least so long; ringing averages out."""

STORED_SIGMA_G = 4.0
"""[g] What drift may have done to a stored level while the node was off."""


@dataclass(slots=True)
class _Disturbance:
    """A plate between first motion and rest."""

    onset_ns: int
    level_g: float  # frozen baseline
    level_sigma_g: float
    trail: Trail
    seen_ns: int  # [ns] last usable hop
    peak_g: float = 0.0
    dark_s: float = 0.0  # [s] longest time without usable samples


class ChangeDetector:
    """Watches all plates of one rack."""

    def __init__(self, rack: RackLayout, hop_samples: int, options: WeightSection) -> None:
        self._rack, self._options, self._hop_samples = rack, options, hop_samples
        self._hop_s = hop_samples / rack.rate_hz
        self._shortest = max(3, math.ceil(options.settle_min_s / self._hop_s - 1e-9))
        self._longest = max(self._shortest, math.ceil(options.settle_max_s / self._hop_s - 1e-9))
        self._push_hops = max(1, round(PUSH_S / self._hop_s))
        self.baseline = Baseline(len(rack.plates), self._hop_s, options)
        self._dating = Dating(hop_samples, self._hop_s)
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new detector."""
        self.baseline.reset()
        self._open: dict[int, _Disturbance] = {}
        self._dating.clear()
        self._epoch: list[tuple[Grams, Grams]] = []  # (means, spreads) of the hops of the running epoch
        self._calm = np.ones(len(self._rack.plates), dtype=bool)  # so far in the running epoch
        self._seen_ns = 0  # [ns] end of the hop before

    def moving_g(self) -> dict[str, float]:
        """How far each disturbed plate is from its baseline now [g]."""
        return {
            self._rack.plates[plate]: open_.trail.means_g[-1] - open_.level_g
            for plate, open_ in self._open.items()
            if open_.trail.means_g
        }

    @property
    def disturbed(self) -> frozenset[int]:
        """Columns between first motion and rest."""
        return frozenset(self._open)

    def expect(self, levels_g: Mapping[int, float], mono_ns: int) -> None:
        """Levels from before the node stopped, by column: a difference is a change that nobody saw."""
        for plate, level_g in levels_g.items():
            self._open[plate] = _Disturbance(
                mono_ns, level_g, STORED_SIGMA_G, Trail.of_length(self._longest), mono_ns, dark_s=math.inf
            )

    def update(self, stretch: Stretch) -> Iterator[tuple[int, list[PlateChange]]]:
        """Take in some hops; give (hop, disturbances that ended with it) for every hop with a disturbance.

        Calm hops are judged together: only the rest cost a step each.
        """
        hop = 0
        while hop < len(stretch):
            until = min(
                len(stretch), hop + (1 if self._open else self.baseline.epoch_hops - len(self._epoch))
            )
            loudness = self._loudness(stretch.spread_g[hop:until])
            stirred = self._stirred(stretch, hop, until, loudness)
            stirs = np.flatnonzero(stirred.any(axis=1))
            first = hop if self._open else hop + int(stirs[0]) if stirs.size else until
            self._take(stretch, hop, first)
            if first < until:
                self._dating.take(stretch, first)
                yield first, self._step(stretch, first, stirred[first - hop], float(loudness[first - hop]))
                self._count(stretch, first, first + 1)
                first += 1
            hop = first
            if len(self._epoch) >= self.baseline.epoch_hops:
                self._close_epoch()

    def _stirred(
        self, stretch: Stretch, start: int, until: int, loudness: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """[hop, plate] where a calm plate stands out. ``loudness``: [hop]."""
        baseline = self.baseline
        mean_g, spread_g = stretch.mean_g[start:until], stretch.spread_g[start:until]
        louder = loudness[:, None]
        with np.errstate(invalid="ignore"):
            moved = np.abs(mean_g - baseline.level_g) > (
                self._options.onset_sigmas * np.sqrt(louder) * baseline.noise_g
            )
            rippled = spread_g > ONSET_RIPPLES * louder * baseline.ripple_g + ONSET_RIPPLE_G
        return (moved | rippled | ~stretch.valid[start:until]) & baseline.ready

    def _loudness(self, spread_g: Grams) -> NDArray[np.float64]:
        """[hop] how much more than usual the whole rack ripples; at least 1 (median over its plates)."""
        if spread_g.shape[1] < 3:
            return np.ones(len(spread_g))
        usual = np.maximum(self.baseline.ripple_g, RIPPLE_FLOOR_G)
        middle = spread_g.shape[1] // 2
        return np.asarray(np.maximum(np.partition(spread_g / usual, middle, axis=1)[:, middle], 1.0))

    def _take(self, stretch: Stretch, start: int, until: int) -> None:
        """Calm hops: remember them for dating and for the running epoch."""
        for hop in range(start, until):
            self._dating.take(stretch, hop)
        self._count(stretch, start, until)

    def _count(self, stretch: Stretch, start: int, until: int) -> None:
        """Add hops to the running epoch."""
        self._epoch += [(stretch.mean_g[hop], stretch.spread_g[hop]) for hop in range(start, until)]
        if until > start:
            self._seen_ns = int(stretch.end_ns[until - 1])
            self._calm &= stretch.valid[start:until].all(axis=0)
            if self._open:
                self._calm[list(self._open)] = False

    def _close_epoch(self) -> None:
        means, spreads = zip(*self._epoch, strict=True)
        self.baseline.update(np.array(means), np.array(spreads), self._calm)
        self._epoch = []
        self._calm = np.ones(len(self._rack.plates), dtype=bool)
        if self._open:
            self._calm[list(self._open)] = False

    def _step(
        self, stretch: Stretch, hop: int, stirred: NDArray[np.bool_], loudness: float
    ) -> list[PlateChange]:
        """One hop in which something is disturbed; what ended with it."""
        for plate in map(int, np.flatnonzero(stirred)):
            if plate not in self._open:
                self._start(plate)
        ended = []
        for plate in sorted(self._open):
            self._calm[plate] = False
            change = self._follow(plate, stretch, hop, loudness)
            if change is not None:
                del self._open[plate]
                ended.append(change)
        return ended

    def _start(self, plate: int) -> None:
        noise, level_g = float(self.baseline.noise_g[plate]), float(self.baseline.level_g[plate])
        ripple = float(self.baseline.ripple_g[plate])
        still_g = max(ONSET_BAND_RIPPLES * ripple, ONSET_BAND_SIGMAS * noise, ONSET_BAND_G)
        self._open[plate] = _Disturbance(
            onset_ns=self._dating.onset_ns(plate, level_g, still_g),
            level_g=level_g,
            level_sigma_g=noise / math.sqrt(max(self._options.baseline_s / self._hop_s, 1.0)) + LEVEL_SIGMA_G,
            trail=Trail.of_length(self._longest),
            seen_ns=self._seen_ns,
        )

    def _follow(self, plate: int, stretch: Stretch, hop: int, loudness: float) -> PlateChange | None:
        """One more hop of a disturbance; what became of it, if it ended."""
        open_, end_ns = self._open[plate], int(stretch.end_ns[hop])
        if not stretch.valid[hop, plate]:
            open_.trail.clear()
            return None
        open_.dark_s = max(open_.dark_s, (end_ns - open_.seen_ns) / NS_PER_S - self._hop_s)
        open_.seen_ns = end_ns
        mean = float(stretch.mean_g[hop, plate])
        open_.trail.append(mean, float(stretch.spread_g[hop, plate]), loudness)
        push_g = open_.trail.last_mean_g(self._push_hops) - open_.level_g
        if abs(push_g) > abs(open_.peak_g):
            open_.peak_g = push_g
        rest = find_rest(
            open_.trail,
            level_g=open_.level_g,
            noise_g=float(self.baseline.noise_g[plate]),
            ripple_g=float(self.baseline.ripple_g[plate]),
            shortest=self._shortest,
            hop_s=self._hop_s,
        )
        return None if rest is None else self._ended(plate, open_, rest, stretch, hop)

    def _ended(self, plate: int, open_: _Disturbance, rest: Rest, stretch: Stretch, hop: int) -> PlateChange:
        delta = rest.mean_g - open_.level_g
        sigma = math.hypot(rest.sigma_g, open_.level_sigma_g)
        settled_ns = self._dating.settled_ns(plate, rest)
        kind = self._kind(open_, delta, sigma, settled_ns)
        if kind in (ChangeKind.CHANGE, ChangeKind.OFFLINE_CHANGE) or not self.baseline.ready[plate]:
            self.baseline.set_level(plate, rest.mean_g)
        else:
            self.baseline.widen(plate, float(np.std(open_.trail.means_g)))
        return PlateChange(
            plate=self._rack.plates[plate],
            kind=kind,
            delta_g=delta,
            sigma_g=sigma,
            onset_ns=min(self._onset_ns(plate, open_, delta), settled_ns),
            settled_ns=settled_ns,
            decided_ns=int(stretch.end_ns[hop]) + round(stretch.period_ns),
            peak_g=open_.peak_g,
            stirred_ns=open_.onset_ns,
        )

    def _onset_ns(self, plate: int, open_: _Disturbance, delta_g: float) -> int:
        """First motion of what made the change: not of noise before it, and not after a sensor's sleep."""
        band_g = max(LEFT_SIGMAS * float(self.baseline.noise_g[plate]), LEFT_SHARE * abs(delta_g))
        left_ns = self._dating.leaving_ns(plate, open_.level_g, band_g)
        if left_ns is None:
            return open_.onset_ns
        press_ns = round(PRESS_S * NS_PER_S)
        return left_ns if open_.onset_ns - left_ns > press_ns else max(open_.onset_ns, left_ns - press_ns)

    def _kind(self, open_: _Disturbance, delta_g: float, sigma_g: float, settled_ns: int) -> ChangeKind:
        options = self._options
        if abs(delta_g) >= max(options.least_shift_g, options.decide_sigmas * sigma_g):
            return ChangeKind.OFFLINE_CHANGE if open_.dark_s > options.bridge_s else ChangeKind.CHANGE
        lasted_s = (settled_ns - open_.onset_ns) / NS_PER_S
        return ChangeKind.LEAN if lasted_s > options.touch_max_s else ChangeKind.TOUCH
