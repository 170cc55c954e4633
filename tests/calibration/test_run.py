"""The procedure as it goes: what is asked for, and every reason to refuse a reading."""

from __future__ import annotations

import numpy as np
import pytest
from true_cell import RATE_HZ, TrueCell

from edge.calibration.diagnosis import diagnose
from edge.calibration.reading import Capture
from edge.calibration.refusal import CalibrationRefusedError, RefusalReason
from edge.calibration.run import CalibrationRun
from edge.calibration.steps import StepKind, procedure
from edge.calibration.weights import parse_loads
from edge.config import ChannelCalibration

LOADS = parse_loads("1000,2000")
EARLIER = ChannelCalibration(zero_counts=50_100.0, counts_per_gram=208.0)


def run_on(
    cell: TrueCell, in_force: ChannelCalibration | None = None, *, corners: bool = False
) -> CalibrationRun:
    steps = procedure(LOADS, repeats=1, corner_load=LOADS[0] if corners else None, creep_s=60.0)
    diagnosis = diagnose(cell.capture(seconds=10), nominal_rate_hz=RATE_HZ, e_g=2.0)
    return CalibrationRun(steps, diagnosis=diagnosis, e_g=2.0, in_force=in_force)


def refusal(run: CalibrationRun, capture: Capture) -> CalibrationRefusedError:
    """The refusal, which leaves the step where it was."""
    step, taken = run.step, len(run.taken)
    with pytest.raises(CalibrationRefusedError) as refused:
        run.take(capture)
    assert (run.step, len(run.taken)) == (step, taken)
    return refused.value


def test_loads_go_up_and_down_then_again_then_round_the_corners_then_creep() -> None:
    steps = procedure(parse_loads("1000,2000,1000+2000"), repeats=2, corner_load=LOADS[0], creep_s=1800.0)
    order = [(step.kind.value, step.load.nominal_g) for step in steps]
    assert order == [
        ("zero", 0), ("up", 1000), ("up", 2000), ("up", 3000), ("down", 2000), ("down", 1000), ("zero", 0),
        ("repeat", 3000), ("zero", 0), ("repeat", 3000), ("zero", 0),
        *[("corner", 1000)] * 4, ("zero", 0),
        ("creep_start", 3000), ("creep_end", 3000), ("creep_return", 0),
    ]  # fmt: skip
    assert steps[-2].hold_s == 1800.0
    assert len({step.request for step in steps if step.kind is StepKind.CORNER}) == 4


@pytest.mark.parametrize("in_force", [None, EARLIER])
@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_a_sound_plate_is_refused_nothing(in_force: ChannelCalibration | None, correlation: float) -> None:
    cell = TrueCell(noise_g=0.5, correlation=correlation, sine_g=0.5, placing_g=0.1)
    run = run_on(cell, in_force, corners=True)
    while (step := run.step) is not None:
        run.take(cell.put(step.load))
    assert len(run.taken) == run.steps_total


def test_motion_is_refused_and_the_step_can_be_repeated() -> None:
    cell = TrueCell()
    run = run_on(cell)
    error = refusal(run, cell.capture(moving_g=30.0))
    assert error.reason is RefusalReason.MOTION
    assert "repeat" in error.fix
    run.take(cell.capture())


def test_a_swing_far_below_e_is_no_motion() -> None:
    cell = TrueCell(noise_g=0.01)
    run = run_on(cell, EARLIER)
    run.take(cell.capture(moving_g=0.5))


