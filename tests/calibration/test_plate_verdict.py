"""Limits and comparisons."""

from __future__ import annotations

import pytest
from true_cell import TrueCell

from edge.calibration.fit import FitPoint, fit_line
from edge.calibration.gain import implied_capacity
from edge.calibration.limits import AccuracyClass, Limits
from edge.calibration.reading import Reading, read
from edge.calibration.run import Taken
from edge.calibration.steps import Step, procedure
from edge.calibration.verdict import Check, CheckKind, check_errors, check_means
from edge.calibration.weights import parse_loads
from edge.config import ChannelCalibration

LOADS = parse_loads("1000,2000")
TRUE = ChannelCalibration(zero_counts=50_000.0, counts_per_gram=210.0)


def shown(*off_g: float) -> tuple[list[Taken], list[Step]]:
    """Readings of a whole procedure that are off by so much, in grams; the rest are right."""
    steps = list(procedure(LOADS, repeats=2, corner_load=LOADS[0], creep_s=1800.0))
    errors = [*off_g, *[0.0] * (len(steps) - len(off_g))]
    readings = [
        50_000.0 + 210.0 * (step.load.nominal_g + off) for step, off in zip(steps, errors, strict=True)
    ]
    return [
        Taken(s, Reading(c, 1.0, 9.0, 9.0, 5.0, 400)) for s, c in zip(steps, readings, strict=True)
    ], steps


def failed(checks: tuple[Check, ...]) -> list[tuple[CheckKind, float]]:
    return [(check.kind, check.found) for check in checks if not check.passed]


@pytest.mark.parametrize(("accuracy_class", "load_e", "mpe_e"), [
    ("I", 50_000, 0.5), ("I", 50_001, 1), ("I", 200_001, 1.5),
    ("II", 5_000, 0.5), ("II", 5_001, 1), ("II", 20_001, 1.5),
    ("III", 0, 0.5), ("III", 500, 0.5), ("III", 501, 1), ("III", 2_000, 1), ("III", 2_001, 1.5),
    ("IIII", 50, 0.5), ("IIII", 51, 1), ("IIII", 200, 1), ("IIII", 201, 1.5),
])  # fmt: skip
def test_permissible_errors_are_those_of_r_76(accuracy_class: str, load_e: float, mpe_e: float) -> None:
    limits = Limits(AccuracyClass(accuracy_class), e_g=5.0)
    assert limits.mpe_g(load_e * 5.0) == mpe_e * 5.0


def test_a_true_plate_keeps_every_limit() -> None:
    taken, _ = shown()
    checks = check_errors(taken, TRUE, Limits())
    assert failed(checks) == []
    assert {check.kind for check in checks} == {
        CheckKind.ERROR, CheckKind.HYSTERESIS, CheckKind.REPEATABILITY, CheckKind.CORNER, CheckKind.CREEP,
        CheckKind.ZERO_RETURN,
    }  # fmt: skip


def test_a_wrong_gain_shows_at_the_loads_it_spoils() -> None:
    taken, _ = shown()
    off = ChannelCalibration(zero_counts=99_999.0, counts_per_gram=210.0 * 1.0012)
    errors = [check for check in check_errors(taken, off, Limits()) if check.kind is CheckKind.ERROR]
    assert {(check.load_g, check.passed) for check in errors} == {
        (0.0, True),
        (1000.0, False),
        (2000.0, False),
    }
    # A wrong zero is no error of a shelf that weighs changes.
    assert errors[0].found == pytest.approx(-1.2, abs=0.01)


# Steps: 0 zero, 1 up 1000, 2 up 2000, 3 down 1000, 4 zero, 5 repeat, 6 zero, 7 repeat, 8 zero, 9-12 corners,
# 13 zero, 14-16 creep start, end, return.
@pytest.mark.parametrize(("step", "off_g", "kind"), [
    (2, 2.5, CheckKind.ERROR), (3, 0.9, None), (3, 1.5, CheckKind.HYSTERESIS),
    (7, 2.5, CheckKind.REPEATABILITY), (10, -1.1, CheckKind.CORNER), (15, 1.2, CheckKind.CREEP),
    (16, -1.2, CheckKind.ZERO_RETURN), (15, 0.9, None),
])  # fmt: skip
def test_each_fault_of_a_plate_misses_its_own_limit(step: int, off_g: float, kind: CheckKind | None) -> None:
    taken, steps = shown(*[0.0] * step, off_g)
    assert len(steps) == 17
    missed = failed(check_errors(taken, TRUE, Limits()))
    assert (kind in [each for each, _ in missed]) if kind else missed == []


def test_weights_uncertainty_and_class_must_suit_the_plate() -> None:
    cell = TrueCell(noise_g=0.3)
    steps = procedure(parse_loads("1000,2000", tolerance_g=3.0))
    taken = [Taken(step, read(cell.put(step.load))) for step in steps]
    fit = fit_line([FitPoint(each.step.load, each.reading) for each in taken])
    checks = tuple(check_means(fit, taken, Limits(AccuracyClass.ORDINARY, 5.0, 20_000.0), None))
    missed = dict(failed(checks))
    assert missed[CheckKind.WEIGHTS] == 3.0
    assert missed[CheckKind.INTERVALS] == 4000
    assert missed[CheckKind.UNCERTAINTY] > 2.5


@pytest.mark.parametrize(("zero_counts", "gain", "missed"), [
    (0.0, 210.0, None), (7e6, 210.0, CheckKind.CONVERTER), (-7e6, -210.0, CheckKind.CONVERTER),
    (0.0, 500.0, CheckKind.CELL), (0.0, 1.0, CheckKind.CELL),
])  # fmt: skip
def test_the_implied_cell_must_bear_the_plate(
    zero_counts: float, gain: float, missed: CheckKind | None
) -> None:
    taken, _ = shown()
    fit = fit_line([FitPoint(t.step.load, t.reading) for t in taken if t.step.kind.serves_the_fit])
    implied = implied_capacity(zero_counts=zero_counts, counts_per_gram=gain)
    kinds = [kind for kind, _ in failed(tuple(check_means(fit, taken, Limits(), implied)))]
    assert (missed in kinds) if missed else kinds == []
