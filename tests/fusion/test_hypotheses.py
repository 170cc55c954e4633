"""What was it: quantities, twins, straddling, goods that nobody knows; probabilities and their evidence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_shelf import BAR, CATALOGUE, FAR, JAM, NAMELESS, PLANOGRAM, TWIN, TYPO, WATER, WIDE, moved, search

from edge.config import FusionSection
from edge.fusion.hypotheses import HypothesisSearch
from edge.messages import Hypothesis
from edge.planogram import Catalogue, Planogram, Sku


def best(found: tuple[Hypothesis, ...]) -> tuple[str, int]:
    (item,) = found[0].items
    return item.sku, item.quantity


def probability_of(found: tuple[Hypothesis, ...], sku: str | None) -> float:
    """Of some units of a SKU; of goods that the catalogue does not hold (None)."""
    return sum(
        hypothesis.probability
        for hypothesis in found
        if (hypothesis.items[0].sku if hypothesis.items else None) == sku
    )


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("quantity", [1, 2, 3, 4])
def test_so_many_units(quantity: int, sign: float) -> None:
    found = search().explain(moved(sign * (622.0 * quantity + 1.5), 1))
    assert best(found) == (WATER, quantity)
    assert found[0].probability > 0.9
    assert found[0].expected_g == pytest.approx(sign * 622.0 * quantity)


def test_twins_share_the_probability() -> None:
    found = search().explain(moved(-300.2, 2))
    assert probability_of(found, TWIN) == pytest.approx(0.5, abs=0.1)
    assert probability_of(found, "twin 2") == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.97])
def test_goods_on_two_plates_however_they_stand(share: float) -> None:
    found = search().explain(moved([-900.0 * share, -900.0 * (1 - share)], (5, 6)))
    assert best(found) == (WIDE, 1)
    assert found[0].probability > 0.9


def test_a_weight_that_nothing_here_has_is_not_known() -> None:
    found = search().explain(moved(-517.0, 5, shelf=2))
    assert found[0].items == ()
    assert found[0].expected_g == 0.0
    assert found[0].probability > 0.9


def test_goods_of_unknown_weight_are_what_stands_there() -> None:
    assert best(search().explain(moved(-517.0, 7))) == (NAMELESS, 1)


@pytest.mark.parametrize("delta_g", [-622.3, -97.0, -1_400.0])
def test_an_absurd_catalogue_weight_is_not_believed(delta_g: float) -> None:
    """A bottle of "1.6 g" is one bottle, not 389 of them."""
    assert best(search().explain(moved(delta_g, 8))) == (TYPO, 1)


def test_a_catalogue_weight_may_be_plainly_wrong() -> None:
    """The planned SKU weighs something else: it stays a candidate, and the doubt shows."""
    found = search().explain(moved(-409.0, 4))
    assert 0.05 < probability_of(found, JAM) < 0.95
    assert 0.05 < probability_of(found, None) < 0.95


# --- two SKUs in one grip ---------------------------------------------------------------------------


def items(found: tuple[Hypothesis, ...]) -> dict[str, int]:
    """Of the likeliest one."""
    return {item.sku: item.quantity for item in found[0].items}


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize(
    ("plates", "delta_g", "what"),
    [
        (3, 45.0 + 380.0, {BAR: 1, JAM: 1}),  # from one plate, the neighbour's goods stood on it
        (4, 2 * 45.0 + 380.0, {BAR: 2, JAM: 1}),
        ((3, 4), (20.0, 25.0 + 380.0), {BAR: 1, JAM: 1}),  # one of them straddles
    ],
)
def test_two_skus_that_stand_side_by_side_in_one_grip(plates, delta_g, what, sign: float) -> None:
    moved_g = [sign * each for each in delta_g] if isinstance(delta_g, tuple) else sign * delta_g
    found = search().explain(moved(moved_g, plates))
    assert items(found) == what
    assert found[0].expected_g == pytest.approx(sign * np.sum(delta_g))


def test_a_pair_is_rarer_than_two_of_one_kind() -> None:
    """Both twins stand there: two of the one weigh like one of each."""
    found = search().explain(moved(-600.4, 2))
    assert len(found[0].items) == 1
    assert any(items((each,)) == {TWIN: 1, "twin 2": 1} for each in found)


def test_pairs_are_of_goods_that_stand_there() -> None:
    found = search().explain(moved(-(622.0 + 150.0), 1))
    assert all(len(each.items) < 2 for each in found)


def test_without_mixed_grips_there_are_no_pairs() -> None:
    found = search(mixed=0.0).explain(moved(-425.0, 3))
    assert items(found) == {} or len(items(found)) == 1


def test_goods_that_went_astray_are_recognised() -> None:
    assert best(search().explain(moved(-622.0, 3))) == (WATER, 1)
    assert best(search().explain(moved(150.0, 4))) == (FAR, 1)


def test_what_is_planned_here_is_likelier_than_its_like_from_elsewhere() -> None:
    here, there = search().explain(moved(-45.0, 3)), search().explain(moved(-45.0, 1))
    assert probability_of(here, BAR) > probability_of(there, BAR) > 0


def test_one_is_likelier_than_many() -> None:
    light = Catalogue([*CATALOGUE.skus.values(), Sku(sku="half", name="half", weight_g=190.0)])
    planogram = Planogram("p", PLANOGRAM.plates, [each for each in PLANOGRAM.facings if each.sku != JAM])
    found = HypothesisSearch(planogram, light, FusionSection()).explain(moved(-380.0, 4))
    assert best(found) == (JAM, 1)
    assert probability_of(found, "half") > 0


def test_more_units_than_anybody_takes_are_not_claimed() -> None:
    found = search(quantity_max=3).explain(moved(-45.0 * 8, 3))
    assert all(item.quantity <= 3 for hypothesis in found for item in hypothesis.items)


def test_a_noisier_measurement_tells_less_apart() -> None:
    quiet, loud = (search().explain(moved(-380.0, 4, sigma_g=sigma_g)) for sigma_g in (0.3, 30.0))
    assert quiet[0].log_likelihood.weight > loud[0].log_likelihood.weight


def test_a_plate_that_the_planogram_does_not_have() -> None:
    found = search().explain(moved(-622.0, 99))
    assert best(found) == (WATER, 1)


def test_a_store_without_goods() -> None:
    (only,) = HypothesisSearch(Planogram("empty", {}, []), Catalogue([]), FusionSection()).explain(
        moved(-622.0, 1)
    )
    assert (only.items, only.probability) == ((), 1.0)


def test_no_room_for_neighbours_in_the_layout() -> None:
    """Without the prior of a neighbour's goods, what stands here is still what stands here."""
    assert best(search(layout_neighbour=0.0).explain(moved(-517.0, 7))) == (NAMELESS, 1)


