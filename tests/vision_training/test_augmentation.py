"""Augmented views are of the asked size, decided by the generator alone, and still show the product."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.vision_training import augmentation
from tools.vision_training.augmentation import augmented, several_units
from tools.vision_training.hand import draw_hand


def striped(height: int = 120, width: int = 90) -> np.ndarray:
    """Red above blue."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[: height // 2, :, 0] = 200
    rgb[height // 2 :, :, 2] = 200
    return rgb


@given(st.integers(0, 2**32), st.integers(24, 300), st.integers(24, 300))
@settings(max_examples=40, deadline=None)
def test_a_view_is_a_square_picture_of_the_asked_size(seed: int, height: int, width: int) -> None:
    rgb = striped(height, width)
    kept = rgb.copy()
    view = augmented(rgb, 64, np.random.default_rng(seed))
    assert view.shape == (64, 64, 3)
    assert view.dtype == np.uint8
    np.testing.assert_array_equal(rgb, kept)


def test_the_same_generator_gives_the_same_view_and_another_gives_another() -> None:
    views = [augmented(striped(), 64, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(views[0], views[1])
    assert (views[0] != views[2]).mean() > 0.2


def test_views_keep_what_is_up_and_what_is_which_colour() -> None:
    views = np.stack([augmented(striped(), 48, np.random.default_rng(seed)) for seed in range(60)]).astype(
        float
    )
    upper, lower = views[:, 8:20].mean((0, 1, 2)), views[:, 28:40].mean((0, 1, 2))
    assert upper[0] > lower[0] + 40
    assert lower[2] > upper[2] + 40


@pytest.mark.parametrize("change", ["lit", "blurred", "jpeg", "cut_out"])
def test_each_change_changes_something_and_leaves_the_shape(change: str) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    for seed in range(8):
        changed = getattr(augmentation, change)(rgb, np.random.default_rng(seed))
        assert changed.shape == rgb.shape
        assert changed.dtype == np.uint8
        assert (changed != rgb).any()


def test_a_second_unit_stands_beside_or_above_the_first() -> None:
    for seed in range(10):
        shape = several_units(striped(), np.random.default_rng(seed)).shape
        assert shape[0] == 120 or shape[1] == 90
        assert shape[0] * shape[1] >= 1.5 * 120 * 90


def test_a_hand_hides_a_part_and_comes_from_the_border() -> None:
    rgb = np.full((96, 96, 3), 120, np.uint8)
    covers = []
    for seed in range(30):
        hidden = (draw_hand(rgb, np.random.default_rng(seed)) != 120).any(axis=2)
        covers.append(hidden.mean())
        border = np.concatenate([hidden[0], hidden[-1], hidden[:, 0], hidden[:, -1]])
        assert border.any() or covers[-1] < 0.02
    assert 0.08 < np.mean(covers) < 0.5
    assert max(covers) < 0.8
