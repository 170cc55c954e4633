"""Beliefs about carts, claim by claim."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_store import PLATES, WEIGHTS_G

from edge.aggregator.carts.account import Actor, Claim
from edge.aggregator.carts.beam import EMPTY_STORE, Beam
from edge.aggregator.carts.belief import RESTING_MAX, CartBelief
from edge.aggregator.carts.contents import agreed, contents_of, findings_of
from edge.aggregator.carts.experience import LearnedLayout
from edge.aggregator.carts.placing import Placing
from edge.config import CartSection
from edge.messages import EventIdentity, EventKind, EvidenceTerms, Hypothesis, ItemCount

ANNA = (Actor("anna", "r_wrist", 0.999), Actor(None, "", 0.001))
BELA = (Actor("bela", "r_wrist", 0.999), Actor(None, "", 0.001))
NOBODY = (Actor(None, "", 1.0),)


@pytest.fixture
def belief(planogram, catalogue) -> CartBelief:
    return CartBelief(Placing(planogram), LearnedLayout(planogram), catalogue, CartSection())


def claim(
    seq: int,
    actors: tuple[Actor, ...],
    *skus: str,
    weight_g: float | None = None,
    kind: EventKind = EventKind.PICK,
    plate: str | None = None,
    unknown: float = -9.0,
    t: float | None = None,
) -> Claim:
    """A change that fits all of ``skus`` equally."""
    t = 10.0 * seq if t is None else t
    hypotheses = [
        Hypothesis((ItemCount(sku, 1),), 0.9 / len(skus), EvidenceTerms(weight=-1.0)) for sku in skus
    ]
    return Claim(
        event=EventIdentity("n1", "b1", seq), kind=kind, plates=(plate or PLATES[skus[0]],),
        weight_g=WEIGHTS_G[skus[0]] if weight_g is None else weight_g, sigma_g=0.5,
        hypotheses=(*hypotheses, Hypothesis((), 0.1, EvidenceTerms(weight=unknown))),
        t_onset_s=t, t_s=t + 0.4, actors=actors,
    )  # fmt: skip


def put(seq: int, actors: tuple[Actor, ...], *skus: str, **options) -> Claim:
    return claim(seq, actors, *skus, kind=EventKind.RETURN, **options)


def after(belief: CartBelief, *claims: Claim) -> Beam:
    beam = EMPTY_STORE
    for each in claims:
        beam = belief.update(beam, each)
    return beam


def best(beam: Beam, visit: str) -> dict[str, int]:
    contents = contents_of(beam).get(visit)
    return {item.sku: item.quantity for item in contents.best()[0]} if contents else {}


def test_a_pick_is_held(belief):
    beam = after(belief, claim(1, ANNA, "0001"))
    assert best(beam, "anna") == {"0001": 1}
    assert contents_of(beam)["anna"].best()[1] == pytest.approx(0.999, abs=1e-3)
    assert best(beam, "bela") == {}


def test_a_return_to_its_place_is_held_no_more(belief):
    beam = after(belief, claim(1, ANNA, "0001"), put(2, ANNA, "0001"))
    assert best(beam, "anna") == {}
    assert beam[0].resting == ()


def test_two_of_one_kind_one_goes_back(belief):
    beam = after(belief, claim(1, ANNA, "0001"), claim(2, ANNA, "0001"), put(3, ANNA, "0001"))
    assert best(beam, "anna") == {"0001": 1}


def test_several_units_in_one_go(belief):
    two = claim(1, ANNA, "0001", weight_g=1200.0)
    double = Hypothesis((ItemCount("0001", 2),), 0.9, EvidenceTerms(weight=-1.0))
    two = Claim(two.event, two.kind, two.plates, 1200.0, 0.5, (double,), 1.0, 1.4, ANNA)
    assert best(after(belief, two), "anna") == {"0001": 2}
    back = put(2, ANNA, "0001", weight_g=1200.0)
    assert best(after(belief, two, back), "anna") == {}


def test_a_misplaced_return_is_bought_by_the_next(belief):
    misplaced = put(2, ANNA, "0003", weight_g=600.0, plate="wall/2/1")
    laid = after(belief, claim(1, ANNA, "0001"), misplaced)
    assert best(laid, "anna") == {}
    assert [resting.thing.sku for resting in laid[0].resting] == ["0001"]
    taken = claim(3, BELA, "0003", weight_g=600.0, plate="wall/2/1", unknown=-7.0)
    hypotheses = (  # 600 g is no bottle of oil
        Hypothesis((ItemCount("0003", 1),), 0.01, EvidenceTerms(weight=-30.0)),
        taken.hypotheses[-1],
    )
    taken = Claim(taken.event, taken.kind, taken.plates, 600.0, 0.5, hypotheses, 30.0, 30.4, BELA)
    beam = belief.update(laid, taken)
    assert best(beam, "bela") == {"0001": 1}
    assert beam[0].resting == ()


def test_twins_are_told_apart_by_the_weight_that_comes_back(belief):
    """Two SKUs of one nominal weight: what is put back at the place of one of them was that one."""
    doubt = claim(1, ANNA, "0001", "0002", weight_g=603.0)
    held = after(belief, doubt)
    assert contents_of(held)["anna"].best()[1] < 0.6
    other = claim(2, ANNA, "0003", weight_g=1100.0)
    beam = after(belief, doubt, other, put(3, ANNA, "0001", weight_g=603.2, plate="wall/1/1"))
    assert best(beam, "anna") == {"0003": 1}
    assert findings_of(beam)[doubt.event][0].items == (ItemCount("0001", 1),), "what it was comes to light"


def test_of_two_units_the_weighed_one_comes_back(belief):
    """Each unit has its own weight: the shelf where it was taken from is told by it."""
    light = claim(1, ANNA, "0001", weight_g=596.0)
    heavy = claim(2, BELA, "0001", weight_g=606.0)
    either = (Actor("anna", "", 0.5), Actor("bela", "", 0.5))
    beam = after(belief, light, heavy, put(3, either, "0001", weight_g=606.1))
    assert best(beam, "anna") == {"0001": 1}
    assert best(beam, "bela") == {}


def test_a_foreign_thing_put_and_taken_charges_nobody(belief):
    put_down = put(1, ANNA, "0001", weight_g=171.0, plate="wall/1/4")
    put_down = Claim(put_down.event, put_down.kind, put_down.plates, 171.0, 0.5,
                     put_down.hypotheses[-1:], 1.0, 1.4, ANNA)  # fmt: skip
    taken = claim(2, ANNA, "0001", weight_g=171.2, plate="wall/1/4")
    taken = Claim(taken.event, taken.kind, taken.plates, 171.2, 0.5,
                  (Hypothesis((), 1.0, EvidenceTerms(weight=-9.0)),), 10.0, 10.4, ANNA)  # fmt: skip
    laid = after(belief, put_down)
    assert laid[0].choices[-1].foreign
    beam = after(belief, put_down, taken)
    assert best(beam, "anna") == {}
    assert beam[0].choices[-1].foreign
    assert beam[0].resting == ()


def test_a_stranger_seldom_takes_what_is_not_the_stores(belief):
    """Put down by anna with a hand on it, and taken by bela: rather goods that were weighed badly."""
    held = claim(1, ANNA, "0001", weight_g=600.0)
    put_down = put(2, ANNA, "0002", weight_g=622.0, plate="wall/2/1")
    nothing = (Hypothesis((), 1.0, EvidenceTerms(weight=-9.0)),)
    taken = claim(3, BELA, "0003", weight_g=622.0)
    owner, stranger = (
        Claim(taken.event, taken.kind, taken.plates, 622.0, 0.5, nothing, 30.0, 30.4, who)
        for who in (ANNA, BELA)
    )
    assert after(belief, held, put_down, owner)[0].choices[-1].foreign
    assert best(after(belief, held, put_down, stranger), "bela") == {"0001": 1}


def test_a_hand_that_rests_and_lets_go_is_not_what_the_shopper_holds(belief):
    """It pushes about as much as that weighs, and just as much goes when it lets go."""
    held = claim(1, ANNA, "0002", weight_g=100.0)
    pressed = put(2, ANNA, "0001", weight_g=106.0, plate="wall/1/4", unknown=-7.6)
    let_go = claim(3, ANNA, "0003", weight_g=106.1, plate="wall/1/4", unknown=-14.0)
    unlike = Hypothesis((ItemCount("0003", 1),), 0.1, EvidenceTerms(weight=-30.0))
    pressed, let_go = (
        Claim(each.event, each.kind, each.plates, each.weight_g, 0.5, (unlike, each.hypotheses[-1]),
              each.t_onset_s, each.t_s, ANNA)
        for each in (pressed, let_go)
    )  # fmt: skip
    beam = after(belief, held, pressed, let_go)
    assert best(beam, "anna") == {"0002": 1}
    assert [choice.foreign for choice in beam[0].choices] == [False, True, True]


def test_of_two_weighings_either_may_be_wrong(belief):
    """What was put down with a hand on it weighs, when it is taken, what it did before."""
    held = claim(1, ANNA, "0001", weight_g=600.0)
    put_down = put(2, ANNA, "0001", weight_g=625.0, plate="wall/1/3")
    nothing = (Hypothesis((), 1.0, EvidenceTerms(weight=-14.0)),)
    for weight_g in (600.2, 625.3):
        taken = Claim(EventIdentity("n1", "b1", 3), EventKind.PICK, ("wall/1/3",), weight_g, 0.5, nothing,
                      30.0, 30.4, BELA)  # fmt: skip
        assert best(after(belief, held, put_down, taken), "bela") == {"0001": 1}


# --- what the node is not sure of -------------------------------------------------------------------


@pytest.mark.parametrize(("log_odds", "held"), [(-3.0, {}), (3.0, {"0001": 1})])
def test_what_the_node_doubts_may_not_have_happened(belief, log_odds, held):
    doubtful = replace(claim(1, ANNA, "0001"), log_odds_goods=log_odds)
    beam = after(belief, doubtful)
    assert best(beam, "anna") == held
    choice, probability = findings_of(beam)[doubtful.event]
    assert choice.happened is bool(held)
    assert choice.visit == ("anna" if held else None)
    assert probability == pytest.approx(1 / (1 + math.exp(-3.0)), abs=0.01)


def test_what_comes_back_did_happen(belief):
    """Doubtful goods are put back, weighing the same: nobody puts back what is still there."""
    doubtful = replace(claim(1, ANNA, "0001", weight_g=603.0), log_odds_goods=0.0)
    beam = after(belief, doubtful, put(2, ANNA, "0001", weight_g=603.1, plate="wall/2/2"))
    choice, probability = findings_of(beam)[doubtful.event]
    assert choice.happened
    assert probability > 0.95


def test_whoever_was_busy_something_may_not_have_happened(belief):
    one = claim(1, (Actor("anna", "r_wrist", 1.0),), "0001", t=10.0)
    at_once = claim(2, (Actor("anna", "r_wrist", 1.0),), "0003", t=10.1)
    beam = after(belief, one, replace(at_once, log_odds_goods=1.0))
    assert not findings_of(beam)[at_once.event][0].happened, "one hand is not at two places"


# --- several SKUs in one grip -----------------------------------------------------------------------

BOTH = (ItemCount("0001", 1), ItemCount("0002", 1))


def in_one_grip(
    seq: int, weight_g: float, kind: EventKind = EventKind.PICK, plate: str = "wall/1/3"
) -> Claim:
    hypothesis = Hypothesis(BOTH, 1.0, EvidenceTerms(weight=-1.0))
    t = 10.0 * seq
    event = EventIdentity("n1", "b1", seq)
    return Claim(event, kind, (plate,), weight_g, 0.5, (hypothesis,), t, t + 0.4, ANNA)


def test_two_skus_of_one_grip_are_held_by_their_own_weights(belief):
    taken = in_one_grip(1, 707.0)  # 600 and 100 g, and each a little more
    assert best(after(belief, taken), "anna") == {"0001": 1, "0002": 1}
    back = after(belief, taken, put(2, ANNA, "0003", weight_g=606.0, plate="wall/2/1"))
    assert best(back, "anna") == {"0002": 1}


def test_two_skus_of_one_grip_go_back_together(belief):
    taken = in_one_grip(1, 703.0)
    back = after(belief, taken, in_one_grip(2, 703.2, EventKind.RETURN))
    assert best(back, "anna") == {}
    assert findings_of(back)[EventIdentity("n1", "b1", 2)][0].items == BOTH


def test_two_skus_that_nobody_held_come_from_outside_together(belief):
    (account, *_) = [
        each
        for each in after(belief, in_one_grip(1, 700.0, EventKind.RETURN))
        if not each.choices[-1].foreign
    ]
    assert account.choices[-1].items == BOTH


def test_unknown_goods_are_held_as_such(belief):
    taken = claim(1, ANNA, "0001", unknown=10.0)
    assert best(after(belief, taken), "anna") == {"": 1}


def test_nobody_holds_nothing(belief):
    beam = after(belief, claim(1, NOBODY, "0001"))
    assert contents_of(beam) == {}
    choice, probability = findings_of(beam)[EventIdentity("n1", "b1", 1)]
    assert (choice.visit, choice.items) == (None, (ItemCount("0001", 1),))
    assert probability > 0.99


@pytest.mark.parametrize(("gap_s", "visit"), [(0.1, "bela"), (5.0, "anna")])
def test_one_hand_is_at_one_place(belief, gap_s, visit):
    """What the hand that is busy can hardly have done was somebody else."""
    one = claim(1, (Actor("anna", "r_wrist", 0.99), Actor("bela", "l_wrist", 0.01)), "0001", t=10.0)
    other = claim(2, (Actor("anna", "r_wrist", 0.8), Actor("bela", "l_wrist", 0.2)), "0003", t=10.0 + gap_s)
    beam = after(belief, one, other)
    assert findings_of(beam)[other.event][0].visit == visit


def test_the_other_hand_is_free(belief):
    one = claim(1, (Actor("anna", "r_wrist", 0.99), Actor("bela", "l_wrist", 0.01)), "0001", t=10.0)
    other = claim(2, (Actor("anna", "l_wrist", 0.8), Actor("bela", "l_wrist", 0.2)), "0003", t=10.1)
    assert findings_of(after(belief, one, other))[other.event][0].visit == "anna"


def test_hands_of_one_visit_make_no_lasting_difference(belief):
    """Which hand it was matters for a moment; then the accounts are one again."""
    hands = (Actor("anna", "l_wrist", 0.5), Actor("anna", "r_wrist", 0.5))
    claims = [claim(seq, hands, "0001", unknown=-40.0) for seq in range(1, 30)]
    assert len(after(belief, *claims)) <= 2


def test_a_claim_that_nothing_explains_changes_nothing(belief):
    beam = after(belief, claim(1, ANNA, "0001"))
    nothing = Claim(EventIdentity("n1", "b1", 2), EventKind.PICK, ("wall/1/1",), 1.0, 1.0, (), 9.0, 9.4, ANNA)
    assert belief.update(beam, nothing) == beam


def test_things_in_wrong_places_are_bounded(belief):
    claims = [put(seq, NOBODY, "0003", weight_g=600.0 + seq, plate="wall/1/4") for seq in range(1, 100)]
    assert len(after(belief, *claims)[0].resting) == RESTING_MAX


actors = st.lists(
    st.sampled_from([("anna", "l_wrist"), ("anna", "r_wrist"), ("bela", ""), (None, "")]),
    min_size=1, max_size=4, unique=True,
).map(lambda hands: tuple(Actor(visit, hand, 1 / len(hands)) for visit, hand in hands))  # fmt: skip

stories = st.lists(
    st.tuples(
        actors,
        st.lists(st.sampled_from(sorted(PLATES)), min_size=1, max_size=3, unique=True),
        st.sampled_from(EventKind),
        st.sampled_from([*PLATES.values(), "wall/1/4"]),
        st.sampled_from([0.2, 5.0, 60.0]),
    ),
    min_size=1, max_size=9,
)  # fmt: skip


def claims_of(story) -> list[Claim]:
    t, claims = 0.0, []
    for seq, (who, skus, kind, plate, gap_s) in enumerate(story, 1):
        t += gap_s
        claims.append(claim(seq, who, *skus, kind=kind, plate=plate, t=t))
    return claims


@settings(max_examples=40, deadline=None)
@given(story=stories)
def test_a_beam_is_a_distribution(belief_for_all, story):
    beam = EMPTY_STORE
    for each in claims_of(story):
        beam = belief_for_all.update(beam, each)
        weights = [account.log_weight for account in beam]
        assert math.fsum(map(math.exp, weights)) == pytest.approx(1.0)
        assert weights == sorted(weights, reverse=True)
        assert len(beam) <= CartSection().beam
        parts = {(each.held, each.resting, each.choices, each.busy, each.seen) for each in beam}
        assert len(parts) == len(beam), "no account twice"
    for account in beam:
        assert [choice.event.seq for choice in account.choices] == list(range(1, len(story) + 1))
        assert [holding.visit for holding in account.held] == sorted(
            holding.visit for holding in account.held
        )
        assert all(holding.things and holding.visit for holding in account.held)
    for _, probability in findings_of(beam).values():
        assert 0 < probability <= 1


@settings(max_examples=25, deadline=None)
@given(story=stories)
def test_pruning_loses_no_account_that_counts(belief_for_all, wide_belief, story):
    """Against a beam that is never full, and that follows branches much further down."""
    beam, wide = EMPTY_STORE, EMPTY_STORE
    for each in claims_of(story[:2]):
        beam, wide = belief_for_all.update(beam, each), wide_belief.update(wide, each)
    for visit, contents in contents_of(beam).items():
        content, probability = contents.best()
        if probability > 0.6:
            assert contents_of(wide)[visit].best() == (content, pytest.approx(probability, abs=0.02))


@pytest.fixture(scope="module")
def belief_for_all() -> CartBelief:
    return _belief(200)


@pytest.fixture(scope="module")
def wide_belief() -> CartBelief:
    return _belief(10_000)


def _belief(beam: int) -> CartBelief:
    from edge.planogram import Box, Catalogue, Facing, Planogram, Sku

    plates = {f"wall/1/{n}": Box((0.1 * n, 0.0, 0.8), (0.1, 0.4, 0.3)) for n in range(1, 5)}
    plates["wall/2/1"] = Box((0.0, 0.0, 1.2), (0.1, 0.4, 0.3))
    facings = [Facing((plate,), sku=sku) for sku, plate in PLATES.items()]
    planogram = Planogram("test", plates, facings)
    catalogue = Catalogue(Sku(sku=sku, name=sku, weight_g=weight_g) for sku, weight_g in WEIGHTS_G.items())
    return CartBelief(Placing(planogram), LearnedLayout(planogram), catalogue, CartSection(beam=beam))


@settings(max_examples=40, deadline=None)
@given(story=stories)
def test_what_is_sure_is_what_a_table_of_accounts_says(belief_for_all, story):
    beam = EMPTY_STORE
    for each in claims_of(story):
        sure, after_it = belief_for_all.sure(beam, each), belief_for_all.update(beam, each)
        same = {choice.event for choice in agreed(after_it)}
        if sure is not None:
            assert findings_of(after_it)[each.event] == (sure.choice, 1.0)
            assert sure.seen == after_it[0].seen
            assert list(sure.beam) == list(after_it.without_events({each.event}))
        beam = after_it.without_events(same)
