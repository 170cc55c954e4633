"""Known masses: text, classes, tolerances."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.calibration.refusal import CalibrationRefusedError
from edge.calibration.weights import WeightClass, parse_loads, tolerance_of


@pytest.mark.parametrize(("grams", "weight_class", "milligrams"), [
    (1000, "M1", 50), (1000, "E2", 1.6), (1000, "F1", 5), (1000, "F2", 16), (1000, "M2", 160),
    (1000, "M3", 500), (500, "M1", 25), (200, "F2", 3), (20, "E2", 0.08), (50, "M2", 10),
    (10_000, "M3", 5000), (1, "M1", 1),
])  # fmt: skip
def test_tolerances_are_those_of_r_111(grams: float, weight_class: str, milligrams: float) -> None:
    assert tolerance_of(grams, WeightClass(weight_class)) == pytest.approx(milligrams / 1000)


def test_equal_pieces_are_different_pieces() -> None:
    first, both = parse_loads("2000,2000+2000")
    assert first.weights == both.weights[:1]
    assert [weight.copy for weight in both.weights] == [1, 2]
    assert both.tolerance_g == pytest.approx(0.2)


def test_a_mass_of_no_class_needs_a_tolerance() -> None:
    with pytest.raises(CalibrationRefusedError, match="--tolerance-g"):
        parse_loads("622")
    (load,) = parse_loads("622", tolerance_g=0.5)
    assert (load.nominal_g, load.tolerance_g) == (622.0, 0.5)


@pytest.mark.parametrize(
    "text",
    ["", "1000,", "2000,1000", "1000,1000", "nan", "1e9", "-5", "1000++2", ",".join(map(str, range(1, 12)))],
)
def test_what_is_no_list_of_loads_is_refused(text: str) -> None:
    with pytest.raises(CalibrationRefusedError):
        parse_loads(text, tolerance_g=0.1)


@given(st.text(max_size=30))
def test_any_text_is_loads_or_refused(text: str) -> None:
    try:
        loads = parse_loads(text)
    except CalibrationRefusedError:
        return
    assert loads
    assert all(load.nominal_g > 0 for load in loads)
