"""Bars, intervals and calibration from figures that can be worked out by hand."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.scenarios.bars import Row, accuracy_rows, cost_rows
from tools.scenarios.calibration import brier, ece, reliability
from tools.scenarios.contest import Ground, Standing
from tools.scenarios.cost import DECODING, WEIGHT_PATH, WHOLE, WINNER_DETECTION, Costs
from tools.scenarios.intervals import bootstrap, micro_f1_interval, poisson, wilson
from tools.scenarios.receipts import ReceiptOutcome
from tools.scenarios.steps import STEPS, find_steps


def a_receipt(case, *, right=True, review=False, tellable=True):
    charged = Counter(milk=1) if right else Counter(tea=1)
    return ReceiptOutcome(case, "A", Counter(milk=1), charged, review, tellable)


def test_wilson_intervals_are_those_of_the_textbook():
    assert wilson(8, 10) == pytest.approx((0.490, 0.943), abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(10, 10) == pytest.approx((0.722, 1.0), abs=1e-3)


def test_poisson_intervals_are_those_of_the_table():
    """Exact limits (Garwood): none seen 0 to 3.69, ten seen 4.80 to 18.39."""
    assert poisson(0) == (0.0, pytest.approx(3.69, abs=0.05))
    assert poisson(10) == (pytest.approx(4.80, abs=0.05), pytest.approx(18.39, abs=0.05))


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_share_lies_in_its_interval(part, more):
    low, high = wilson(part, part + more)

    assert 0.0 <= low <= high <= 1.0
    if part + more:
        assert low - 1e-12 <= part / (part + more) <= high + 1e-12


def test_the_bootstrap_covers_a_mean_about_as_the_normal_law_says():
    values = list(np.random.default_rng(1).normal(5.0, 1.0, 400))

    low, high = bootstrap(values, lambda some: float(some.mean()))

    assert high - low == pytest.approx(2 * 1.96 / 20, rel=0.15)
    assert low < np.mean(values) < high


def test_cases_are_resampled_as_wholes():
    """Ten receipts of one case are one observation, and say nothing of the spread."""
    one_case = [a_receipt("x 1", right=index > 4) for index in range(10)]
    ten_cases = [a_receipt(f"x {index}", right=index > 4) for index in range(10)]

    def width(receipts):
        low, high = micro_f1_interval(receipts)
        return high - low

    assert width(one_case) == pytest.approx(0.4), "from all of the one to all of the one that is assumed"
    assert width(ten_cases) == pytest.approx(0.6, abs=0.15)


def test_a_run_without_mistakes_is_no_certainty():
    few, many = ([a_receipt(f"x {index}") for index in range(count)] for count in (5, 200))

    assert micro_f1_interval(few)[0] < 0.8
    assert 0.98 < micro_f1_interval(many)[0] < 1.0
    assert micro_f1_interval(many)[1] == 1.0


def test_calibration_by_hand():
    claims = [(0.95, True), (0.95, False), (0.15, False)]

    (low, high) = reliability(claims)

    assert (low.count, low.stated, low.right) == (1, 0.15, 0.0)
    assert (high.count, high.stated, high.right) == (2, 0.95, 0.5)
    assert ece(claims) == pytest.approx((2 * 0.45 + 0.15) / 3)
    assert brier(claims) == pytest.approx((0.05**2 + 0.95**2 + 0.15**2) / 3)
    assert ece([]) == brier([]) == 0.0


def test_a_row_is_met_at_its_bar_and_not_before():
    assert Row("any", "all", 0.9, 0.9).met
    assert not Row("any", "all", 0.9, 0.8999).met
    assert Row("any", "all", 0.9, 0.9, at_least=False).met
    assert not Row("any", "all", 0.9, 0.91, at_least=False).met


def rows_of(**groups):
    return {(row.measure, row.where): row for row in accuracy_rows(groups)}


def test_what_sensors_cannot_tell_is_left_out_where_the_bar_says_so():
    standing = Standing()
    receipts = [a_receipt("x 1"), a_receipt("x 2", right=False, tellable=False)]
    standing.ours.receipts = receipts
    standing.attainable = receipts

    rows = rows_of(hardest=standing)

    assert rows["micro F1", "hardest"].ours == 0.5
    assert rows["micro F1 where sensors can tell", "hardest"].ours == 1.0
    assert rows["micro F1 where sensors can tell", "hardest"].attainable == 1.0


def test_the_calm_groups_share_one_bar_for_review():
    plain, single = Standing(), Standing()
    plain.ours.receipts = [a_receipt("x 1", review=True)]
    single.ours.receipts = [a_receipt("y 1"), a_receipt("y 2"), a_receipt("y 3", right=False)]

    rows = rows_of(plain=plain, **{"single shopper": single})

    where = "plain + single shopper + several"
    assert rows["visits for review", where].ours == 0.25
    assert rows["exact receipts, unflagged", where].ours == pytest.approx(2 / 3)


def test_cost_is_that_of_the_longer_recording():
    parts = (DECODING, WEIGHT_PATH, WHOLE, WINNER_DETECTION)
    costs = Costs({part: [1e-6, 2e-6] for part in parts}, [100.0, 110.0])

    rows = {row.measure: row for row in cost_rows(costs)}

    assert rows["CPU s per store second and plate"].ours == pytest.approx(4e-6)
    assert not rows["CPU s per store second and plate"].met
    assert rows["times real time"].ours == pytest.approx(1 / (2e-6 * 240))
    assert rows["cost of a second, four times as long"].ours == 2.0
    assert rows["peak memory, four times as long"].met


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_the_lightest_things_are_found(step):
    standing = find_steps(Ground.of(None), step, range(1))

    assert standing.ours.events_true == standing.winner.events_true == 5
    assert standing.ours.recall >= 0.8
