"""From blocks of any length to hops of equal length, with a typed state for every plate.

A *hop* is the grid on which levels are judged: ``hop_s`` of samples. It starts at every multiple of the hop
length since the first sample, so that how the samples were cut into blocks makes no difference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.config import WeightSection
from edge.messages import SensorState
from edge.samples import NS_PER_S, Grams, RackLayout, WeightBlock

SPIKE_G = 100.0
"""[g] A lone sample that differs from both neighbours by more is a misread: no hand moves a plate there and
back within two samples."""

HOLE_S = 0.5
"""[s] Blocks may be dated with so much jitter; a longer delay is a hole."""

CONSTANT_G = 1e-6
"""[g] A spread below can only be rounding: all samples of the hop are equal."""

SLACK_S = 1e-9
"""[s] Durations are sums of hops, and as exact as those."""

GAP_COUNTED_S = 0.3
"""[s] of each gap that count for a plate with many; one long gap is no habit."""

MISSING_FORGIVEN, STALE_SLACK_S = 0.5, 0.25
"""[1, s] A second of readings makes up for half a second without any: a plate that misses more than a third
of its hops seldom rests for long enough to be weighed, and says so until it was there for twice the slack."""

States = tuple[SensorState, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Some hops of one rack. Plates that are not ``valid`` have the mean NaN."""

    end_ns: NDArray[np.int64]  # [hop] mono time of the last sample
    period_ns: float  # [ns]
    grams: Grams  # [hop, sample, plate] g, NaN where refused
    mean_g: Grams  # [hop, plate] g
    spread_g: Grams  # [hop, plate] g, standard deviation of the hop's samples
    valid: NDArray[np.bool_]  # [hop, plate] at least half of the samples are usable and the state is ok
    states: tuple[States, ...]  # [hop] one state a plate
    clean: bool  # all valid

    def __len__(self) -> int:
        return len(self.states)


