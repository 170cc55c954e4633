"""A gondola that was rearranged, and nobody told the planogram."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.aggregator.carts.account import Actor, Claim, Sighting
from edge.aggregator.carts.belief import CartBelief
from edge.aggregator.carts.experience import (
    MEMORY_PICKS,
    NO_EXPERIENCE,
    REARRANGED,
    REARRANGED_MAX,
    SEEN_MAX,
    Experience,
    LearnedLayout,
    Tally,
)
from edge.aggregator.carts.placing import Placing
from edge.aggregator.carts.timeline import Timeline
from edge.config import CartSection
from edge.messages import EventIdentity, EventKind, EvidenceTerms, Hypothesis, ItemCount
from edge.planogram import Box, Facing, Planogram

SKUS = [f"{number:04}" for number in range(1, 13)]
HOME = {sku: (f"wall/1/{number}",) for number, sku in enumerate(SKUS, 1)}
ELSEWHERE = math.log(0.01 / len(SKUS))
PLANNED = math.log(0.98)


@pytest.fixture
def planogram() -> Planogram:
    """Twelve SKUs side by side, one to a plate."""
    plates = {plate: Box((0.1 * n, 0.0, 0.8), (0.1, 0.4, 0.3)) for n, (plate,) in enumerate(HOME.values())}
    return Planogram("test", plates, [Facing(plates, sku=sku) for sku, plates in HOME.items()])


@pytest.fixture
def layout(planogram) -> LearnedLayout:
    return LearnedLayout(planogram)


@pytest.fixture
def make(planogram, layout, catalogue):
    return lambda: Timeline(CartBelief(Placing(planogram), layout, catalogue, CartSection()))


def pick(seq: int, where: str, fits: str, *, misfit: float = 8.0, visit: str = "anna") -> Claim:
    """From the place of ``where``, as heavy as ``fits``: what is planned there is ``misfit`` nats off."""
    hypotheses = [Hypothesis((ItemCount(fits, 1),), 0.5, EvidenceTerms(weight=-1.0, layout=ELSEWHERE))]
    if fits == where:
        hypotheses = [Hypothesis((ItemCount(fits, 1),), 0.9, EvidenceTerms(weight=-1.0, layout=PLANNED))]
    else:
        terms = EvidenceTerms(weight=-1.0 - misfit, layout=PLANNED)
        hypotheses.append(Hypothesis((ItemCount(where, 1),), 0.4, terms))
    hypotheses.append(Hypothesis((), 0.0, EvidenceTerms(weight=-8.0, layout=math.log(1e-3))))
    return Claim(
        event=EventIdentity("n1", "b1", seq), kind=EventKind.PICK, plates=HOME[where], weight_g=100.0,
        sigma_g=0.5, hypotheses=tuple(hypotheses), t_onset_s=10.0 * seq, t_s=10.0 * seq + 0.4,
        actors=(Actor(visit, "r_wrist", 1.0),),
    )  # fmt: skip


def told(timeline: Timeline, *claims: Claim) -> list[tuple[str, float]]:
    """What each event is taken for, and how sure."""
    for claim in claims:
        timeline.put(claim)
    findings = timeline.findings()
    return [
        (finding[0].items[0].sku if finding[0].items else "", finding[1])
        for finding in (findings[claim.event] for claim in claims)
    ]


def test_later_picks_of_a_rearranged_gondola_settle_the_first(make):
    """One strange pick may be a catalogue error; three of them are another order of things."""
    strange = [pick(1, "0001", "0007"), pick(2, "0003", "0009"), pick(3, "0005", "0011")]
    ((_, alone),) = told(make(), strange[0])
    assert alone < 0.8
    for (sku, probability), claim in zip(told(make(), *strange), strange, strict=True):
        assert sku == claim.hypotheses[0].items[0].sku
        assert probability > 0.97


def test_what_was_taken_at_a_place_is_expected_there(make):
    doubts = [told(make(), *(pick(seq, "0001", "0007") for seq in range(1, n + 1)))[-1] for n in (1, 2, 4)]
    assert [sku for sku, _ in doubts] == ["0007"] * 3
    assert doubts[0][1] < doubts[1][1] < doubts[2][1]
    assert doubts[2][1] > 0.99


def test_a_gondola_that_kept_to_its_plan_is_trusted(make):
    """After many picks as planned, one strange weight is rather a catalogue error."""
    as_planned = [pick(seq, "0002", "0002") for seq in range(1, 30)]
    (_, fresh) = told(make(), pick(30, "0001", "0007"))[0]
    *_, (sku, probability) = told(make(), *as_planned, pick(30, "0001", "0007"))
    assert (probability if sku == "0007" else 1 - probability) < fresh


def test_weights_that_are_a_little_off_do_not_become_another_sku(make):
    """A new lot, two nats lighter than the catalogue has it, pick after pick."""
    taken = told(make(), *(pick(seq, "0001", "0007", misfit=2.0) for seq in range(1, 11)))
    assert [sku for sku, _ in taken] == ["0001"] * 10


def test_experience_does_not_depend_on_the_order_of_arrival(make):
    claims = [pick(seq, "0001", "0007" if seq % 3 else "0001", misfit=3.0) for seq in range(1, 20)]
    shuffled = random.Random(1).sample(claims, len(claims))
    one, other = make(), make()
    told(one, *claims)
    for claim in shuffled:
        other.put(claim)
        other.findings()
    assert other.findings() == one.findings()


def test_experience_outlives_the_claims_it_came_from(make):
    timeline = make()
    told(timeline, *(pick(seq, "0001", "0007") for seq in range(1, 400)))
    assert timeline.forget(before=1e9, keep=0)
    assert told(timeline, pick(400, "0003", "0009"))[0][1] > 0.97


# --- counts ------------------------------------------------------------------------------------------


def sighting(layout: LearnedLayout, sku: str, *plates: str) -> Sighting:
    return layout.sighting(EventIdentity("n1", "b1", 1), plates, sku)


def test_goods_one_plate_too_far_are_as_planned(layout):
    assert sighting(layout, "0002", "wall/1/1").planned
    assert not sighting(layout, "0003", "wall/1/1").planned
    assert not sighting(layout, "9999", "wall/1/1").planned
    assert not sighting(layout, "0001", "nowhere/1/1").planned


def test_single_picks_and_settled_ones_tell_the_same(layout):
    plates = ("wall/1/1", "wall/1/2")
    seen = [sighting(layout, "0001", "wall/1/1"), sighting(layout, "0007", "wall/1/2", "wall/1/3")]
    settled = NO_EXPERIENCE.joined((each, 1.0) for each in seen).tally(plates)
    assert settled == Tally.of(seen, plates) == Tally(2, 1, (("0001", 0.5), ("0007", 0.5)))
    assert settled.joined(Tally()) == settled


def test_experience_is_bounded(layout):
    experience = NO_EXPERIENCE
    for _ in range(1000):
        experience = experience.joined([(sighting(layout, "0007", "wall/1/1"), 1.0)])
    tally = experience.tally(("wall/1/1",))
    assert tally.picks <= MEMORY_PICKS
    assert sum(count for _, count in tally.here) <= MEMORY_PICKS
    planned = layout.log_prior("0001", PLANNED, ("wall/1/1",), tally)
    assert math.exp(planned) > (1 - REARRANGED_MAX) * (1 - SEEN_MAX) * math.exp(PLANNED) - 1e-9


def test_without_experience_the_planogram_speaks(layout):
    for sku, log_planned in (("0001", PLANNED), ("0007", ELSEWHERE), ("9999", ELSEWHERE)):
        learned = layout.log_prior(sku, log_planned, ("wall/1/1",), Tally())
        assert abs(math.exp(learned) - math.exp(log_planned)) <= REARRANGED


@given(
    picks=st.lists(
        st.tuples(st.sampled_from(SKUS), st.sampled_from(SKUS), st.floats(0.0, 1.0)), max_size=120
    ),
    where=st.sampled_from(SKUS),
)
def test_priors_stay_a_distribution(picks, where):
    plates = {plate: Box((0.1 * n, 0.0, 0.8), (0.1, 0.4, 0.3)) for n, (plate,) in enumerate(HOME.values())}
    layout = LearnedLayout(Planogram("test", plates, [Facing(each, sku=sku) for sku, each in HOME.items()]))
    experience = Experience()
    for place, sku, mass in picks:
        experience = experience.joined([(sighting(layout, sku, *HOME[place]), mass)])
    tally = experience.tally(HOME[where])
    priors = [
        layout.log_prior(sku, PLANNED if sku == where else ELSEWHERE, HOME[where], tally) for sku in SKUS
    ]
    assert 0.5 < math.fsum(map(math.exp, priors)) < 1.01