@given(
    delta_g=st.lists(st.floats(-3_000.0, 3_000.0), min_size=1, max_size=4).filter(
        lambda each: abs(sum(each)) >= 1
    ),
    first=st.integers(1, 5),
    sigma_g=st.floats(0.05, 50.0),
    hypotheses_max=st.integers(2, 16),
)
@settings(max_examples=60, deadline=None)
def test_probabilities_and_evidence_of_any_change(
    delta_g: list[float], first: int, sigma_g: float, hypotheses_max: int
) -> None:
    change = moved(delta_g, range(first, first + len(delta_g)), sigma_g=sigma_g)
    found = search(hypotheses_max=hypotheses_max).explain(change)
    assert 1 <= len(found) <= hypotheses_max
    assert sum(hypothesis.probability for hypothesis in found) == pytest.approx(1.0, abs=1e-6)
    assert sum(not hypothesis.items for hypothesis in found) == 1
    probabilities = [hypothesis.probability for hypothesis in found]
    assert probabilities == sorted(probabilities, reverse=True)
    for hypothesis in found:
        terms = hypothesis.log_likelihood
        assert math.isfinite(terms.total)
        assert terms.total == pytest.approx(terms.weight + terms.layout + terms.stock + terms.vision)
    # What an event carries is enough to get its probabilities again.
    weights = np.exp([each.log_likelihood.total - found[0].log_likelihood.total for each in found])
    assert probabilities == pytest.approx(list(weights / weights.sum()), abs=1e-4)


def test_equal_changes_have_equal_explanations() -> None:
    assert search().explain(moved(-622.0, 1)) == search().explain(moved(-622.0, 1))
