"""Plates that are set aside: no changes, no faults, a typed state, and a new level when they are back."""

from __future__ import annotations

import numpy as np

from edge.config import CalibrationFile, ChannelCalibration, WeightSection
from edge.messages import SensorState
from edge.samples import CountBlock, PlateHold, RackLayout, Recalibration
from edge.weight.rack import RackStep, RackWatch

PERIOD_NS = 12_500_000
RACK = RackLayout("rack", ("r/1/1", "r/1/2", "r/1/3"), 80.0)
GAIN, ZERO = 210.0, 5_000.0
KNOWN = ChannelCalibration(zero_counts=ZERO, counts_per_gram=GAIN)


class Shelf:
    """A rack under watch, some seconds at a time."""

    def __init__(self, *channels: ChannelCalibration | None) -> None:
        calibration = CalibrationFile(board_id="b", date="d", channels=channels) if channels else None
        self.watch = RackWatch(RACK, WeightSection(), calibration)
        self.loads_g = np.array([1000.0, 1000.0, 1000.0])
        self._rng = np.random.default_rng(5)
        self._sample = 0

    @property
    def now_ns(self) -> int:
        return self._sample * PERIOD_NS

    def run(self, seconds: float) -> list[RackStep]:
        """What the watch says of the next seconds."""
        steps: list[RackStep] = []
        for _ in range(round(10 * seconds)):
            grams = self.loads_g + self._rng.normal(0, 0.4, (8, 3))
            counts = np.round(ZERO + GAIN * grams).astype(np.int32)
            steps += self.watch.update(CountBlock("rack", self.now_ns, float(PERIOD_NS), counts))
            self._sample += 8
        return [step for step in steps if step.changes or step.faults]

    def hold(self, column: int, *, held: bool) -> None:
        self.watch.hold(PlateHold(RACK.plates[column], self.now_ns, held))

    def states(self) -> list[SensorState]:
        return [health.state for health in self.watch.health()]


OK, CALIBRATING, UNCALIBRATED = SensorState.OK, SensorState.CALIBRATING, SensorState.UNCALIBRATED


def test_a_held_plate_says_nothing_and_its_neighbours_go_on() -> None:
    shelf = Shelf(KNOWN, KNOWN, KNOWN)
    assert shelf.run(4) == []
    shelf.hold(0, held=True)
    assert shelf.states() == [CALIBRATING, OK, OK]
    assert shelf.run(3) == []
    shelf.loads_g -= [1000.0, 400.0, 0.0]
    (step,) = shelf.run(4)
    assert [change.plate for change in step.changes] == ["r/1/2"]
    assert round(step.changes[0].delta_g) == -400
    assert shelf.states() == [CALIBRATING, OK, OK]


def test_a_plate_that_is_back_starts_from_its_new_level() -> None:
    shelf = Shelf(KNOWN, KNOWN, KNOWN)
    shelf.run(4)
    shelf.hold(0, held=True)
    shelf.loads_g[0] = 0.0
    shelf.run(8)
    shelf.hold(0, held=False)
    assert shelf.run(4) == []
    assert shelf.states() == [OK, OK, OK]
    assert abs(next(shelf.watch.health()).level_g) < 1.0
    shelf.loads_g[0] = 622.0
    (step,) = shelf.run(4)
    assert round(step.changes[0].delta_g) == 622


def test_what_was_in_the_middle_of_something_is_dropped() -> None:
    shelf = Shelf(KNOWN, KNOWN, KNOWN)
    shelf.run(4)
    shelf.loads_g[0] = 300.0
    shelf.run(0.1)
    shelf.hold(0, held=True)
    assert shelf.run(3) == []


def test_a_new_calibration_is_no_change_of_weight() -> None:
    shelf = Shelf(ChannelCalibration(zero_counts=ZERO, counts_per_gram=-2 * GAIN), KNOWN, KNOWN)
    shelf.run(4)
    shelf.watch.recalibrate(Recalibration("r/1/1", shelf.now_ns, KNOWN))
    assert shelf.run(4) == []
    assert abs(next(shelf.watch.health()).level_g - 1000.0) < 1.0


def test_a_channel_that_nobody_calibrated_is_typed_and_silent_until_somebody_does() -> None:
    shelf = Shelf(KNOWN, None)
    assert shelf.run(4) == []
    assert shelf.states() == [OK, UNCALIBRATED, UNCALIBRATED]
    shelf.loads_g[1] = 0.0
    assert shelf.run(3) == []
    shelf.watch.recalibrate(Recalibration("r/1/3", shelf.now_ns, KNOWN))
    shelf.run(4)
    assert shelf.states() == [OK, UNCALIBRATED, OK]


def test_a_rack_without_any_calibration_can_be_held_and_calibrated() -> None:
    shelf = Shelf()
    shelf.run(2)
    assert shelf.states() == [UNCALIBRATED] * 3
    shelf.hold(1, held=True)
    assert shelf.states() == [UNCALIBRATED, CALIBRATING, UNCALIBRATED]
    shelf.watch.recalibrate(Recalibration("r/1/2", shelf.now_ns, KNOWN))
    shelf.hold(1, held=False)
    assert shelf.run(4) == []
    assert shelf.states() == [UNCALIBRATED, OK, UNCALIBRATED]


def test_reset_forgets_holds_and_new_calibrations() -> None:
    shelf = Shelf(KNOWN, None)
    shelf.hold(0, held=True)
    shelf.watch.recalibrate(Recalibration("r/1/2", shelf.now_ns, KNOWN))
    shelf.watch.reset()
    shelf.run(4)
    assert shelf.states() == [OK, UNCALIBRATED, UNCALIBRATED]
