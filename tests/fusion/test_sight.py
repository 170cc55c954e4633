"""What pictures may say about multisets, and how much of it counts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_shelf import JAM, TWIN, WATER, moved, search

from edge.fusion.sight import POOR, Look, Sight
from edge.messages import Hypothesis, ItemCount

WRONG = 0.01
STANDING = {"a": 0.9, "b": 0.06, "c": 0.03, "d": 0.009}
LOOKS = st.lists(
    st.dictionaries(st.sampled_from("abcd"), st.floats(-300.0, 300.0), min_size=1), min_size=1, max_size=3
)
ITEMS = st.lists(st.builds(ItemCount, st.sampled_from("abcde"), st.integers(1, 5)), max_size=3)


def one(sku: str, quantity: int = 1) -> ItemCount:
    return ItemCount(sku, quantity)


def test_without_looks_nothing_is_said() -> None:
    for looks in ([], [{}], [{}, {}]):
        sight = Sight(looks, WRONG, STANDING)
        assert sight.log_likelihood([one("a")]) == 0.0
        assert list(sight.of_single(["a", "b"])) == [0.0, 0.0]


def test_two_of_a_kind_look_like_one() -> None:
    sight = Sight([{"a": 2.0, "b": -1.0}], WRONG, STANDING)
    assert sight.log_likelihood([one("a", 2)]) == sight.log_likelihood([one("a")])


def test_one_look_at_two_skus_shows_one_of_them() -> None:
    """With no doubt about the picture itself, a mixture has the mean of the likelihoods."""
    sight = Sight([{"a": 2.0, "b": -1.0}], 1e-9, STANDING)
    expected = math.log((math.exp(2.0) + 2 * math.exp(-1.0)) / 3)
    assert sight.log_likelihood([one("a"), one("b", 2)]) == pytest.approx(expected, abs=1e-6)


def test_two_looks_tell_two_skus_from_two_of_one() -> None:
    sight = Sight([{"a": 4.0, "b": -4.0}, {"a": -4.0, "b": 4.0}], WRONG, STANDING)
    both = sight.log_likelihood([one("a"), one("b")])
    assert both > sight.log_likelihood([one("a", 2)])
    assert both > sight.log_likelihood([one("b", 2)])


def test_what_nobody_enrolled_looks_like_goods_that_nobody_knows() -> None:
    sight = Sight([{"a": 3.0, "b": -3.0}], WRONG, STANDING)
    assert sight.log_likelihood([one("not enrolled")]) == pytest.approx(0.0)
    assert sight.log_likelihood([one("b")]) < 0.0 < sight.log_likelihood([one("a")])


@given(LOOKS, st.lists(ITEMS, min_size=2, max_size=6), st.floats(1e-6, 0.5))
def test_no_pictures_outweigh_the_doubt_about_them(
    looks: list[Look], hypotheses: list[list[ItemCount]], wrong: float
) -> None:
    """With one picture, the place included, by no more than 1 / wrong."""
    sight = Sight(looks[:1], wrong, STANDING)
    terms = [sight.log_likelihood(items) for items in hypotheses]
    assert all(map(math.isfinite, terms))
    singles = [sight.log_likelihood([one(sku)]) + math.log(share) for sku, share in STANDING.items()]
    assert max(singles) - min(terms) <= math.log(1 / wrong) + 1e-6


@pytest.mark.parametrize("sure", [20.0, 300.0])
def test_a_stranger_that_is_seen_is_believed_as_far_as_the_picture_is(sure: float) -> None:
    """What a picture shows by mistake must stand here too, so its prior is that of a stranger that moved."""
    for looks in ([{"a": -sure, "d": sure}], [{"a": -sure, "d": sure}] * 2):
        sight = Sight(looks, WRONG, STANDING)
        own, strange = (sight.log_likelihood([one(sku)]) + math.log(STANDING[sku]) for sku in "ad")
        odds = math.exp(strange - own)
        assert 0.9 / WRONG < odds < 2.3 / WRONG


def test_goods_that_look_poor_still_look_more_like_one_than_another() -> None:
    clear, poor = (
        Sight([{"a": 4.0 + down, "b": -1.0 + down}], 1e-9, STANDING).of_single(["a", "b"])
        for down in (0.0, -60.0)
    )
    assert poor[0] - poor[1] == pytest.approx(clear[0] - clear[1], abs=1e-3)
    assert poor[0] == pytest.approx(math.log(POOR), abs=1e-3)


@given(
    st.lists(st.fixed_dictionaries(dict.fromkeys("abcd", st.floats(-300.0, 300.0))), min_size=1, max_size=3),
    st.permutations("abcd"),
)
def test_the_order_of_likelihoods_among_the_enrolled_is_kept(looks: list[Look], skus: list[str]) -> None:
    sums = {sku: sum(look.get(sku, 0.0) for look in looks) for sku in skus}
    terms = Sight(looks, WRONG, STANDING).of_single(skus)
    ranked = [terms[skus.index(sku)] for sku in sorted(skus, key=sums.__getitem__)]
    assert np.all(np.diff(ranked) >= -1e-9)


def probability_of(found: tuple[Hypothesis, ...], sku: str) -> float:
    return sum(each.probability for each in found if each.items and each.items[0].sku == sku)


def test_a_look_decides_between_twins() -> None:
    found = search().explain(moved(-300.2, 2), [{TWIN: 5.0, "twin 2": -5.0}])
    assert probability_of(found, TWIN) > 0.97
    vision = {each.items[0].sku: each.log_likelihood.vision for each in found if each.items}
    assert vision[TWIN] > 0.0 > vision["twin 2"]
    (unknown,) = (each for each in found if not each.items)
    assert unknown.log_likelihood.vision == 0.0


def test_grams_overrule_a_picture() -> None:
    """However sure the picture: 622 g are a bottle of water and no jar of jam."""
    found = search().explain(moved(-622.1, 1), [{JAM: 500.0, WATER: -500.0}])
    assert found[0].items == (one(WATER),)
    assert found[0].probability > 0.5


def test_a_picture_like_nothing_enrolled_makes_the_known_doubtful() -> None:
    change, unlike = moved(-409.0, 4), dict.fromkeys((WATER, TWIN, "twin 2", JAM), -8.0)
    blind, seen = search().explain(change), search().explain(change, [unlike])
    assert probability_of(seen, JAM) < probability_of(blind, JAM)


def test_a_look_reaches_what_weight_ranked_too_low_to_keep() -> None:
    change = moved(-300.2, 2)
    kept = search(hypotheses_max=2).explain(change, [{"twin 2": 5.0, TWIN: -5.0}])
    assert kept[0].items == (one("twin 2"),)
