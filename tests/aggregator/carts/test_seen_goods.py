"""Pictures weigh what weights cannot tell: which of two twins came back, which of two things was taken."""

from __future__ import annotations

import pytest
from small_store import PLATES

from edge.aggregator.carts.account import Actor, Claim
from edge.aggregator.carts.beam import EMPTY_STORE, Beam
from edge.aggregator.carts.belief import CartBelief
from edge.aggregator.carts.contents import contents_of
from edge.aggregator.carts.experience import LearnedLayout
from edge.aggregator.carts.placing import Placing
from edge.config import CartSection
from edge.messages import EventIdentity, EventKind, EvidenceTerms, Hypothesis, ItemCount

WEIGHT_G = 600.0
"""[g] that every thing here was weighed at."""


@pytest.fixture
def belief(planogram, catalogue) -> CartBelief:
    return CartBelief(Placing(planogram), LearnedLayout(planogram), catalogue, CartSection())


def seen(seq: int, visit: str, kind: EventKind, plate: str, vision: dict[str, float]) -> Claim:
    """A change that fits all SKUs alike by weight; [nat] by SKU, what its pictures say."""
    hypotheses = [
        Hypothesis((ItemCount(sku, 1),), 0.4, EvidenceTerms(weight=-1.0, vision=said))
        for sku, said in vision.items()
    ]
    return Claim(
        event=EventIdentity("n1", "b1", seq), kind=kind, plates=(plate,), weight_g=WEIGHT_G, sigma_g=0.5,
        hypotheses=(*hypotheses, Hypothesis((), 0.1, EvidenceTerms(weight=-9.0))),
        t_onset_s=10.0 * seq, t_s=10.0 * seq + 0.4,
        actors=(Actor(visit, "r_wrist", 0.999), Actor(None, "", 0.001)),
    )  # fmt: skip


def best(beam: Beam, visit: str) -> dict[str, int]:
    contents = contents_of(beam).get(visit)
    return {item.sku: item.quantity for item in contents.best()[0]} if contents else {}


@pytest.mark.parametrize(("gone", "kept"), [("0001", "0002"), ("0002", "0001")])
def test_of_two_twins_that_are_held_the_one_that_was_seen_goes_back(belief, gone: str, kept: str) -> None:
    beam = EMPTY_STORE
    for seq, (one, other) in enumerate((("0001", "0002"), ("0002", "0001"))):
        plate = PLATES["0001"]
        beam = belief.update(beam, seen(seq, "anna", EventKind.PICK, plate, {one: 2.0, other: -2.0}))
    assert best(beam, "anna") == {"0001": 1, "0002": 1}
    back = seen(3, "anna", EventKind.RETURN, "wall/2/2", {gone: 2.0, kept: -2.0})
    assert best(belief.update(beam, back), "anna") == {kept: 1}


@pytest.mark.parametrize(("taken", "left"), [("0001", "0002"), ("0002", "0001")])
def test_a_thing_in_the_wrong_place_is_taken_if_it_was_seen(belief, taken: str, left: str) -> None:
    beam = belief.update(
        EMPTY_STORE, seen(1, "anna", EventKind.PICK, PLATES["0001"], {"0001": 2.0, "0002": -2.0})
    )
    laid = seen(2, "anna", EventKind.RETURN, PLATES["0002"], {"0001": 2.0, "0002": -2.0})
    beam = belief.update(beam, laid)
    beam = belief.update(beam, seen(3, "bela", EventKind.PICK, PLATES["0002"], {taken: 2.0, left: -2.0}))
    assert best(beam, "bela") == {taken: 1}
