"""From blocks of any length to hops of equal length, with a typed state for every plate.

A *hop* is the grid on which levels are judged: ``hop_s`` of samples. It starts at every multiple of the hop
length since the first sample, so that how the samples were cut into blocks makes no difference. What is
refused, and how a sensor's state is judged, is in ``kernel/conditioning.c``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.config import WeightSection
from edge.messages import SensorState
from edge.samples import NS_PER_S, Grams, RackLayout, WeightBlock
from edge.weight.kernel.library import kernel, names, pointer, structure

HOLE_S = 0.5
"""[s] Blocks may be dated with so much jitter; a longer delay is a hole."""

ON_GRID_NS = 1000
"""[ns] A block that begins so near to where the one before it ends is dated by the same clock: samples are
counted on, so that how they are cut does not even move them by a rounding."""

States = tuple[SensorState, ...]

_STATES = {code: SensorState[name.removeprefix("SENSOR_")] for code, name in names("sensor_state").items()}


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Some hops of one rack. Plates with too few usable samples have the mean NaN."""

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
        self._all_ok: States = (SensorState.OK,) * len(rack.plates)
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new conditioner."""
        plates, options = len(self._rack.plates), self._options
        self._pending = np.empty((0, plates))
        self._origin_ns = 0  # [ns] from which samples are counted
        self._counted = 0  # [samples] since
        self._period_ns = 0.0  # [ns] between them
        self._conditioning = structure(
            "conditioning",
            plates=plates,
            hop_samples=self.hop_samples,
            hop_s=self.hop_samples / self._rack.rate_hz,
            capacity_g=options.capacity_g,
            stale_after_s=options.stale_after_s,
            # A coarse scale at rest repeats itself for hours: nothing tells that from a stuck one.
            stuck_after_s=math.inf if self._rack.resolution_g else options.stuck_after_s,
            noisy_g=options.noisy_g,
            noisy_after_s=options.noisy_after_s,
            before_g=np.full(plates, np.nan),
            constant_hops=np.zeros(plates, np.int64),
            missing_hops=np.zeros(plates, np.int64),
            patchy_s=np.zeros(plates),
            loud_s=np.zeros(plates),
            refused=np.zeros(self.hop_samples, np.bool_),
        )

    def update(self, block: WeightBlock) -> Stretch | None:
        """Hops completed by ``block``; the newest sample waits for its successor."""
        samples = np.concatenate([*self._hole(block), block.grams])
        self._counted += len(block.grams)
        hops = (samples.shape[0] - 1) // self.hop_samples
        if hops <= 0:
            self._pending = samples
            return None
        used = hops * self.hop_samples
        self._pending = samples[used:].copy()
        behind = samples.shape[0] - self.hop_samples * np.arange(1, hops + 1)  # samples after each hop's last
        end_ns = self._origin_ns + np.rint((self._counted - 1 - behind) * self._period_ns).astype(np.int64)
        shape = (hops, samples.shape[1])
        mean_g, spread_g = np.empty(shape), np.empty(shape)
        valid, codes = np.empty(shape, np.bool_), np.empty(shape, np.uint8)
        # The samples are this stage's own copy: what is refused becomes NaN in it.
        kernel.condition(
            self._conditioning, pointer(samples), hops,
            pointer(mean_g), pointer(spread_g), pointer(valid), pointer(codes),
        )  # fmt: skip
        grams = samples[:used].reshape(hops, self.hop_samples, shape[1])
        return Stretch(end_ns, block.period_ns, grams, mean_g, spread_g, valid, self._states(codes))

    def _hole(self, block: WeightBlock) -> list[Grams]:
        """What waits from before the block, and NaN for what is missing in between.

        Sequence numbers count what was lost on the way; a hole in time that they do not explain is a link
        that was down, or a board that restarted.
        """
        due_ns = self._origin_ns + round(self._counted * self._period_ns)
        late_s = (block.mono_ns - due_ns) / NS_PER_S if self._period_ns else 0.0
        lost = max(block.lost_before, round(late_s * self._rack.rate_hz) if late_s > HOLE_S else 0)
        if lost or block.period_ns != self._period_ns or abs(block.mono_ns - due_ns) > ON_GRID_NS:
            self._origin_ns, self._counted, self._period_ns = block.mono_ns, 0, block.period_ns
        if not lost:
            return [self._pending]
        # A longer hole needs no more NaN than it takes to call every plate stale; the grid starts anew.
        most = int((self._options.stale_after_s + 1.0) * self._rack.rate_hz)
        missing = np.full((min(lost, most), block.grams.shape[1]), np.nan)
        return [missing] if lost > most else [self._pending, missing]

    def _states(self, codes: NDArray[np.uint8]) -> tuple[States, ...]:
        """[hop] one state a plate; hops that are alike share theirs."""
        if not codes.any():
            return (self._all_ok,) * len(codes)
        known = {bytes(len(self._all_ok)): self._all_ok}
        for row in codes:
            if row.tobytes() not in known:
                known[row.tobytes()] = tuple(_STATES[code] for code in row.tolist())
        return tuple(known[row.tobytes()] for row in codes)
