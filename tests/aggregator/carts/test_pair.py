"""Two events that may have been one touch: both happened, or neither."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_store import PLATES, WEIGHTS_G

from edge.aggregator.carts.account import Actor, Claim
from edge.aggregator.carts.belief import CartBelief
from edge.aggregator.carts.experience import LearnedLayout
from edge.aggregator.carts.placing import Placing
from edge.aggregator.carts.timeline import Timeline
from edge.config import CartSection
from edge.messages import EventIdentity, EventKind, EvidenceTerms, Hypothesis, ItemCount

ANNA, BELA = ((Actor(name, "r_wrist", 0.99), Actor(None, "", 0.01)) for name in ("anna", "bela"))


@pytest.fixture
def timeline(planogram, catalogue) -> Timeline:
    return Timeline(CartBelief(Placing(planogram), LearnedLayout(planogram), catalogue, CartSection()))


def claim(
    seq: int, actors: tuple[Actor, ...], kind: EventKind, *, log_odds: float = 20.0, undoes: int = 0,
    weight_g: float = WEIGHTS_G["0001"], plate: str = PLATES["0001"],
) -> Claim:  # fmt: skip
    fits = Hypothesis((ItemCount("0001", 1),), 0.9, EvidenceTerms(weight=-1.0))
    return Claim(
        event=EventIdentity("n1", "b1", seq), kind=kind, plates=(plate,), weight_g=weight_g, sigma_g=0.5,
        hypotheses=(fits, Hypothesis((), 0.1, EvidenceTerms(weight=-9.0))),
        t_onset_s=10.0 * seq, t_s=10.0 * seq + 0.4, actors=actors, log_odds_goods=log_odds,
        undoes=EventIdentity("n1", "b1", undoes) if undoes else None,
    )  # fmt: skip


def told(timeline: Timeline, *claims: Claim) -> list[bool]:
    """Whether each of them happened."""
    for each in claims:
        timeline.put(each)
    findings = timeline.findings()
    return [findings[each.event][0].happened for each in claims]


def content(timeline: Timeline, visit: str) -> tuple[ItemCount, ...]:
    return timeline.contents(visit).best()[0]


@pytest.mark.parametrize("log_odds", [-6.0, -1.0, 1.0, 6.0])
@pytest.mark.parametrize("later", [ANNA, BELA])
def test_both_happened_or_neither(timeline, log_odds: float, later) -> None:
    """Whatever the odds: of goods that were not taken none came back."""
    taken = claim(1, ANNA, EventKind.PICK, log_odds=log_odds)
    back = claim(2, later, EventKind.RETURN, log_odds=log_odds, undoes=1)
    first, last = told(timeline, taken, back)
    assert first is last


def test_the_odds_count_once(timeline) -> None:
    """Each of the two events carries those of both."""
    taken = claim(1, ANNA, EventKind.PICK, log_odds=-2.0)
    back = claim(2, ANNA, EventKind.RETURN, log_odds=-2.0, undoes=1)
    told(timeline, taken, back)
    _, probability = timeline.findings()[back.event]
    assert 0.1 < 1.0 - probability < 0.9, "what came back weighs the same, which speaks for goods a little"


def test_a_push_by_somebody_who_held_nothing_is_a_touch(timeline) -> None:
    put = claim(1, ANNA, EventKind.RETURN, log_odds=3.0)
    assert told(timeline, put, claim(2, ANNA, EventKind.PICK, log_odds=3.0, undoes=1)) == [False, False]
    assert content(timeline, "anna") == ()


def test_a_push_by_somebody_who_held_just_that_is_goods(timeline) -> None:
    held = claim(1, ANNA, EventKind.PICK)
    put = claim(2, ANNA, EventKind.RETURN, log_odds=-1.0, plate="wall/2/1")
    taken = claim(3, BELA, EventKind.PICK, log_odds=-1.0, plate="wall/2/1", undoes=2)
    assert told(timeline, held, put, taken) == [True, True, True]
    assert content(timeline, "bela") == (ItemCount("0001", 1),)


def test_what_all_agree_on_binds_the_later_event(timeline) -> None:
    certain = claim(1, ANNA, EventKind.PICK)
    assert told(timeline, certain, claim(2, ANNA, EventKind.RETURN, log_odds=19.0, undoes=1)) == [True, True]


def test_a_later_event_casts_doubt_on_what_was_certain(timeline) -> None:
    """However they come, and for as long as the later one says so."""
    taken = claim(1, ANNA, EventKind.PICK)
    back = claim(2, ANNA, EventKind.RETURN, log_odds=-5.0, undoes=1)
    assert told(timeline, taken) == [True]
    assert told(timeline, taken, back) == [False, False]
    timeline.remove(back.event)
    assert told(timeline, taken) == [True]
    assert told(timeline, back, taken) == [False, False]
    assert told(timeline, taken, replace(back, undoes=None, log_odds_goods=20.0)) == [True, True]


def test_an_event_that_is_not_known_binds_nothing(timeline) -> None:
    assert told(timeline, claim(2, ANNA, EventKind.PICK, undoes=1)) == [True]
    assert told(timeline, replace(claim(4, ANNA, EventKind.PICK, log_odds=-9.0), undoes=None)) == [False]
