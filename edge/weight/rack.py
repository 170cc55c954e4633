"""One rack's way from raw samples to settled changes: the stages in their order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edge.config import CalibrationFile, WeightSection
from edge.messages import PlateHealth, SensorState
from edge.samples import (
    ChangeKind,
    CountBlock,
    LinkFault,
    LinkReport,
    PriorLevels,
    RackLayout,
    WeightBlock,
    WeightChange,
)
from edge.weight.calibration import CountsToGrams
from edge.weight.change_detector import ChangeDetector
from edge.weight.conditioning import Conditioner, Hop
from edge.weight.shelf_change import ShelfChanges

_LINK_STATE = {
    LinkFault.DISCONNECTED: SensorState.DISCONNECTED,
    LinkFault.STALE: SensorState.STALE,
    LinkFault.WRONG_BOARD: SensorState.DISCONNECTED,
}


class RackWatch:
    """Calibration, conditioning, change detection and joining of one rack."""

    def __init__(self, rack: RackLayout, options: WeightSection, calibration: CalibrationFile | None) -> None:
        self.layout = rack
        self._to_grams = CountsToGrams(calibration) if calibration is not None else None
        self._conditioner = Conditioner(rack, options)
        self._detector = ChangeDetector(rack, self._conditioner.hop_samples, options)
        self._shelves = ShelfChanges(rack, options)
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new watch."""
        self._conditioner.reset()
        self._detector.reset()
        self._shelves.reset()
        self._states = (SensorState.OK,) * len(self.layout.plates)
        self._link: LinkReport | None = None

    def update(self, block: CountBlock | WeightBlock) -> Iterator[WeightChange]:
        """Changes and faults that the block completes."""
        self._link = None
        if isinstance(block, CountBlock):
            if self._to_grams is None:
                self._states = (SensorState.UNCALIBRATED,) * len(self.layout.plates)
                return
            block = self._to_grams.update(block)
        for hop in self._conditioner.update(block):
            yield from self._faults(hop)
            ended = self._detector.update(hop)
            yield from self._shelves.update(ended, self._detector, hop.end_ns)

    def link(self, report: LinkReport) -> Iterator[WeightChange]:
        """The rack's link went down or came back."""
        if report.fault is not None and self._link is None:
            yield self._fault(self.layout.plates, report.mono_ns, report.fault.value)
        self._link = report if report.fault is not None else None

    def expect(self, prior: PriorLevels) -> None:
        """Levels stored before the node stopped."""
        columns = {plate: column for column, plate in enumerate(self.layout.plates)}
        known = {columns[plate]: level for plate, level in prior.levels_g.items() if plate in columns}
        self._detector.expect(known, prior.mono_ns)

    def flush(self) -> list[WeightChange]:
        """Close what waits for neighbours only."""
        return self._shelves.flush()

    def health(self) -> Iterator[PlateHealth]:
        """Every plate as it is now."""
        baseline = self._detector.baseline
        ready, disturbed = baseline.ready, self._detector.disturbed
        for column, plate in enumerate(self.layout.plates):
            state = self._states[column]
            if self._link is not None and self._link.fault is not None:
                state = _LINK_STATE[self._link.fault]
            level = float(baseline.level_g[column])
            yield PlateHealth(
                plate=plate,
                state=state,
                level_g=round(level, 2) if np.isfinite(level) else 0.0,
                noise_g=round(float(baseline.noise_g[column]), 3),
                settled=bool(ready[column]) and column not in disturbed,
            )

    def _faults(self, hop: Hop) -> Iterator[WeightChange]:
        """Sensors that began to fail with this hop, one report a kind of failure."""
        begun: dict[SensorState, list[str]] = {}
        for plate, before, now in zip(self.layout.plates, self._states, hop.states, strict=True):
            if now is not before and now is not SensorState.OK:
                begun.setdefault(now, []).append(plate)
        self._states = hop.states
        for state, plates in begun.items():
            yield self._fault(tuple(plates), hop.end_ns, state.value)

    def _fault(self, plates: tuple[str, ...], mono_ns: int, reason: str) -> WeightChange:
        nothing = np.zeros(len(plates))
        return WeightChange(
            ChangeKind.SENSOR_FAULT, plates, nothing, nothing, mono_ns, mono_ns, mono_ns, reason
        )
