"""A simulated store as a case: what its boards, its tracker and its gate say, as a recorder would hear it.

The same world as behind ptys, with no process and no clock: it can be recorded, or replayed at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from edge.config import CalibrationFile, ViewCalibration
from edge.messages import GateEvent
from edge.planogram import Catalogue, Planogram
from edge.recording.case import REPLAY_BOOT, CaseInput, CaseSetup, NodeSetup
from edge.samples import NS_PER_S, CountBlock, Frame, RackLayout, UtcReading
from tools.packaging.lens import decoded
from tools.store_simulator.camera.crew import Crew
from tools.store_simulator.camera.view_file import view_entry
from tools.store_simulator.faults import Troubles
from tools.store_simulator.layout import StoreLayout
from tools.store_simulator.load_cell.misreads import MISREAD_SHARE
from tools.store_simulator.rack_signal import BLOCK_SAMPLES, RackSignal, RackSpec
from tools.store_simulator.shoppers import Behaviour
from tools.store_simulator.tracker import FRAME_S, LATE_S, Tracker
from tools.store_simulator.truth import Truth
from tools.store_simulator.world import FaultComing, ForceComing, GatePassed, GoodsMoved, World

SECOND_0_UTC = 1_767_225_600.0
"""[s] epoch time at which the simulated store is switched on: the first of January 2026."""

OPEN_AFTER_S, LAST_SECONDS_S = 3.0, 6.0
"""[s] before the first shopper and after the last one: levels are learned, late tracks come in."""

STEP_S = 0.1
"""[s] of the world's time between two looks at what has arrived."""


@dataclass(frozen=True, slots=True)
class SimulatedRack:
    """One rack, and the board that samples it."""

    node: str
    layout: RackLayout
    calibration: CalibrationFile  # names the board