@pytest.mark.parametrize(("counts", "reason"), [
    (np.array([2**23 - 1] * 100 + [5] * 100), RefusalReason.SATURATED),
    (np.array([*[-(2**23)] * 5, *range(200)]), RefusalReason.SATURATED),
    (np.full(400, 4711), RefusalReason.STUCK),
    (np.array([50_000, 50_007, 2**20 - 1, 50_001] * 100), RefusalReason.MISREAD),
    (np.array([], dtype=int), RefusalReason.LOST_SAMPLES),
    (np.array([50_000, 50_001, 50_002]), RefusalReason.LOST_SAMPLES),
])  # fmt: skip
def test_samples_that_are_none_are_refused(counts: np.ndarray, reason: RefusalReason) -> None:
    run = run_on(TrueCell())
    assert refusal(run, Capture(counts.astype(np.int32), RATE_HZ)).reason is reason


@pytest.mark.parametrize("in_force", [None, EARLIER])
def test_nothing_on_the_plate_is_refused(in_force: ChannelCalibration | None) -> None:
    cell = TrueCell()
    run = run_on(cell, in_force)
    run.take(cell.capture())
    error = refusal(run, cell.capture())
    assert error.reason is RefusalReason.WRONG_MASS
    assert "nothing was put on" in error.what


def test_another_mass_is_refused_by_the_gain_in_force() -> None:
    cell = TrueCell()
    run = run_on(cell, EARLIER)
    run.take(cell.capture())
    error = refusal(run, cell.capture(500.0))
    assert error.reason is RefusalReason.WRONG_MASS
    assert error.found.startswith("about 50")
    assert "--new-cell" in error.fix


def test_another_mass_is_refused_by_the_gain_of_the_loads_before() -> None:
    cell = TrueCell()
    run = run_on(cell)
    run.take(cell.capture())
    run.take(cell.capture(1000.0))
    error = refusal(run, cell.capture(2100.0))
    assert error.reason is RefusalReason.WRONG_MASS
    assert "about 2100 g" in error.found
    run.take(cell.capture(2000.0))


def test_what_was_left_on_the_plate_is_refused() -> None:
    cell = TrueCell()
    run = run_on(cell)
    for mass_g in (0.0, 1000.0, 2000.0, 1000.0):
        run.take(cell.capture(mass_g))
    error = refusal(run, cell.capture(20.0))
    assert (error.reason, error.what) == (RefusalReason.WRONG_MASS, "the plate is not empty")


def test_a_plate_that_is_off_in_a_corner_is_for_the_verdict_to_judge() -> None:
    cell = TrueCell()
    run = run_on(cell, corners=True)
    for mass_g in (0.0, 1000.0, 2000.0, 1000.0, 0.0, 2000.0, 0.0, 950.0):
        run.take(cell.capture(mass_g))
    assert refusal(run, cell.capture(500.0)).reason is RefusalReason.WRONG_MASS


@pytest.mark.parametrize(("gain", "in_force"), [
    (-210.0, None), (-210.0, EARLIER), (210.0, ChannelCalibration(zero_counts=5e4, counts_per_gram=-208.0)),
])  # fmt: skip
def test_a_reversed_cell_is_refused_until_the_flip_is_agreed_to(
    gain: float, in_force: ChannelCalibration | None
) -> None:
    cell = TrueCell(counts_per_gram=gain)
    run = run_on(cell, in_force)
    run.take(cell.capture())
    error = refusal(run, cell.capture(1000.0))
    assert error.reason is RefusalReason.REVERSED
    assert "--flip" in error.fix
    run.flipped = True
    run.take(cell.capture(1000.0))


def test_a_cell_that_always_was_reversed_needs_no_flip() -> None:
    cell = TrueCell(counts_per_gram=-210.0)
    run = run_on(cell, ChannelCalibration(zero_counts=5e4, counts_per_gram=-208.0))
    run.take(cell.capture())
    run.take(cell.capture(1000.0))


def test_a_gain_of_no_scale_is_refused() -> None:
    cell = TrueCell(counts_per_gram=0.006, noise_g=100.0)
    run = run_on(cell)
    run.take(cell.capture())
    error = refusal(run, cell.capture(1000.0))
    assert error.reason is RefusalReason.ABSURD_GAIN
    assert "0.01 to 1e+06" in error.expected
