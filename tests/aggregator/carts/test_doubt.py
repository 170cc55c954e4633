"""The question that tells most, and what its answer does to the accounts."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_carts import ANNA, after, claim

from edge.aggregator.carts import testimony
from edge.aggregator.carts.account import Actor
from edge.aggregator.carts.belief import CartBelief
from edge.aggregator.carts.contents import contents_of, findings_of
from edge.aggregator.carts.doubt import doubts_of
from edge.aggregator.carts.experience import LearnedLayout
from edge.aggregator.carts.placing import Placing
from edge.config import CartSection
from edge.messages import ItemCount, Reading

EITHER = (Actor("anna", "", 0.5), Actor("bela", "", 0.5))


@pytest.fixture
def belief(planogram, catalogue) -> CartBelief:
    return CartBelief(Placing(planogram), LearnedLayout(planogram), catalogue, CartSection())


def reading(sku: str, visit: str | None = "anna", quantity: int = 1) -> Reading:
    return Reading((ItemCount(sku, quantity),), visit)


def told(claim_, said: Reading | None, *shown: Reading, error: float = 0.03):
    return replace(claim_, testimonies=(*claim_.testimonies, testimony.Testimony(said, shown, error)))


def test_no_doubt_no_question(belief):
    assert doubts_of(after(belief, claim(1, ANNA, "0001")), "nobody") == ()


def test_the_event_in_doubt_is_asked_about(belief):
    sure, doubtful = claim(1, ANNA, "0003"), claim(2, ANNA, "0001", "0002", weight_g=600.0)
    (doubt, *_) = doubts_of(after(belief, sure, doubtful), "anna")
    assert doubt.event == doubtful.event
    assert {each[0] for each in doubt.candidates[:2]} == {reading("0001"), reading("0002")}
    assert 0.3 < doubt.information_nat < math.log(2), "less than the whole bit: reviewers err"


def test_what_does_not_touch_the_visit_is_not_asked_for_its_sake(belief):
    beam = after(belief, claim(1, ANNA, "0003"), claim(2, (Actor("bela", "", 1.0),), "0001", "0002"))
    assert [doubt.event.seq for doubt in doubts_of(beam, "bela")] == [2]
    assert all(doubt.event.seq != 2 for doubt in doubts_of(beam, "anna"))


def test_of_two_doubts_the_more_telling_one_comes_first(belief):
    small = claim(1, (Actor("anna", "", 0.97), Actor("bela", "", 0.03)), "0003")
    great = claim(2, EITHER, "0001")
    assert [doubt.event.seq for doubt in doubts_of(after(belief, small, great), "anna")] == [2, 1]


def test_an_answer_decides_between_twins(belief):
    doubtful = claim(1, ANNA, "0001", "0002", weight_g=600.0)
    one, two = reading("0001"), reading("0002")
    before = findings_of(after(belief, doubtful))[doubtful.event][1]
    choice, after_it = findings_of(after(belief, told(doubtful, two, one, two)))[doubtful.event]
    assert choice.items == two.items
    assert before < 0.6 < 0.95 < after_it


def test_an_answer_overwrites_nothing(belief):
    """What the scales exclude stays excluded, whoever says it."""
    taken = claim(1, ANNA, "0001", unknown=-40.0)
    answer = told(taken, Reading((), "anna"), reading("0001"), Reading((), "anna"))
    choice, probability = findings_of(after(belief, answer))[taken.event]
    assert choice.items == (ItemCount("0001", 1),)
    assert probability > 0.99


def test_a_careless_reviewer_tells_less(belief):
    doubtful = claim(1, ANNA, "0001", "0002", weight_g=600.0)
    shown = reading("0001"), reading("0002")
    masses = [
        findings_of(after(belief, told(doubtful, shown[1], *shown, error=error)))[doubtful.event][1]
        for error in (0.003, 0.03, 0.2)
    ]
    assert masses == sorted(masses, reverse=True)


def test_two_who_disagree_cancel(belief):
    doubtful = claim(1, ANNA, "0001", "0002", weight_g=600.0)
    shown = reading("0001"), reading("0002")
    plain = contents_of(after(belief, doubtful))["anna"].best()[1]
    both = told(told(doubtful, shown[0], *shown), shown[1], *shown)
    assert contents_of(after(belief, both))["anna"].best()[1] == pytest.approx(plain, abs=0.02)


def test_none_of_these_speaks_for_what_was_not_shown(belief):
    doubtful = claim(1, ANNA, "0001", "0002", weight_g=600.0, unknown=-1.0)
    beam = after(belief, told(doubtful, None, reading("0001"), reading("0002")))
    assert findings_of(beam)[doubtful.event][0].items == ()


def test_an_answer_about_a_pick_settles_a_later_return(belief):
    """Anna holds one of two twins; that a person saw which one tells what she put back."""
    doubtful = claim(1, ANNA, "0001", "0002", weight_g=600.0)
    other = claim(2, ANNA, "0003")
    shown = reading("0001"), reading("0002")
    beam = after(belief, told(doubtful, shown[1], *shown), other)
    assert contents_of(beam)["anna"].best()[0] == (ItemCount("0002", 1), ItemCount("0003", 1))


@settings(max_examples=30, deadline=None)
@given(
    shares=st.lists(st.floats(0.01, 1.0), min_size=2, max_size=4),
    error=st.sampled_from([0.003, 0.03, 0.2, 0.5]),
)
def test_the_channel_is_a_distribution(shares, error):
    shown = tuple(reading(f"sku{number}") for number in range(len(shares)))
    for truth in (*shown, Reading((), None)):
        answers = [testimony.Testimony(said, shown, error) for said in (*shown, None)]
        assert math.fsum(math.exp(each.log_likelihood(truth)) for each in answers) == pytest.approx(1.0)
        assert all(each.log_likelihood(truth) <= 0.0 for each in answers)