class SimulatedCase:
    """A stretch of one simulated store's life. Equal arguments give equal inputs.

    Args:
        name: of the case.
        planogram: what stands where.
        catalogue: its goods.
        racks: all plates of the store, once.
        behaviour: how people shop.
        seed: decides everything that is left to chance.
        shoppers: how many may be inside at a time.
        for_s: how long it lasts.
        troubles: how often sensors fail.
        misread_share: [1] of readings that are bad.
        rate_error_ppm: of all boards' clocks; ``None``: as boards have it.
        filmed: whether every rack has a camera, of its name.

    Attributes:
        truth: what really happened, complete when :meth:`inputs` has ended.
    """

    def __init__(
        self,
        name: str,
        planogram: Planogram,
        catalogue: Catalogue,
        racks: tuple[SimulatedRack, ...],
        behaviour: Behaviour,
        *,
        seed: int,
        shoppers: int,
        for_s: float,
        troubles: Troubles | None = None,
        misread_share: float = MISREAD_SHARE,
        rate_error_ppm: float | None = None,
        filmed: bool = False,
    ) -> None:
        self._racks = {each.layout.rack: each for each in racks}
        self._layout = StoreLayout(
            planogram, catalogue, {rack: each.layout.plates for rack, each in self._racks.items()}
        )
        self._behaviour, self._troubles = behaviour, troubles
        self._seed, self._shoppers, self._for_s = seed, shoppers, for_s
        self._misread_share, self._rate_error_ppm = misread_share, rate_error_ppm
        self._filmed = filmed
        cameras = Crew(self._layout, {}, seed=seed).cameras if filmed else {}
        views = {
            name: ViewCalibration(camera=name, view=view_entry(each.viewpoint))
            for name, each in cameras.items()
        }
        self.setup = CaseSetup.of(name, _nodes(self._racks, views), catalogue, planogram)
        self.truth = Truth()

    def inputs(self) -> Iterator[CaseInput]:
        """See :class:`edge.recording.case.Case`."""
        self.truth = Truth()
        world = World(
            self._layout,
            self._behaviour,
            seed=self._seed,
            shoppers=self._shoppers,
            troubles=self._troubles,
        )
        boards = {rack: self._switch_on(number, rack, world) for number, rack in enumerate(self._racks)}
        tracker = Tracker(np.random.default_rng([self._seed, 3]))
        crew = Crew(self._layout, world.standing_at_first, seed=self._seed) if self._filmed else None
        world.open_doors(OPEN_AFTER_S, self._for_s - LAST_SECONDS_S)
        for node in self.setup.nodes:
            yield node, UtcReading(mono_ns=0, utc_s=SECOND_0_UTC, synchronized=True)
        frames = 0
        for step in range(1, math.ceil(self._for_s / STEP_S) + 1):
            now_s = step * STEP_S
            for _, happening in world.advance(now_s):
                match happening:
                    case ForceComing():
                        boards[happening.rack].signal.act(happening.force)
                        continue
                    case FaultComing():
                        boards[happening.rack].signal.act(happening.fault)
                    case GatePassed(visit, direction, at_s):
                        gate = GateEvent(visit=visit, direction=direction, t=round(SECOND_0_UTC + at_s, 4))
                        yield None, gate
                    case GoodsMoved(_, handling) if crew is not None:
                        crew.update(handling)
                self.truth.note(happening, self._layout.racks, SECOND_0_UTC)
            for rack, board in boards.items():
                for block in board.blocks(rack, now_s):
                    yield self._racks[rack].node, block
            for shot in crew.due(now_s, world.inside(now_s)) if crew is not None else ():
                picture = Frame(shot.camera, round(shot.at_s * NS_PER_S), decoded(shot.jpeg), shot.jpeg)
                yield self._racks[shot.rack].node, picture
            while frames * FRAME_S + LATE_S <= now_s:
                seen_s = frames * FRAME_S
                bodies = [(visit.visit, visit.body) for visit in world.inside(seen_s)]
                yield None, tracker.frame(bodies, seen_s, SECOND_0_UTC + seen_s)
                frames += 1

    def _switch_on(self, number: int, rack: str, world: World) -> _Board:
        """A board that is powered up some moment of the first tenth of a second."""
        simulated = self._racks[rack]
        standing, announced = world.rack_at(rack, 0.0)
        signal = RackSignal(
            RackSpec(
                board_id=simulated.calibration.board_id,
                rate_hz=simulated.layout.rate_hz,
                plates=simulated.layout.plates,
                standing=standing,
                forces=announced,
                seed=(self._seed, number),
                misread_share=self._misread_share,
                rate_error_ppm=self._rate_error_ppm,
            )
        )
        signal.power_up_s = float(np.random.default_rng([self._seed, 5, number]).uniform(0, STEP_S))
        return _Board(signal)


class _Board:
    """Sends blocks when they are full, and counts what it drops."""

    def __init__(self, signal: RackSignal) -> None:
        self.signal = signal
        self._sample = 0  # number of the next one

    def blocks(self, rack: str, now_s: float) -> Iterator[CountBlock]:
        """Blocks that have become full by now."""
        period_s = self.signal.clock.period_s
        while True:
            dropped = self.signal.dropped(self._sample)
            self._sample += dropped
            first_s = self.signal.power_up_s + self._sample * period_s
            if first_s + BLOCK_SAMPLES * period_s > now_s and not dropped:
                return
            yield CountBlock(
                rack=rack,
                mono_ns=round(first_s * NS_PER_S),
                period_ns=period_s * NS_PER_S,
                counts=self.signal.block(self._sample),
                lost_before=dropped,
            )
            self._sample += BLOCK_SAMPLES


def _nodes(racks: Mapping[str, SimulatedRack], views: Mapping[str, ViewCalibration]) -> dict[str, NodeSetup]:
    names = dict.fromkeys(each.node for each in racks.values())
    return {
        name: NodeSetup(
            boot=REPLAY_BOOT,
            racks=tuple(each.layout for each in racks.values() if each.node == name),
            calibrations={rack: each.calibration for rack, each in racks.items() if each.node == name},
            views={rack: views[rack] for rack, each in racks.items() if each.node == name and rack in views},
        )
        for name in names
    }
