"""One rack's way from raw samples to changes of its plates: the stages in their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from edge.config import CalibrationFile, WeightSection
from edge.messages import PlateHealth, SensorState
from edge.samples import (
    CountBlock,
    LinkFault,
    LinkReport,
    PlateChange,
    PlateFault,
    PlateHold,
    PriorLevels,
    RackLayout,
    Recalibration,
    WeightBlock,
)
from edge.weight.calibration import CountsToGrams
from edge.weight.change_detector import ChangeDetector
from edge.weight.conditioning import Conditioner, Stretch

_LINK_STATE = {
    LinkFault.DISCONNECTED: SensorState.DISCONNECTED,
    LinkFault.STALE: SensorState.STALE,
    LinkFault.WRONG_BOARD: SensorState.DISCONNECTED,
}


@dataclass(frozen=True, slots=True)
class RackStep:
    """What one hop brought for one rack. Hops in which nothing happens make no step."""

    now_ns: int  # [ns] mono, last sample used
    changes: tuple[PlateChange, ...] = ()
    faults: tuple[PlateFault, ...] = ()
    recoveries: tuple[PlateFault, ...] = ()  # plates that had such a fault, and are well again
    moving_g: Mapping[str, float] = field(default_factory=dict)  # [g] by plate that still moves


class RackWatch:
    """Calibration, conditioning and change detection of one rack."""

    def __init__(self, rack: RackLayout, options: WeightSection, calibration: CalibrationFile | None) -> None:
        self.layout = rack
        self._to_grams = CountsToGrams(calibration)
        self._conditioner = Conditioner(rack, options)
        self._detector = ChangeDetector(rack, self._conditioner.hop_samples, options)
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new watch."""
        self._to_grams.reset()
        self._conditioner.reset()
        self._detector.reset()
        self._counts = False  # whether the rack reports counts: grams need no calibration
        self._held: set[int] = set()  # columns that somebody calibrates
        self._aside: dict[int, SensorState] = {}  # columns that do not weigh, whatever they report
        self._states = (SensorState.OK,) * len(self.layout.plates)
        self._link: LinkReport | None = None
        self._link_failed: PlateFault | None = None  # what was told of it, until there are readings again
        self._failed: dict[int, SensorState] = {}  # by column, what was told of it, until it is well again
        self._hole_is_known = False  # whether the link's fault said already why readings are missing

    def update(self, block: CountBlock | WeightBlock) -> Iterator[RackStep]:
        """One step for every hop of the block in which something happened."""
        self._link = None
        if self._link_failed is not None:
            yield RackStep(block.mono_ns, recoveries=(replace(self._link_failed, mono_ns=block.mono_ns),))
            self._link_failed = None
        if isinstance(block, CountBlock):
            if not self._counts:
                self._counts = True
                self._set_aside()
            block = self._to_grams.update(block)
        if self._held:
            grams = block.grams.copy()
            grams[:, list(self._held)] = np.nan
            block = replace(block, grams=grams)
        stretch = self._conditioner.update(block)
        if stretch is None:
            return
        faults = self._faults(stretch)
        for detected in self._detector.update(stretch):
            now_ns = int(stretch.end_ns[detected.hop]) + round(stretch.period_ns)
            while faults and faults[0].now_ns < now_ns:
                yield faults.pop(0)
            yield RackStep(now_ns, detected.changes, moving_g=detected.moving_g)
        yield from faults

    def to_grams(self, block: CountBlock | WeightBlock) -> WeightBlock:
        """A block of this rack in grams, by the calibration in force; changes nothing."""
        return self._to_grams.update(block) if isinstance(block, CountBlock) else block

    def link(self, report: LinkReport) -> RackStep:
        """The rack's link went down or came back."""
        went_down = report.fault is not None and self._link is None
        self._link = report if report.fault is not None else None
        self._hole_is_known |= went_down
        if report.fault is None or not went_down:
            return RackStep(report.mono_ns)
        self._link_failed = PlateFault(self.layout.plates, report.mono_ns, report.fault.value)
        return RackStep(report.mono_ns, faults=(self._link_failed,))

    def expect(self, prior: PriorLevels) -> None:
        """Levels stored before the node stopped."""
        columns = {plate: column for column, plate in enumerate(self.layout.plates)}
        known = {columns[plate]: level for plate, level in prior.levels_g.items() if plate in columns}
        self._detector.expect(known, prior.mono_ns)

    def hold(self, hold: PlateHold) -> None:
        """Set a plate of this rack aside, or let it weigh again; either way its level is found anew."""
        column = self.layout.plates.index(hold.plate)
        (self._held.add if hold.held else self._held.discard)(column)
        self._detector.forget(column)
        self._set_aside()

    def recalibrate(self, renewed: Recalibration) -> None:
        """Another calibration of a plate of this rack."""
        column = self.layout.plates.index(renewed.plate)
        self._to_grams.renew(column, renewed.calibration)
        self._detector.forget(column)
        self._set_aside()

    def _set_aside(self) -> None:
        columns = range(len(self.layout.plates))
        unknown = [each for each in columns if self._counts and not self._to_grams.knows(each)]
        self._aside = dict.fromkeys(unknown, SensorState.UNCALIBRATED)
        self._aside |= dict.fromkeys(self._held, SensorState.CALIBRATING)

    def health(self) -> Iterator[PlateHealth]:
        """Every plate as it is now."""
        baseline = self._detector.baseline
        ready, disturbed = baseline.ready, self._detector.disturbed
        for column, plate in enumerate(self.layout.plates):
            state = self._aside.get(column, self._states[column])
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

    def _faults(self, stretch: Stretch) -> list[RackStep]:
        """Sensors that began to fail, or are well again; one report a kind of failure and hop."""
        steps: list[RackStep] = []
        for hop, states in enumerate(stretch.states):
            if states is self._states:
                continue
            begun: dict[SensorState, list[int]] = {}
            over: dict[SensorState, list[int]] = {}
            for column, (before, now) in enumerate(zip(self._states, states, strict=True)):
                if now is SensorState.OK and column in self._failed:
                    over.setdefault(self._failed.pop(column), []).append(column)
                if now is before or now is SensorState.OK or self._hole_is_known or column in self._aside:
                    continue
                begun.setdefault(now, []).append(column)
            self._failed |= {column: state for state, columns in begun.items() for column in columns}
            end_ns = int(stretch.end_ns[hop])
            steps += [RackStep(end_ns, recoveries=(self._fault(*each, end_ns),)) for each in over.items()]
            steps += [RackStep(end_ns, faults=(self._fault(*each, end_ns),)) for each in begun.items()]
            self._states = states
        if SensorState.STALE not in self._states:
            self._hole_is_known = False
        return steps

    def _fault(self, state: SensorState, columns: list[int], mono_ns: int) -> PlateFault:
        return PlateFault(tuple(self.layout.plates[column] for column in columns), mono_ns, state.value)
