"""Drawings: what lies where, what is said of it, and that nothing in them is markup of somebody else."""

from __future__ import annotations

from itertools import pairwise
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.aggregator.transparency.calibration import (
    Checked,
    point_at,
    reliability,
    risk_coverage,
    threshold_for,
)
from edge.aggregator.web.drawing.plot import Plot, Scale, signed, spread
from edge.aggregator.web.drawing.reliability import nines, reliability_plot
from edge.aggregator.web.drawing.resting_level import resting_level
from edge.aggregator.web.drawing.risk_coverage import risk_coverage_plot
from edge.aggregator.web.drawing.weight_trace import Measured, change_of, weight_trace
from edge.messages import PlateTrace

T = 1_700_000_000.0


def elements(markup: str, tag: str, kind: str) -> list:
    return [each for each in fromstring(markup).iter(tag) if kind in each.get("class", "").split()]


def words(markup: str) -> set[str]:
    return {each.text for each in fromstring(markup).iter("text")}


def step(delta_g: float, plate: str = "wall/1/1", level_g: float = 1000.0) -> PlateTrace:
    """4 s around an event at T, without noise."""
    return PlateTrace(plate, T - 2, 0.05, (level_g,) * 40 + (level_g + delta_g,) * 40)


# --- frame --------------------------------------------------------------------------------------------


@given(
    low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6), most=st.integers(2, 10),
)  # fmt: skip
def test_ticks_are_round_few_and_within(low, span, most):
    ticks = Scale(low, low + span, 0, 100).ticks(most)
    assert len(ticks) <= most + 1
    assert all(low - 1e-6 * span <= tick <= low + span * (1 + 1e-6) for tick in ticks)
    assert list(ticks) == sorted(set(ticks))


@given(wanted=st.lists(st.floats(0, 300), max_size=12), gap=st.floats(1, 30))
def test_labels_keep_their_order_distance_and_bounds(wanted, gap):
    found = spread(wanted, gap, 0.0, 300.0)
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    placed = [found[index] for index in order]
    fits = gap * (len(wanted) - 1) <= 300
    assert all(-1e-6 <= place <= 300 + 1e-6 for place in placed)
    for one, other in pairwise(placed):
        assert other - one >= (gap if fits else 0) - 1e-6
    if len(wanted) == 1:
        assert found == wanted


def test_labels_that_do_not_meet_stay_where_they_are():
    assert spread([10.0, 50.0, 52.0], 20, 0, 300) == [10.0, 41.0, 61.0]


def test_words_in_a_drawing_are_no_markup():
    plot = Plot(10, 10, name="x", title="<script>", summary='"&<b>', kind="k")
    plot.text(1, 1, "</svg><img onerror=alert(1)>", "tick")
    markup = plot.markup()
    assert "<script>" not in markup
    assert "<img" not in markup
    assert fromstring(markup).find("text").text == "</svg><img onerror=alert(1)>"


def test_signs():
    assert [signed(0), signed(-3), signed(2.25, 1), signed(-0.2)] == ["0", "−3", "+2.2", "0"]


# --- the weight trace ---------------------------------------------------------------------------------


def test_a_change_is_summed_over_plates_from_each_ones_own_level():
    change = change_of([step(-300, level_g=4000), step(-200, "wall/1/2", level_g=70)], T)
    assert change.since_onset_s[0] == -2.0
    assert {round(grams, 6) for grams in change.grams} == {0.0, -500.0}


def test_what_was_not_read_interrupts_the_curve():
    gone = PlateTrace("p", T - 2, 0.05, (5.0,) * 10 + (None,) * 3 + (5.0,) * 10)
    (curve,) = elements(weight_trace(change_of([gone], T), Measured(0, 1, T), {}), "path", "curve")
    assert curve.get("d").count("M") == 2


@pytest.mark.parametrize(
    "traces", [[], [PlateTrace("p", T, 0.05, ())], [PlateTrace("p", T, 0.05, (None,) * 9)]]
)
def test_nothing_to_draw_draws_levels_alone(traces):
    assert change_of(traces, T) is None
    markup = weight_trace(None, Measured(-600, 2, T), {"1": -600.0})
    assert elements(markup, "path", "curve") == []
    assert "−600 g" in words(markup)
    assert "not held" in fromstring(markup).find("desc").text


