"""From blocks of any length to hops of equal length, with a typed state for every plate.

A *hop* is the grid on which levels are judged: 0.1 s of samples. It starts at every multiple of the hop
length since the first sample, so that how the samples were cut into blocks makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterator
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


@dataclass(frozen=True, slots=True, eq=False)
class Hop:
    """One step of the grid for one rack. ``valid`` plates have a mean; the others' means are NaN."""

    end_ns: int  # [ns] mono time of the last sample
    period_ns: float  # [ns]
    grams: Grams  # [hop, plate] g, NaN where refused
    mean_g: Grams  # [plate] g
    spread_g: Grams  # [plate] g, standard deviation of the hop's samples
    valid: NDArray[np.bool_]  # [plate] at least half of the samples are usable and the state is ok
    states: tuple[SensorState, ...]  # one a plate


class Conditioner:
    """Conditions one rack. ``update`` takes a block and gives the hops that it completes."""

    def __init__(self, rack: RackLayout, options: WeightSection) -> None:
        self._rack, self._options = rack, options
        self.hop_samples = max(2, round(options.hop_s * rack.rate_hz))
        self._hop_s = self.hop_samples / rack.rate_hz
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new conditioner."""
        plates = len(self._rack.plates)
        self._pending = np.empty((0, plates))
        self._next_ns = 0  # [ns] when the next block should begin
        self._before = np.full(plates, np.nan)  # the sample before `_pending`, for the spike test
        self._frozen_s = np.zeros(plates)
        self._missing_s = np.zeros(plates)
        self._noisy_s = np.zeros(plates)
        self._last_g = np.full(plates, np.nan)

    def update(self, block: WeightBlock) -> Iterator[Hop]:
        """Hops completed by ``block``, oldest first; the newest sample waits for its successor."""
        grams = block.grams
        late_s = (block.mono_ns - self._next_ns) / NS_PER_S if self._next_ns else 0.0
        # Sequence numbers count what was lost on the way; a hole in time that they do not explain is a
        # link that was down, or a board that restarted.
        lost = max(block.lost_before, round(late_s * self._rack.rate_hz) if late_s > HOLE_S else 0)
        self._next_ns = block.mono_ns + round(grams.shape[0] * block.period_ns)
        if lost:
            # Longer holes need no more NaN than it takes to call every plate stale.
            cap = int((self._options.stale_after_s + 1.0) * self._rack.rate_hz)
            grams = np.concatenate([np.full((min(lost, cap), grams.shape[1]), np.nan), grams])
        samples = np.concatenate([self._pending, grams])
        last_ns = block.mono_ns + round((block.grams.shape[0] - 1) * block.period_ns)
        whole = (samples.shape[0] - 1) // self.hop_samples  # one sample of lookahead for the spike test
        for index in range(whole):
            start, end = index * self.hop_samples, (index + 1) * self.hop_samples
            end_ns = last_ns - round((samples.shape[0] - end) * block.period_ns)
            yield self._hop(samples[start:end], samples[end], end_ns, block.period_ns)
        self._pending = samples[whole * self.hop_samples :].copy()

    def _hop(self, raw: Grams, following: Grams, end_ns: int, period_ns: float) -> Hop:
        saturated = np.abs(raw) > self._options.capacity_g
        grams = np.where(saturated | self._spikes(raw, following), np.nan, raw)
        usable = np.isfinite(grams)
        count = usable.sum(axis=0)
        enough = 2 * count >= self.hop_samples
        filled = np.where(usable, grams, 0.0)
        divisor = np.maximum(count, 1)
        mean = filled.sum(axis=0) / divisor
        spread = np.sqrt((np.where(usable, grams - mean, 0.0) ** 2).sum(axis=0) / divisor)
        states = self._judge(raw, enough, 2 * saturated.sum(axis=0) >= self.hop_samples, spread)
        valid = enough & np.array([state is SensorState.OK for state in states])
        self._before = raw[-1]
        return Hop(end_ns, period_ns, grams, np.where(enough, mean, np.nan), spread, valid, states)

    def _spikes(self, raw: Grams, following: Grams) -> NDArray[np.bool_]:
        """Lone samples far from both neighbours (median of three, applied to the raw samples)."""
        around = np.concatenate([self._before[None], raw, following[None]])
        before, after = raw - around[:-2], raw - around[2:]
        with np.errstate(invalid="ignore"):
            lone: NDArray[np.bool_] = (np.minimum(np.abs(before), np.abs(after)) > SPIKE_G) & (
                before * after > 0
            )
        return lone

    def _judge(
        self, raw: Grams, enough: NDArray[np.bool_], saturated: NDArray[np.bool_], spread: Grams
    ) -> tuple[SensorState, ...]:
        options = self._options
        same = (raw == raw[0]).all(axis=0) & (raw[0] == self._last_g)
        self._last_g = raw[-1]
        self._frozen_s = np.where(same, self._frozen_s + self._hop_s, 0.0)
        self._missing_s = np.where(enough, 0.0, self._missing_s + self._hop_s)
        loud = spread > options.noisy_g
        self._noisy_s = np.where(
            loud, self._noisy_s + self._hop_s, np.maximum(self._noisy_s - self._hop_s, 0.0)
        )
        return tuple(
            SensorState.SATURATED
            if saturated[i]
            else SensorState.STALE
            if self._missing_s[i] >= options.stale_after_s
            else SensorState.STUCK
            if self._frozen_s[i] >= options.stuck_after_s
            else SensorState.NOISY
            if self._noisy_s[i] >= options.noisy_after_s
            else SensorState.OK
            for i in range(raw.shape[1])
        )