class Conditioner:
    """Conditions one rack. ``update`` takes a block and gives the hops that it completes."""

    def __init__(self, rack: RackLayout, options: WeightSection) -> None:
        self._rack, self._options = rack, options
        self.hop_samples = max(2, round(options.hop_s * rack.rate_hz))
        self._hop_s = self.hop_samples / rack.rate_hz
        # A coarse scale at rest repeats itself for hours: nothing tells that from a stuck one.
        self._stuck_after_s = math.inf if rack.resolution_g else options.stuck_after_s
        self._all_ok: States = (SensorState.OK,) * len(rack.plates)
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new conditioner."""
        plates = len(self._rack.plates)
        self._pending = np.empty((0, plates))
        self._next_ns = 0  # [ns] when the next block should begin
        self._before = np.full(plates, np.nan)  # the sample before `_pending`
        self._constant_s = np.zeros(plates)
        self._missing_s = np.zeros(plates)
        self._patchy_s = np.zeros(plates)
        self._loud_s = np.zeros(plates)
        self._counting = False  # whether one of the latter two is not 0, or a plate is not ok

    def update(self, block: WeightBlock) -> Stretch | None:
        """Hops completed by ``block``; the newest sample waits for its successor."""
        samples = np.concatenate([*self._hole(block), block.grams])
        hops = (samples.shape[0] - 1) // self.hop_samples
        if hops <= 0:
            self._pending = samples
            return None
        used = hops * self.hop_samples
        behind = samples.shape[0] - self.hop_samples * np.arange(1, hops + 1)  # samples after each hop's last
        last_ns = block.mono_ns + round((block.grams.shape[0] - 1) * block.period_ns)
        end_ns = last_ns - np.rint(behind * block.period_ns).astype(np.int64)
        stretch = self._stretch(samples[: used + 1], end_ns, block.period_ns)
        self._before = samples[used - 1]
        self._pending = samples[used:].copy()
        return stretch

    def _hole(self, block: WeightBlock) -> list[Grams]:
        """What waits from before the block, and NaN for what is missing in between.

        Sequence numbers count what was lost on the way; a hole in time that they do not explain is a link
        that was down, or a board that restarted.
        """
        late_s = (block.mono_ns - self._next_ns) / NS_PER_S if self._next_ns else 0.0
        lost = max(block.lost_before, round(late_s * self._rack.rate_hz) if late_s > HOLE_S else 0)
        self._next_ns = block.mono_ns + round(block.grams.shape[0] * block.period_ns)
        if not lost:
            return [self._pending]
        # A longer hole needs no more NaN than it takes to call every plate stale; the grid starts anew.
        most = int((self._options.stale_after_s + 1.0) * self._rack.rate_hz)
        missing = np.full((min(lost, most), block.grams.shape[1]), np.nan)
        return [missing] if lost > most else [self._pending, missing]

    def _stretch(self, samples: Grams, end_ns: NDArray[np.int64], period_ns: float) -> Stretch:
        """Hops of ``samples``, whose last one only looks ahead."""
        hops, plates = len(end_ns), samples.shape[1]
        grams = samples[:-1].reshape(hops, self.hop_samples, plates)
        with np.errstate(invalid="ignore", over="ignore"):
            mean_g = _sum_of_samples(grams) / self.hop_samples
            apart = grams - mean_g[:, None]
            spread_g = np.sqrt(_sum_of_samples(apart * apart) / self.hop_samples)
            # Two samples that are SPIKE_G apart spread their hop at least so much; NaN is not below anything.
            tame = spread_g.max() < SPIKE_G / math.sqrt(2 * self.hop_samples)
            if not (tame and np.abs(mean_g).max() < self._options.capacity_g - SPIKE_G):
                return self._wild(samples, mean_g, spread_g, end_ns, period_ns)
        enough = np.ones(mean_g.shape, dtype=bool)
        if not self._counting and not self._may_be_stuck(samples, spread_g):
            states = (self._all_ok,) * hops
            return Stretch(end_ns, period_ns, grams, mean_g, spread_g, enough, states, clean=True)
        states = self._judge(samples, enough, ~enough, ~enough, spread_g)
        valid = self._are_ok(states)
        return Stretch(end_ns, period_ns, grams, mean_g, spread_g, valid, states, bool(valid.all()))

    def _wild(
        self,
        samples: Grams,
        mean_g: Grams,
        spread_g: Grams,
        end_ns: NDArray[np.int64],
        period_ns: float,
    ) -> Stretch:
        """Hops in which samples may have to be refused: missing ones, spikes, beyond the capacity."""
        raw = samples[:-1]
        shape = (len(end_ns), self.hop_samples, raw.shape[1])
        steps = np.diff(samples, axis=0, prepend=self._before[None])
        jumps = np.abs(steps) > SPIKE_G
        refused = ~(np.abs(raw) <= self._options.capacity_g)  # NaN too
        refused |= jumps[:-1] & jumps[1:] & (steps[:-1] * steps[1:] < 0)
        usable = ~refused.reshape(shape)
        grams = raw.reshape(shape)
        enough, heard_g = np.ones(mean_g.shape, dtype=bool), spread_g
        absent = saturated = ~enough
        if not usable.all():
            count = usable.sum(axis=1)
            enough = 2 * count >= self.hop_samples
            absent = 2 * np.isnan(grams).sum(axis=1) > self.hop_samples
            divisor = np.maximum(count, 1)
            mean_g = np.where(usable, grams, 0.0).sum(axis=1) / divisor
            apart = np.where(usable, grams - mean_g[:, None], 0.0)
            within = np.abs(grams) <= self._options.capacity_g
            saturated = 2 * (np.abs(grams) > self._options.capacity_g).sum(axis=1) >= self.hop_samples
            spread_g = np.sqrt(np.square(apart).sum(axis=1) / divisor)
            # A sensor that is nothing but noise looks like spikes alone: what it wrote counts as loud.
            written = np.where(within, grams - mean_g[:, None], 0.0)
            heard_g = np.maximum(spread_g, np.sqrt(np.square(written).mean(axis=1)))
            mean_g, grams = np.where(enough, mean_g, np.nan), np.where(usable, grams, np.nan)
        states = self._judge(samples, enough, absent, saturated, heard_g)
        valid = enough & self._are_ok(states)
        return Stretch(end_ns, period_ns, grams, mean_g, spread_g, valid, states, bool(valid.all()))

    def _may_be_stuck(self, samples: Grams, spread_g: Grams) -> bool:
        """Count on how long plates have repeated themselves; whether one of them may be stuck by now.

        Coarse readings of a quiet plate are equal for some samples all the time: that costs no judging.
        """
        longest_s = float(self._constant_s.max()) + len(spread_g) * self._hop_s
        if longest_s >= self._stuck_after_s - SLACK_S:
            return True
        if spread_g.min() >= CONSTANT_G:
            self._constant_s = np.zeros_like(self._constant_s)
        else:
            self._constant_s = self._lasting_s(self._constant_s, self._constant(samples))[-1]
        return False

    def _constant(self, samples: Grams) -> NDArray[np.bool_]:
        """[hop, plate] whether all samples of a hop equal the one before it."""
        same = samples[:-1] == np.concatenate((self._before[None], samples[:-2]))
        return np.asarray(same.reshape(-1, self.hop_samples, samples.shape[1]).all(axis=1))

    def _judge(
        self,
        samples: Grams,
        enough: NDArray[np.bool_],
        absent: NDArray[np.bool_],
        saturated: NDArray[np.bool_],
        spread_g: Grams,
    ) -> tuple[States, ...]:
        """States hop by hop; the counters of faults that need time run on.

        Args:
            samples: [sample, plate] g of the hops, and one more.
            enough: [hop, plate] half of the samples are usable.
            absent: [hop, plate] half of them never came.
            saturated: [hop, plate] half of them are beyond the capacity.
            spread_g: [hop, plate] g, spikes included.
        """
        options = self._options
        constant_s = self._lasting_s(self._constant_s, self._constant(samples))
        missing_s = self._lasting_s(self._missing_s, ~enough)
        patchy_s = self._on_balance_s(
            self._patchy_s,
            absent & (missing_s <= GAP_COUNTED_S + SLACK_S),
            MISSING_FORGIVEN,
            options.stale_after_s + STALE_SLACK_S,
        )
        loud_s = self._on_balance_s(
            self._loud_s, spread_g > options.noisy_g, 1.0, 1.5 * options.noisy_after_s
        )
        faults = (
            (saturated, SensorState.SATURATED),
            (missing_s >= options.stale_after_s - SLACK_S, SensorState.STALE),
            (constant_s >= self._stuck_after_s - SLACK_S, SensorState.STUCK),
            (loud_s >= options.noisy_after_s - SLACK_S, SensorState.NOISY),
            (patchy_s >= options.stale_after_s - SLACK_S, SensorState.STALE),
        )
        judged = [self._all_ok] * len(enough)
        for hop in map(int, np.flatnonzero(np.any([failed.any(axis=1) for failed, _ in faults], axis=0))):
            judged[hop] = tuple(
                next((state for failed, state in faults if failed[hop, plate]), SensorState.OK)
                for plate in range(len(self._all_ok))
            )
        self._constant_s, self._missing_s = constant_s[-1], missing_s[-1]
        self._patchy_s, self._loud_s = patchy_s[-1], loud_s[-1]
        self._counting = bool(
            self._constant_s.any()
            or self._missing_s.any()
            or self._patchy_s.any()
            or self._loud_s.any()
            or judged[-1] is not self._all_ok
        )
        return tuple(judged)

    def _are_ok(self, states: tuple[States, ...]) -> NDArray[np.bool_]:
        """[hop, plate] whether the state is ok."""
        ok = np.ones((len(states), len(self._all_ok)), dtype=bool)
        for hop, judged in enumerate(states):
            if judged is not self._all_ok:
                ok[hop] = [state is SensorState.OK for state in judged]
        return ok

    def _lasting_s(self, before_s: NDArray[np.float64], holds: NDArray[np.bool_]) -> NDArray[np.float64]:
        """[hop, plate] for how long something has held, after every hop."""
        hops = np.arange(1, len(holds) + 1)[:, None]
        ended = np.maximum.accumulate(np.where(holds, 0, hops), axis=0)
        return np.asarray(np.where(ended > 0, 0.0, before_s) + (hops - ended) * self._hop_s)

    def _on_balance_s(
        self, now_s: NDArray[np.float64], bad: NDArray[np.bool_], forgiven: float, most_s: float
    ) -> NDArray[np.float64]:
        """[hop, plate] for how long plates were bad, less a share of the time they were not."""
        lasted_s = np.zeros(bad.shape)
        if not (now_s.any() or bad.any()):
            return lasted_s
        for hop, step_s in enumerate(np.where(bad, self._hop_s, -forgiven * self._hop_s)):
            lasted_s[hop] = now_s = np.minimum(np.maximum(now_s + step_s, 0.0), most_s)
        return lasted_s


def _sum_of_samples(grams: Grams) -> Grams:
    """[hop, plate] sums over samples; hops are short, and adding slices is quicker than a reduction."""
    total = grams[:, 0].copy()
    for sample in range(1, grams.shape[1]):
        total += grams[:, sample]
    return total
