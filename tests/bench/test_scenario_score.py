"""Accuracy figures from reports that were written by hand."""

import pytest

from tools.scenarios.score import Score
from tools.scenarios.script import Script, Stay, Transfer
from tools.scenarios.tracked import EPOCH


def a_script(*transfers):
    stays = [Stay("A", 0.0, 100.0, (0, 0, 1))]
    return Script("any", 1, 100.0, transfers=list(transfers), visits=["A"], stays=stays)


def took(t=10.0, sku="milk", quantity=1, **parts):
    return Transfer(t, "A", sku, quantity, True, ("1/1/1",), 500.0 * quantity, **parts)


def an_event(t=10.0, sku="milk", number=1, **parts):
    return {
        "id": f"n-b-{number}", "kind": "pick", "sku": sku, "shopper": "A", "needs_review": False,
        "quantity": 1, "t_onset": EPOCH + t - 0.2,
        "t_settled": EPOCH + t + 0.4, "t_decided": EPOCH + t + 0.6, "delta_g": -501.0,
        "plates": [{"plate": "1/1/1"}],
    } | parts  # fmt: skip


def a_report(*events, lines=(), review=False, disturbances=()):
    return {
        "events": list(events),
        "visits": [
            {
                "shopper": "A",
                "needs_review": review,
                "lines": [{"sku": sku, "quantity": n, "probability": p} for sku, n, p in lines],
            }
        ],
        "disturbances": list(disturbances),
        "timing": {"cpu_seconds": 1.0, "data_seconds": 10.0},
    }


def scored(script, report):
    score = Score()
    score.add(script, report)
    return score


def test_a_perfect_report():
    score = scored(a_script(took()), a_report(an_event(), lines=[("milk", 1, 0.9)]))

    assert score.micro_f1 == score.exact_share == score.precision == score.recall == score.sku_accuracy == 1.0
    assert score.latencies_s == [pytest.approx(0.2)]
    assert score.delta_errors_g == [pytest.approx(1.0)]
    assert score.line_claims == [(0.9, True)]
    assert score.failures == []


def test_a_wrong_sku_is_seen_but_not_right_and_the_failure_says_so():
    score = scored(a_script(took()), a_report(an_event(sku="tea"), lines=[("tea", 1, 0.9)]))

    assert (score.recall, score.sku_accuracy, score.micro_f1, score.exact_share) == (1.0, 0.0, 0.0, 0.0)
    assert score.unflagged_exact == 0.0
    assert "A has {'milk': 1}, charged {'tea': 1}" in score.failures[0].detail


def test_a_flagged_mistake_is_no_unflagged_one():
    score = scored(a_script(took()), a_report(review=True))

    assert (score.recall, score.review_share, score.unflagged_exact) == (0.0, 1.0, 1.0)


def test_an_event_that_never_happened_costs_precision_and_counts_by_the_hour():
    score = scored(
        a_script(took()), a_report(an_event(), an_event(t=50.0, number=2), lines=[("milk", 1, 1.0)])
    )

    assert (score.precision, score.recall) == (0.5, 1.0)
    assert score.false_per_hour == pytest.approx(36.0)


@pytest.mark.parametrize(
    "wrong", [{"kind": "return"}, {"plates": [{"plate": "1/1/2"}]}, {"t_onset": EPOCH + 20}]
)
def test_kind_place_and_time_must_agree(wrong):
    assert scored(a_script(took()), a_report(an_event(**wrong))).recall == 0.0


def test_two_units_may_be_told_as_one_event_or_as_two():
    at_once = a_report(an_event(quantity=2, delta_g=-1000.0))
    one_by_one = a_report(an_event(), an_event(t=10.5, number=2))
    quick = a_script(took(), took(t=10.5))

    for script, report in [(quick, at_once), (a_script(took(quantity=2)), one_by_one), (quick, one_by_one)]:
        score = scored(script, report)
        assert (score.precision, score.recall) == (1.0, 1.0)
    assert scored(quick, at_once).delta_errors_g == [pytest.approx(0.0)]


def test_what_was_lifted_and_set_down_may_be_told_or_not():
    script = a_script(took(optional=True))

    for report in (a_report(), a_report(an_event())):
        score = scored(script, report)
        assert (score.precision, score.recall, score.false_per_hour) == (1.0, 1.0, 0.0)


def test_goods_that_left_unseen_are_to_be_reported_and_not_charged():
    told = [{"kind": "offline_change", "plates": ["1/1/1", "1/1/2"]}]
    script = a_script(took(seen=False))

    good, silent = scored(script, a_report(disturbances=told)), scored(script, a_report())
    charged = scored(script, a_report(an_event(), lines=[("milk", 1, 1.0)]))

    assert (good.unseen_reported, silent.unseen_reported, good.unseen) == (1, 0, 1)
    assert good.exact_share == good.micro_f1 == 1.0
    assert (charged.exact_share, charged.precision) == (0.0, 0.0)


def test_scores_add_up():
    right = scored(a_script(took()), a_report(an_event(), lines=[("milk", 1, 1.0)]))
    right.merge(scored(a_script(took()), a_report()))

    assert (right.cases, right.visits, right.exact_share, right.recall) == (2, 2, 0.5, 0.5)
    assert len(right.failures) == 1
