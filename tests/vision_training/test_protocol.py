"""The protocol gives what can be computed by hand: perfect, useless and one-sided embeddings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tools.vision_training.protocol import Embedded, auroc, compared, measure, top1, unknown_auroc


def embedded(noise: float, *, skus: int = 12, size: int = 32, seed: int = 0) -> Embedded:
    """20 pictures of each SKU around a direction of its own, the last 8 of them for the test."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((skus, size))
    vectors = np.repeat(centres, 20, axis=0) + noise * rng.standard_normal((skus * 20, size))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = np.repeat([f"sku-{number}" for number in range(skus)], 20)
    return Embedded(
        vectors.astype(np.float32), names, np.tile(["train"] * 10 + ["val"] * 2 + ["test"] * 8, skus)
    )


def test_clear_products_are_always_told_and_unknown_ones_always_noticed() -> None:
    rng = np.random.default_rng(0)
    assert top1(embedded(0.05), 12, 5, rng, 10) == (1.0, (1.0, 1.0))
    assert unknown_auroc(embedded(0.05), 5, rng, 10)[0] == 1.0


def test_noise_is_told_as_often_as_chance_and_its_interval_holds_chance() -> None:
    value, (low, high) = top1(embedded(1000.0, skus=20), 4, 5, np.random.default_rng(0), 300)
    assert value == pytest.approx(0.25, abs=0.04)
    assert low < 0.25 < high
    assert unknown_auroc(embedded(1000.0, skus=20), 5, np.random.default_rng(0), 100)[0] == pytest.approx(
        0.5, abs=0.04
    )


def test_more_pictures_and_fewer_candidates_help() -> None:
    hard = embedded(2.5)
    accuracy = {
        (ways, shots): top1(hard, ways, shots, np.random.default_rng(0), 60)[0]
        for ways in (6, 12)
        for shots in (1, 5, None)
    }
    for ways in (6, 12):
        assert accuracy[ways, 1] < accuracy[ways, 5] < accuracy[ways, None]
    for shots in (1, 5, None):
        assert accuracy[12, shots] < accuracy[6, shots]


def test_pictures_of_the_test_are_never_enrolled() -> None:
    known = embedded(0.05)
    vectors = known.vectors.copy()
    vectors[known.splits == "test"] = np.roll(vectors[known.splits == "test"], 8, axis=0)
    swapped = Embedded(vectors, known.skus, known.splits)
    assert top1(swapped, 12, None, np.random.default_rng(0), 1)[0] == 0.0


def test_auroc_counts_ties_half() -> None:
    positive = np.array([True, True, False, False])
    assert auroc(np.array([3.0, 2.0, 1.0, 0.0]), positive) == 1.0
    assert auroc(np.array([0.0, 1.0, 2.0, 3.0]), positive) == 0.0
    assert auroc(np.array([1.0, 1.0, 1.0, 1.0]), positive) == 0.5
    assert auroc(np.array([2.0, 1.0, 1.0, 0.0]), positive) == 0.875


def test_a_card_s_figures_hold_both_networks_and_are_repeatable() -> None:
    ours, frozen = measure(embedded(2.0), draws=5), measure(embedded(4.0), draws=5)
    assert ours == measure(embedded(2.0), draws=5)
    metrics = compared(ours, frozen)
    assert [metric.measure for metric in metrics] == list(ours)
    for metric in metrics:
        assert metric.frozen is not None
        assert metric.value > metric.frozen
        assert metric.interval_95[0] <= metric.value <= metric.interval_95[1]


def test_vectors_can_be_kept(tmp_path: Path) -> None:
    kept = embedded(1.0)
    kept.save(tmp_path / "held_out.npz")
    read = Embedded.load(tmp_path / "held_out.npz")
    for name in ("vectors", "skus", "splits"):
        np.testing.assert_array_equal(getattr(read, name), getattr(kept, name))
