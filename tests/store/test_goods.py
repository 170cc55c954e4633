from __future__ import annotations

import numpy as np
import pytest

from tools.store_simulator.goods import SHARE, STRADDLING, UNIT_SPREAD_SHARE, Goods, Unit
from tools.store_simulator.layout import StoreLayout

OIL = ("pantry/1/1", "pantry/1/2")


@pytest.fixture
def goods(layout: StoreLayout) -> Goods:
    return Goods(layout, np.random.default_rng(3))


def all_units(goods: Goods) -> list[Unit]:
    return [unit for plate in goods.stocked() for unit in emptied(goods, plate)]


def emptied(goods: Goods, plate: str) -> list[Unit]:
    units = []
    while plate in goods.stocked():
        units += goods.take(plate, 1)
    return units


def test_units_of_one_sku_differ_a_little(goods: Goods, layout: StoreLayout) -> None:
    off = [unit.weight_g / layout.catalogue.get(unit.sku).weight_g - 1 for unit in all_units(goods)]
    assert np.std(off) == pytest.approx(UNIT_SPREAD_SHARE, rel=0.15)


def test_some_units_of_a_wide_facing_stand_on_two_plates(goods: Goods) -> None:
    units = all_units(goods)
    wide = [unit for unit in units if goods.neighbours[unit.rests[0].plate]]
    straddling = [unit for unit in units if len(unit.rests) == 2]
    # The last plate of a facing has none to its right.
    assert len(straddling) / len(wide) == pytest.approx(STRADDLING / 2, abs=0.04)
    for unit in straddling:
        left, right = unit.rests
        assert right.plate in goods.neighbours[left.plate]
        assert left.share + right.share == pytest.approx(1.0)
        assert SHARE[0] <= left.share <= SHARE[1]
        assert (left.place[0], right.place[0]) == (1.0, -1.0)


def test_what_stands_there_is_the_sum_of_all_units(goods: Goods) -> None:
    standing = goods.standing(OIL)
    units = [unit for plate in OIL for unit in emptied(goods, plate)]
    assert sum(standing.load_g) == pytest.approx(sum(unit.weight_g for unit in units))
    assert sum(goods.standing(OIL).load_g) == 0.0


def test_restocking_fills_up_and_never_beyond(goods: Goods) -> None:
    full = len(emptied(goods, OIL[0]))
    assert OIL[0] in goods.sold(full)
    assert len(goods.restock(OIL[0], 4)) == 4
    assert len(goods.restock(OIL[0])) == full - 4
    assert goods.restock(OIL[0], 5) == ()


def test_a_unit_that_is_put_back_stands_on_its_plate_alone(goods: Goods) -> None:
    taken = goods.take(OIL[0], 2)
    placed = goods.put(OIL[1], taken)
    assert [unit.weight_g for unit in placed] == [unit.weight_g for unit in taken]
    assert {rest.plate for unit in placed for rest in unit.rests} == {OIL[1]}
