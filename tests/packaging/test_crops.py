import numpy as np
import pytest

from tools.packaging import FAMILY, Shape, design, relatives, render_crop
from tools.packaging.label import label_of

ONE_OF_EACH = [
    next(seed for seed in range(0, 4000, FAMILY) if design(seed).shape is shape) for shape in Shape
]


def crop(seed, draw=0, size_px=96):
    return render_crop(design(seed), np.random.default_rng(draw), size_px)


@pytest.mark.parametrize("seed", ONE_OF_EACH, ids=[shape.name for shape in Shape])
def test_every_shape_fills_its_crop(seed):
    picture = crop(seed)
    assert picture.shape == (96, 96, 3)
    assert picture.dtype == np.uint8
    assert picture[24:72, 24:72].std() > 4


def test_one_generator_state_one_crop():
    assert np.array_equal(crop(8, draw=5), crop(8, draw=5))


def test_crops_of_one_product_vary():
    first, second = crop(8, draw=1).astype(float), crop(8, draw=2).astype(float)
    assert np.abs(first - second).mean() > 8


def test_look_alikes_are_alike_but_not_equal():
    """Over many families: labels of one family differ less than those of two, and never not at all."""

    def distance(a, b):
        one, other = label_of(design(a)), label_of(design(b))
        width = min(one.front_px, other.front_px)
        difference = one.art[:, :width].astype(float) - other.art[:, :width]
        return np.abs(difference).mean()

    within = [distance(seed, relatives(seed)[0]) for seed in range(0, 120, FAMILY)]
    across = [distance(seed, seed + FAMILY) for seed in range(0, 120, FAMILY)]
    assert min(within) > 0.2
    assert np.median(within) < 0.6 * np.median(across)


def test_products_behind_and_beside_do_not_change_the_label():
    before = label_of(design(8)).art.copy()
    for draw in range(3):
        crop(8, draw)
    assert np.array_equal(label_of(design(8)).art, before)


def test_a_crop_too_small_to_see_anything_is_refused():
    with pytest.raises(ValueError, match="at least 16 px"):
        crop(0, size_px=8)