def test_the_curve_comes_to_rest_at_the_level_of_what_was_taken():
    markup = weight_trace(change_of([step(-600)], T), Measured(-600, 2, T), {"1": -600.0, "2": -100.0})
    (curve,) = elements(markup, "path", "curve")
    rest_px = float(curve.get("d").rpartition(" ")[2])
    levels = {group.get("class"): float(group.find("line").get("y1"))
              for group in elements(markup, "g", "level")}  # fmt: skip
    assert levels["level of-1"] == pytest.approx(rest_px, abs=0.2)
    assert levels["level of-2"] < rest_px - 20


def test_answers_of_one_weight_share_a_line_and_their_keys_stand_beside_it():
    levels = {str(key): -600.0 for key in range(1, 7)} | {"7": -599.0}
    markup = weight_trace(None, Measured(-600, 2, T), levels)
    assert len(elements(markup, "g", "level")) == 2
    assert {"1", "2", "3", "…", "7"} <= words(markup)


def test_a_hand_that_leans_does_not_hide_the_levels():
    leaning = PlateTrace("p", T - 2, 0.05, (0.0,) * 40 + (30_000.0,) * 10 + (-50.0,) * 30)
    markup = weight_trace(change_of([leaning], T), Measured(-50, 1, T), {"1": -50.0, "2": -20.0})
    one, two = (float(group.find("line").get("y1")) for group in elements(markup, "g", "level"))
    assert abs(one - two) > 40


@given(
    grams=st.lists(st.none() | st.floats(-1e6, 1e6), max_size=30),
    delta_g=st.floats(-1e6, 1e6), sigma_g=st.floats(0, 1e4),
    levels=st.dictionaries(st.sampled_from("12345678"), st.floats(-1e6, 1e6)),
    width=st.sampled_from([360, 720]),
)  # fmt: skip
def test_anything_measured_can_be_drawn(grams, delta_g, sigma_g, levels, width):
    measured = Measured(delta_g, sigma_g, T)
    change = change_of([PlateTrace("p", T - 1, 0.05, tuple(grams))], T)
    for markup in (
        weight_trace(change, measured, levels, width=width), resting_level(measured, levels, width=width),
    ):  # fmt: skip
        assert "nan" not in markup
        assert fromstring(markup).find("title").text


def test_the_resting_level_shows_the_answers_that_noise_could_hide():
    markup = resting_level(Measured(-500.4, 2.0, T), {"1": -500.0, "2": -498.0, "3": -300.0})
    assert {"1", "2"} <= words(markup)
    assert "3" not in words(markup)
    one, two = (float(group.find("line").get("x1")) for group in elements(markup, "g", "level"))
    assert two - one > 60, "two grams apart, and clearly so"


# --- honest numbers -----------------------------------------------------------------------------------


def test_nines_spread_what_is_nearly_sure():
    assert [round(nines(p), 6) for p in (0.0, 0.9, 0.99, 0.999)] == [0, 1, 2, 3]
    assert nines(1.0) < 5


def test_a_row_off_its_interval_is_marked():
    checked = [Checked(0.97, n % 2 == 0) for n in range(60)] + [Checked(0.85, n % 7 != 0) for n in range(60)]
    markup = reliability_plot(reliability(checked), title="receipts")
    assert (len(elements(markup, "circle", "off")), len(elements(markup, "circle", "on"))) == (1, 1)


def test_the_threshold_that_a_bearable_error_allows():
    """A thousand sure ones without a fault, then a hundred of which half are wrong."""
    points = risk_coverage([*[Checked(0.99, True)] * 1000, *[Checked(0.7, n % 2 == 0) for n in range(100)]])
    chosen = threshold_for(points, 0.01)
    assert (chosen.threshold, chosen.checked) == (0.99, 1000)
    assert threshold_for(points, 0.1).threshold == 0.7
    assert threshold_for(points, 1e-6) is None
    assert (point_at(points, 0.8), point_at(points, 0.5)) == (chosen, points[-1])
    assert point_at(points, 0.995) is None
    markup = risk_coverage_plot(points, max_error=0.01, chosen=chosen, present=points[-1])
    assert len(elements(markup, "circle", "chosen")) == 1
    assert "A threshold of 0.99" in fromstring(markup).find("desc").text
    assert (
        "No threshold"
        in fromstring(risk_coverage_plot(points, max_error=1e-6, chosen=None, present=None)).find("desc").text
    )
