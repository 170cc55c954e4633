"""Per plate: from the first motion to a new level, or back to the old one.

A plate is *calm* or *disturbed*. It becomes disturbed when a hop's mean leaves the baseline by more than its
own noise explains, or its samples ripple more than the whole rack's do. From then on its baseline is frozen.
It settles as soon as the last 0.3 to 0.8 s are level enough: their mean's standard error (scatter of hop
means, and what ringing at 5 Hz and above can leave in a mean) is small against the change.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.config import WeightSection
from edge.samples import NS_PER_S, ChangeKind, PlateChange, RackLayout
from edge.weight.baseline import Baseline
from edge.weight.conditioning import Hop

HISTORY_S = 4.0
"""[s] of raw samples kept, to date onset and settling to the sample."""

RINGING_HZ = 5.0
"""[Hz] slowest rack resonance (measured 5-20 Hz). A sine of standard deviation s and frequency f leaves at
most s * sqrt(2) / (pi * f * T) in the mean over T seconds."""

STORED_SIGMA_G = 4.0
"""[g] What drift may have done to a stored level while the node was off."""

RIPPLE_FLOOR_G = 1.5
"""[g] ripple within a hop that never counts as a hand on the plate."""


@dataclass(slots=True)
class _Disturbance:
    """A plate between first motion and rest."""

    onset_ns: int
    level_g: float  # frozen baseline
    level_sigma_g: float
    means: deque[float]
    spreads: deque[float]
    ambients: deque[float]
    peak_g: float = 0.0
    seen_ns: int = 0  # [ns] last usable hop
    dark_s: float = 0.0  # [s] longest time without usable samples


@dataclass(frozen=True, slots=True)
class _Rest:
    """Level of the last hops, when it is one."""

    mean_g: float
    sigma_g: float
    hops: int


class ChangeDetector:
    """Watches all plates of one rack."""

    def __init__(self, rack: RackLayout, hop_samples: int, options: WeightSection) -> None:
        self._rack, self._options, self._hop_samples = rack, options, hop_samples
        self._hop_s = hop_samples / rack.rate_hz
        self._shortest = max(2, math.ceil(options.settle_min_s / self._hop_s - 1e-9))
        self._longest = max(self._shortest, math.ceil(options.settle_max_s / self._hop_s - 1e-9))
        self.baseline = Baseline(len(rack.plates), self._hop_s, options)
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new detector."""
        self.baseline.reset()
        self._open: dict[int, _Disturbance] = {}
        self._raw: deque[Hop] = deque(maxlen=max(4, round(HISTORY_S / self._hop_s)))

    def moving_g(self) -> dict[str, float]:
        """How far each disturbed plate is from its baseline now [g]."""
        return {
            self._rack.plates[plate]: open_.means[-1] - open_.level_g
            for plate, open_ in self._open.items()
            if open_.means
        }

    @property
    def disturbed(self) -> frozenset[int]:
        """Columns between first motion and rest."""
        return frozenset(self._open)

    def update(self, hop: Hop) -> list[PlateChange]:
        """Take in one hop; give the disturbances that ended with it."""
        self._raw.append(hop)
        baseline, options = self.baseline, self._options
        ready = baseline.ready
        ambient = self._ambient(hop, ready)
        with np.errstate(invalid="ignore"):
            deviation = np.abs(hop.mean_g - baseline.level_g)
            moved = deviation > options.onset_sigmas * baseline.noise_g * max(1.0, ambient**0.5)
            rippled = hop.spread_g > 4.0 * ambient * np.maximum(baseline.ripple_g, RIPPLE_FLOOR_G / 4.0) + 1.0
        starts = ready & ((hop.valid & (moved | rippled)) | ~hop.valid)
        for plate in map(int, np.flatnonzero(starts)):
            if plate not in self._open:
                self._start(plate, hop)
        disturbed = sorted(self._open)
        ended = {
            plate: change
            for plate in disturbed
            if (change := self._follow(plate, self._open[plate], hop, ambient)) is not None
        }
        self._open = {plate: open_ for plate, open_ in self._open.items() if plate not in ended}
        calm = hop.valid.copy()
        calm[disturbed] = False
        baseline.update(hop, calm)
        return list(ended.values())

    def _ambient(self, hop: Hop, ready: NDArray[np.bool_]) -> float:
        """How much louder than usual the whole rack is now; at least 1 (median over its plates)."""
        use = hop.valid & ready
        if int(use.sum()) < 3:
            return 1.0
        return max(1.0, float(np.median(hop.spread_g[use] / np.maximum(self.baseline.ripple_g[use], 0.1))))

    def _start(self, plate: int, hop: Hop) -> None:
        noise = float(self.baseline.noise_g[plate])
        self._open[plate] = _Disturbance(
            onset_ns=self._date_onset(plate, hop),
            level_g=float(self.baseline.level_g[plate]),
            level_sigma_g=noise / math.sqrt(max(self._options.baseline_s / self._hop_s, 1.0)) + 0.05,
            means=deque(maxlen=self._longest),
            spreads=deque(maxlen=self._longest),
            ambients=deque(maxlen=self._longest),
            seen_ns=hop.end_ns - round(self._hop_samples * hop.period_ns),
        )

    def expect(self, levels_g: Mapping[int, float], mono_ns: int) -> None:
        """Levels from before the node stopped, by plate: a difference is a change that nobody saw."""
        for plate, level_g in levels_g.items():
            self._open[plate] = _Disturbance(
                onset_ns=mono_ns,
                level_g=level_g,
                level_sigma_g=STORED_SIGMA_G,
                means=deque(maxlen=self._longest),
                spreads=deque(maxlen=self._longest),
                ambients=deque(maxlen=self._longest),
                seen_ns=mono_ns,
                dark_s=math.inf,
            )

    def _follow(self, plate: int, open_: _Disturbance, hop: Hop, ambient: float) -> PlateChange | None:
        """One more hop of a disturbance; what became of it, if it ended."""
        if not hop.valid[plate]:
            open_.means.clear()
            open_.spreads.clear()
            open_.ambients.clear()
            return None
        open_.dark_s = max(open_.dark_s, (hop.end_ns - open_.seen_ns) / NS_PER_S - self._hop_s)
        open_.seen_ns = hop.end_ns
        mean = float(hop.mean_g[plate])
        open_.means.append(mean)
        open_.spreads.append(float(hop.spread_g[plate]))
        open_.ambients.append(ambient)
        if abs(mean - open_.level_g) > abs(open_.peak_g):
            open_.peak_g = mean - open_.level_g
        rest = self._rest(plate, open_)
        if rest is None:
            return None
        delta = rest.mean_g - open_.level_g
        sigma = math.hypot(rest.sigma_g, open_.level_sigma_g)
        settled_ns = self._date_settled(plate, rest, hop)
        kind = self._kind(open_, delta, sigma, settled_ns)
        if kind in (ChangeKind.CHANGE, ChangeKind.OFFLINE_CHANGE) or not self.baseline.ready[plate]:
            self.baseline.set_level(plate, rest.mean_g)
        else:
            self.baseline.widen(plate, float(np.std(open_.means)))
        return PlateChange(
            plate=self._rack.plates[plate],
            kind=kind,
            delta_g=delta,
            sigma_g=sigma,
            onset_ns=open_.onset_ns,
            settled_ns=max(settled_ns, open_.onset_ns),
            decided_ns=hop.end_ns + round(hop.period_ns),
            peak_g=open_.peak_g,
        )

    def _kind(self, open_: _Disturbance, delta_g: float, sigma_g: float, settled_ns: int) -> ChangeKind:
        options = self._options
        if abs(delta_g) >= max(options.least_shift_g, options.decide_sigmas * sigma_g):
            return ChangeKind.OFFLINE_CHANGE if open_.dark_s > options.bridge_s else ChangeKind.CHANGE
        lasted_s = (settled_ns - open_.onset_ns) / NS_PER_S
        return ChangeKind.LEAN if lasted_s > options.touch_max_s else ChangeKind.TOUCH

    def _rest(self, plate: int, open_: _Disturbance) -> _Rest | None:
        """The shortest run of last hops that is level enough to decide on, if any."""
        means = np.array(open_.means)
        spreads = np.array(open_.spreads)
        loudness = np.array(open_.ambients)
        noise = float(self.baseline.noise_g[plate])
        usual = max(float(self.baseline.ripple_g[plate]), RIPPLE_FLOOR_G / 4.0)
        for hops in range(self._shortest, means.size + 1):
            level = means[-hops:]
            mean = float(level.mean())
            change = abs(mean - open_.level_g)
            calm = spreads[-hops:] <= 5.0 * loudness[-hops:] * usual + RIPPLE_FLOOR_G + 0.004 * change
            if not calm.all():
                return None  # a longer run holds the same rippled hop
            length_s = hops * self._hop_s
            ringing = float(spreads[-hops:].mean()) * math.sqrt(2.0) / (math.pi * RINGING_HZ * length_s)
            scatter = max(float(level.std(ddof=1)), 0.5 * noise)
            sigma = math.hypot(scatter / math.sqrt(hops), 0.5 * ringing)
            centred = np.arange(hops) - (hops - 1) / 2
            slope = float((centred * level).sum() / (centred**2).sum()) / self._hop_s
            slope_sigma = max(noise, 0.2) / (self._hop_s * math.sqrt(float((centred**2).sum())))
            if abs(slope) > max(3.0, 3.0 * slope_sigma, 0.01 * change):
                continue
            if sigma <= max(0.8, 0.004 * change) or (
                hops == self._longest and sigma <= max(4.0, 0.02 * change)
            ):
                return _Rest(mean, sigma, hops)
        return None

    def _date_onset(self, plate: int, hop: Hop) -> int:
        """Time of the first sample of the motion that made this hop stand out."""
        level = float(self.baseline.level_g[plate])
        band = max(5.0 * float(self.baseline.ripple_g[plate]), 3.0 * float(self.baseline.noise_g[plate]), 3.0)
        samples = np.concatenate([past.grams[:, plate] for past in list(self._raw)[-5:]])
        quiet = np.abs(samples - level) <= band
        still_quiet = np.flatnonzero(quiet | np.isnan(samples))
        moving = samples.size - 1 - int(still_quiet[-1]) if still_quiet.size else samples.size
        return hop.end_ns - round(max(moving - 1, 0) * hop.period_ns)

    def _date_settled(self, plate: int, rest: _Rest, hop: Hop) -> int:
        """Time of the first sample from which on the plate stayed at its new level."""
        hops = list(self._raw)[-(rest.hops + 2) :]
        samples = np.concatenate([past.grams[:, plate] for past in hops])
        spread = max(float(past.spread_g[plate]) for past in hops[-rest.hops :])
        outside = np.flatnonzero(np.abs(samples - rest.mean_g) > max(4.0 * spread, 2.0))
        first = int(outside[-1]) + 1 if outside.size else 0
        first = min(first, samples.size - 1)
        return hop.end_ns - round((samples.size - 1 - first) * hop.period_ns)
