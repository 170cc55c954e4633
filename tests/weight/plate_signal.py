"""What plates show, written down: quiet, walking, steps, presses; and what a rack's watch says to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from edge.config import CalibrationFile, WeightSection
from edge.samples import ChangeKind, CountBlock, Grams, PlateChange, PlateFault, RackLayout, WeightBlock
from edge.weight.rack import RackWatch
from tools.store_simulator.forces import Footstep
from tools.store_simulator.load_cell.noise import CellNoise
from tools.store_simulator.rack import Rack

RATE_HZ = 80.0
PERIOD_NS = 1e9 / RATE_HZ
START_NS = 5_000_000_000
PLATES = ("1/1/1", "1/1/2", "1/1/3", "1/1/4")
LOAD_G = 2500.0  # [g] what stands on every plate at second 0

RACK = RackLayout("rack", PLATES, RATE_HZ)


def at_s(seconds: float) -> Grams:
    """[n] time of every sample."""
    return np.arange(round(seconds * RATE_HZ)) / RATE_HZ


def quiet(seconds: float, seed: int = 1, noise_g: float = 0.5) -> Grams:
    """[n, plate] g of loaded plates that nobody touches."""
    rng = np.random.default_rng(seed)
    return LOAD_G + rng.normal(0.0, noise_g, (round(seconds * RATE_HZ), len(PLATES)))


def walking(seconds: float, seed: int = 1) -> Grams:
    """[n, plate] g while somebody walks up and down before the simulator's rack."""
    rng = np.random.default_rng(seed)
    rack = Rack(PLATES, np.full(len(PLATES), LOAD_G), np.random.default_rng([seed, 1]))
    cells = CellNoise(len(PLATES), np.random.default_rng(7), rng)
    step_s = 0.0
    while step_s < seconds:
        rack.act(Footstep(step_s, float(rng.lognormal(1.2, 0.7))))
        step_s += float(rng.normal(0.55, 0.06))
    when_s = at_s(seconds)
    return cells.update(rack.load_g(when_s), when_s)


def moved(seconds: float, knots: Sequence[tuple[float, float]]) -> Grams:
    """[n] g of a force that is linear between its knots (s, g) and stays at its last."""
    knots_s, knots_g = zip(*knots, strict=True)
    return np.interp(at_s(seconds), knots_s, knots_g)


def taken(seconds: float, when_s: float, delta_g: float, over_s: float = 0.1) -> Grams:
    """[n] g of a load that comes or goes for good."""
    return moved(seconds, [(when_s, 0.0), (when_s + over_s, delta_g)])


def ringing(seconds: float, when_s: float, size_g: float, hertz: float = 8.0, decay_s: float = 0.3) -> Grams:
    """[n] g of a knock that dies out."""
    since = np.maximum(at_s(seconds) - when_s, 0.0)
    return size_g * np.exp(-since / decay_s) * np.sin(2 * np.pi * hertz * since)


def blocks(grams: Grams, *, first: int = 0, lost_before: int = 0, size: int = 8) -> list[WeightBlock]:
    """Samples as blocks; ``first`` is the number of their first sample on the board's clock."""
    return [
        WeightBlock(
            RACK.rack,
            START_NS + round((first + start) * PERIOD_NS),
            PERIOD_NS,
            grams[start : start + size],
            lost_before if start == 0 else 0,
        )
        for start in range(0, len(grams), size)
    ]


def with_hole(grams: Grams, from_s: float, to_s: float, *, counted: bool = True) -> list[WeightBlock]:
    """Blocks without those of a stretch; ``counted`` if sequence numbers tell how many were lost."""
    start, end = round(from_s * RATE_HZ), round(to_s * RATE_HZ)
    return [
        *blocks(grams[:start]),
        *blocks(grams[end:], first=end, lost_before=end - start if counted else 0),
    ]


@dataclass(frozen=True)
class Seen:
    """Everything that a watch said."""

    watch: RackWatch
    results: tuple[PlateChange, ...]
    faults: tuple[PlateFault, ...]

    @property
    def changes(self) -> list[PlateChange]:
        """Goods that came or went."""
        return [each for each in self.results if each.kind is ChangeKind.CHANGE]

    def of_kind(self, kind: ChangeKind) -> list[PlateChange]:
        return [each for each in self.results if each.kind is kind]

    def state(self, plate: str) -> str:
        return next(each.state.value for each in self.watch.health() if each.plate == plate)


def see(
    stream: Grams | Iterable[WeightBlock | CountBlock],
    *,
    options: WeightSection | None = None,
    calibration: CalibrationFile | None = None,
    rack: RackLayout = RACK,
    watch: RackWatch | None = None,
) -> Seen:
    """Let a rack's watch see grams or blocks."""
    watch = watch or RackWatch(rack, options or WeightSection(), calibration)
    arrived = blocks(stream) if isinstance(stream, np.ndarray) else stream
    steps = [step for block in arrived for step in watch.update(block)]
    return Seen(
        watch,
        tuple(change for step in steps for change in step.changes),
        tuple(fault for step in steps for fault in step.faults),
    )


def seconds_of(mono_ns: int) -> float:
    """Time since the first sample."""
    return (mono_ns - START_NS) / 1e9
