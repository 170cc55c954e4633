from __future__ import annotations

from itertools import pairwise

import pytest

from edge.vision.embedder import load_embedder
from tools.scenarios.suite import write
from tools.vision_bench import shopping_days
from tools.vision_bench.shopping_days import ROUNDS, STEP_G, family_store, go_shopping, one_day


def test_weight_tells_all_goods_and_families_look_alike() -> None:
    store = family_store(2)
    weights_g = sorted(sku.weight_g for sku in store.catalogue.skus.values())
    assert all(after - before >= STEP_G for before, after in pairwise(weights_g))
    brands = [look.brand for look in store.looks.values()]
    assert sorted(brands.count(brand) for brand in brands) == [4] * 12
    script = write(one_day, 1, store.planogram, store.catalogue)
    assert len(script.transfers) == ROUNDS * 12


@pytest.mark.slow
def test_a_day_of_shopping_teaches_a_gallery_of_few_portraits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shopping_days, "ASKED_DAYS", 1)
    days = go_shopping(load_embedder(), 0, enrolled=2, days=1)
    assert len(days.accuracy) == 2
    assert days.labelled[0] == 0 < days.labelled[1] <= ROUNDS * 12
    assert days.asked >= ROUNDS * 12 // 2
    assert days.wrong <= 1
