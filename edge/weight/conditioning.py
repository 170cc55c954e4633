"""From blocks of any length to hops of equal length, with a typed state for every plate.

A *hop* is the grid on which levels are judged: ``hop_s`` of samples. It starts at every multiple of the hop
length since the first sample, so that how the samples were cut into blocks makes no difference.
"""

from __future__ import annotations

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

    def __len__(self) -> int:
        return len(self.states)


class Conditioner:
    """Conditions one rack. ``update`` takes a block and gives the hops that it completes."""

    def __init__(self, rack: RackLayout, options: WeightSection) -> None:
        self._rack, self._options = rack, options
        self.hop_samples = max(2, round(options.hop_s * rack.rate_hz))
        self._hop_s = self.hop_samples / rack.rate_hz
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
        raw = samples[:-1]
        shape = (len(end_ns), self.hop_samples, raw.shape[1])
        with np.errstate(invalid="ignore", over="ignore"):
            steps = np.diff(samples, axis=0, prepend=self._before[None])
            jumps = np.abs(steps) > SPIKE_G
            refused = ~(np.abs(raw) <= self._options.capacity_g)  # NaN too
            if jumps.any():
                refused |= jumps[:-1] & jumps[1:] & (steps[:-1] * steps[1:] < 0)
        if refused.any():
            return self._patchy(raw.reshape(shape), refused.reshape(shape), steps, end_ns, period_ns)
        grams = raw.reshape(shape)
        mean_g = grams.mean(axis=1)
        spread_g = np.sqrt(np.square(grams - mean_g[:, None]).mean(axis=1))
        enough = np.ones(mean_g.shape, dtype=bool)
        if self._counting or spread_g.max() > self._options.noisy_g or self._may_be_stuck(steps, spread_g):
            saturated = np.zeros(mean_g.shape, dtype=bool)
            states = self._judge(steps, enough, saturated, spread_g)
            enough = np.array([[state is SensorState.OK for state in hop] for hop in states])
        else:
            states = (self._all_ok,) * len(end_ns)
        return Stretch(end_ns, period_ns, grams, mean_g, spread_g, enough, states)

    def _may_be_stuck(self, steps: Grams, spread_g: Grams) -> bool:
        """Count on how long plates have repeated themselves; whether one of them may be stuck by now.

        Coarse readings of a quiet plate are equal for some samples all the time: that costs no judging.
        """
        hops = len(spread_g)
        if float(self._constant_s.max()) + hops * self._hop_s >= self._options.stuck_after_s:
            return True
        if spread_g.min() >= CONSTANT_G:
            self._constant_s = np.zeros_like(self._constant_s)
            return False
        constant = self._constant(steps)
        running = np.logical_and.accumulate(constant[::-1])
        trailing_s = running.sum(axis=0) * self._hop_s
        self._constant_s = np.where(running[-1], self._constant_s + trailing_s, trailing_s)
        return False

    def _constant(self, steps: Grams) -> NDArray[np.bool_]:
        """[hop, plate] whether all samples of a hop equal the one before it."""
        hops = (len(steps) - 1) // self.hop_samples
        return np.asarray((steps[:-1] == 0).reshape(hops, self.hop_samples, -1).all(axis=1))

    def _patchy(
        self,
        raw: Grams,
        refused: NDArray[np.bool_],
        steps: Grams,
        end_ns: NDArray[np.int64],
        period_ns: float,
    ) -> Stretch:
        """Hops in which some samples are missing or refused."""
        usable = ~refused
        count = usable.sum(axis=1)
        enough = 2 * count >= self.hop_samples
        divisor = np.maximum(count, 1)
        mean_g = np.where(usable, raw, 0.0).sum(axis=1) / divisor
        with np.errstate(invalid="ignore", over="ignore"):
            apart = np.where(usable, raw - mean_g[:, None], 0.0)
            saturated = 2 * (np.abs(raw) > self._options.capacity_g).sum(axis=1) >= self.hop_samples
            # A sensor that is nothing but noise looks like spikes alone: what it wrote counts as loud.
            wild = np.where(np.abs(raw) <= self._options.capacity_g, raw - mean_g[:, None], 0.0)
        spread_g = np.sqrt(np.square(apart).sum(axis=1) / divisor)
        written_g = np.sqrt(np.square(wild).mean(axis=1))
        states = self._judge(steps, enough, saturated, np.maximum(spread_g, written_g))
        valid = enough & np.array([[state is SensorState.OK for state in hop] for hop in states])
        grams = np.where(usable, raw, np.nan)
        return Stretch(end_ns, period_ns, grams, np.where(enough, mean_g, np.nan), spread_g, valid, states)

    def _judge(
        self, steps: Grams, enough: NDArray[np.bool_], saturated: NDArray[np.bool_], spread_g: Grams
    ) -> tuple[States, ...]:
        """States hop by hop; the counters of faults that need time run on."""
        options = self._options
        constant = self._constant(steps)
        judged = []
        for hop in range(len(enough)):
            self._constant_s = np.where(constant[hop], self._constant_s + self._hop_s, 0.0)
            self._missing_s = np.where(enough[hop], 0.0, self._missing_s + self._hop_s)
            louder = np.where(spread_g[hop] > options.noisy_g, self._hop_s, -self._hop_s)
            self._loud_s = np.clip(self._loud_s + louder, 0.0, 1.5 * options.noisy_after_s)
            faults = (
                (saturated[hop], SensorState.SATURATED),
                (self._missing_s >= options.stale_after_s - 1e-9, SensorState.STALE),
                (self._constant_s >= options.stuck_after_s - 1e-9, SensorState.STUCK),
                (self._loud_s >= options.noisy_after_s - 1e-9, SensorState.NOISY),
            )
            if any(failed.any() for failed, _ in faults):
                judged.append(
                    tuple(
                        next((state for failed, state in faults if failed[plate]), SensorState.OK)
                        for plate in range(len(self._all_ok))
                    )
                )
            else:
                judged.append(self._all_ok)
        self._counting = bool(
            self._constant_s.any()
            or self._missing_s.any()
            or self._loud_s.any()
            or judged[-1] is not self._all_ok
        )
        return tuple(judged)
