"""Where goods stand: the prior sums to at most one and prefers what is planned."""

from __future__ import annotations

import numpy as np
import pytest
from small_shelf import BAR, CATALOGUE, FAR, JAM, PLANOGRAM, TWIN, WATER, WIDE, plate

from edge.config import FusionSection
from edge.fusion.layout import Layout
from edge.planogram import Catalogue, Planogram

LAYOUT = Layout(PLANOGRAM, CATALOGUE, FusionSection())


def prior(plates: list[int], shares: list[float], layout: Layout = LAYOUT) -> dict[str, float]:
    found = layout.log_prior([plate(number) for number in plates], shares)
    return dict(zip(layout.skus, np.exp(found), strict=True))


@pytest.mark.parametrize("number", range(1, 9))
def test_it_is_a_probability(number: int) -> None:
    found = prior([number], [1.0])
    assert 0.9 < sum(found.values()) <= 1 + 1e-9
    assert all(probability > 0 for probability in found.values())


def test_planned_beats_neighbour_beats_elsewhere() -> None:
    found = prior([4], [1.0])
    assert found[JAM] > 0.9
    assert found[JAM] > found[BAR] > found[FAR] > 0
    assert found[BAR] == pytest.approx(found[WIDE], rel=0.01)


def test_skus_that_share_a_plate_share_the_prior() -> None:
    found = prior([2], [1.0])
    assert found[TWIN] == pytest.approx(found["twin 2"])
    assert found[TWIN] == pytest.approx(0.5, abs=0.05)


def test_plates_count_by_their_share_of_the_change() -> None:
    found = prior([1, 2], [0.9, 0.1])
    assert found[WATER] > 0.8
    assert 0.02 < found[TWIN] < 0.1


def test_a_wide_facing_is_one_place() -> None:
    assert prior([5, 6], [0.5, 0.5])[WIDE] == pytest.approx(prior([5], [1.0])[WIDE], abs=0.05)


def test_a_plate_that_the_planogram_does_not_have_tells_nothing() -> None:
    found = prior([99], [1.0])
    assert len(set(found.values())) == 1
    assert set(found) == set(CATALOGUE.skus)


def test_sku_of_a_facing_that_the_catalogue_does_not_hold() -> None:
    layout = Layout(PLANOGRAM, Catalogue([]), FusionSection())
    assert prior([1], [1.0], layout)[WATER] > 0.9


def test_a_store_without_goods_has_no_prior() -> None:
    layout = Layout(Planogram("empty", {}, []), Catalogue([]), FusionSection())
    assert layout.log_prior(["1/1/1"], [1.0]).size == 0
