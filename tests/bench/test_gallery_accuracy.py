"""The figures of a gallery: what they are for a perfect, a blind and a learning one."""

from __future__ import annotations

import numpy as np
import pytest

from tools.gallery_accuracy import Photos, auroc, calibration_error, learning_curve, measure


def products(count: int, pictures: int, spread: float, seed: int = 0) -> dict[str, np.ndarray]:
    means = np.random.default_rng(7).normal(size=(count, 32))
    rng = np.random.default_rng(seed)
    found = {f"s{row}": mean + spread * rng.normal(size=(pictures, 32)) for row, mean in enumerate(means)}
    return {
        sku: (v / np.linalg.norm(v, axis=1, keepdims=True)).astype(np.float32) for sku, v in found.items()
    }


def test_errors_of_stated_probabilities() -> None:
    assert calibration_error([0.75] * 4, [True, True, True, False]) == pytest.approx(0.0)
    assert calibration_error([1.0] * 4, [True, True, False, False]) == pytest.approx(0.5)


def test_auroc_of_apart_and_of_alike() -> None:
    assert auroc(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1.0
    assert auroc(np.array([1.0, 1.0]), np.array([1.0])) == 0.5


def test_clear_products_are_told_and_noise_is_not() -> None:
    clear = measure(Photos(products(8, 5, 0.3), products(8, 6, 0.3, seed=1)), 4, 5, 2, 0.03)
    assert np.mean(clear.right) == 1.0
    assert np.mean(clear.aurocs) > 0.98
    noise = measure(Photos(products(8, 5, 50.0), products(8, 6, 50.0, seed=1)), 4, None, 2, 0.03)
    assert np.mean(noise.right) < 0.6
    assert noise.row().count("|") == 3


def test_right_labels_teach_and_wrong_ones_show() -> None:
    first, asked = products(6, 1, 1.0), products(6, 20, 1.0, seed=1)
    days = [products(6, 4, 1.0, seed=seed) for seed in (2, 3)]
    before, *_, after = learning_curve(first, days, asked)
    assert after > before
    wrong = {"s0": days[0]["s1"], "s1": days[0]["s0"]}
    assert learning_curve(first, [wrong], asked)[-1] < learning_curve(first, days[:1], asked)[-1]
