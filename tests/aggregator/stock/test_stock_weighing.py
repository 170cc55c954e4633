"""How many units a weight is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.aggregator.stock.weighing import units_by_weight
from edge.planogram import Sku

WATER = Sku(sku="0001", name="Spring water", weight_g=600.0)
TWIN = Sku(sku="0004", name="Still water", weight_g=601.0)


def best(delta_g: float, *skus: Sku, sigma_g: float = 2.0):
    found = list(units_by_weight(delta_g, sigma_g, [(sku.sku, sku) for sku in skus]))
    return max(found, default=(0.0, "", 0)), found


def test_a_crate_of_twelve():
    (probability, sku, units), found = best(7210.0, WATER)
    assert (sku, units) == ("0001", 12)
    assert probability > 0.95
    assert sum(each[0] for each in found) <= 1.0


def test_so_many_that_the_spread_of_units_blurs_the_count():
    light = Sku(sku="0009", name="Stock cube", weight_g=5.0, weight_sigma_g=0.4)
    (probability, _, units), _ = best(500.0, light)
    assert units == 100
    assert probability < 0.9


def test_twins_share():
    (probability, _, units), found = best(600.5, WATER, TWIN)
    assert units == 1
    assert probability == pytest.approx(0.5, abs=0.1)
    assert sum(each[0] for each in found) > 0.95


def test_something_else_is_no_lot():
    _, found = best(350.0, WATER)
    assert sum(each[0] for each in found) < 0.01


def test_goods_of_unknown_weight_are_left_out():
    assert best(350.0, Sku(sku="1", name="?"))[1] == []


@given(st.integers(1, 40), st.floats(50, 2000), st.floats(-1.5, 1.5))
def test_the_nearest_whole_number_and_the_sign(units, unit_g, off_g):
    sku = Sku(sku="1", name="x", weight_g=unit_g)
    (_, _, found), _ = best(-(units * unit_g + off_g), sku)
    assert found == -units
