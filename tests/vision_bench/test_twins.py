from __future__ import annotations

import numpy as np
import pytest

from edge.samples import NS_PER_S, Frame
from tools.scenarios.modelled_noise import ModelledNoise
from tools.scenarios.suite import write
from tools.scenarios.suite.misplaced import misplaced_near_twin
from tools.vision_bench.filmed_case import FilmedCase
from tools.vision_bench.twin_store import WITHIN_G, twin_store


@pytest.mark.parametrize("look_alike", [True, False])
def test_every_sku_has_a_twin_on_its_shelf_and_looks_another_way(look_alike: bool) -> None:
    store = twin_store(3, look_alike=look_alike)
    weight_g = {sku.sku: sku.weight_g for sku in store.catalogue.skus.values()}
    for shelf in ("1/1", "1/2"):
        skus = [each.sku for each in store.planogram.facings if each.plates[0].startswith(f"{shelf}/")]
        for sku in skus:
            (twin,) = [o for o in skus if o != sku and abs(weight_g[o] - weight_g[sku]) <= WITHIN_G + 0.05]
            one, other = store.looks[sku], store.looks[twin]
            assert one != other
            assert (one.brand == other.brand) is look_alike


def test_a_filmed_case_shows_where_goods_went() -> None:
    """Frames come in order, at their rate; the picture changes where the script moves goods."""
    store = twin_store(1, look_alike=False)
    script = write(misplaced_near_twin, 1, store.planogram, store.catalogue)
    case = FilmedCase(script, store.planogram, store.catalogue, ModelledNoise(), store.looks)
    frames = [arrived for _, arrived in case.inputs() if isinstance(arrived, Frame)]
    times_s = np.array([frame.mono_ns for frame in frames]) / NS_PER_S
    assert np.diff(times_s) == pytest.approx(0.25)
    assert times_s[-1] > max(transfer.t for transfer in script.transfers) + 1
    first, last = (frame.rgb.astype(float).mean(axis=2) for frame in (frames[0], frames[-1]))
    assert np.abs(first - last).max() > 40
