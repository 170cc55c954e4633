"""Likelihoods of a gallery: honest with many pictures and with few, and about what is not enrolled."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_products import clusters
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.vision.gallery.gallery import Gallery
from edge.vision.gallery.metric import Metric
from edge.vision.gallery.prototypes import FoldedPrototypes, Prototypes

MODEL = "a" * 64


def halves(found: dict, shots: int) -> tuple[dict, dict]:
    """The first pictures of each SKU, and the others."""
    return {sku: v[:shots] for sku, v in found.items()}, {sku: v[shots:] for sku, v in found.items()}


def told(gallery: Gallery, asked: dict, unknown_prior: float = 0.05) -> list[tuple[str, str, float, float]]:
    """(truth, best SKU, its probability, the unknown's) of every picture."""
    rows = []
    for sku, vectors in asked.items():
        for sighting in gallery.likelihoods(vectors):
            candidates, unknown = sighting.posterior(unknown_prior)
            best = next(iter(candidates), "")
            rows.append((sku, best, candidates.get(best, 0.0), unknown))
    return rows


def calibration_error(stated: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error over ten bins."""
    bins = np.minimum((10 * stated).astype(int), 9)
    groups = [bins == each for each in set(bins)]
    return float(sum(group.mean() * abs(stated[group].mean() - right[group].mean()) for group in groups))


@given(
    skus=st.integers(0, 6), pictures=st.integers(1, 7), prior=st.floats(1e-6, 0.99), seed=st.integers(0, 99)
)
@settings(max_examples=40, deadline=None)
def test_probabilities_sum_to_one_whatever_is_enrolled(
    skus: int, pictures: int, prior: float, seed: int
) -> None:
    found = clusters(skus, pictures, seed=seed)
    gallery = Gallery.of(found, MODEL)
    asked = np.concatenate(
        [*found.values(), np.eye(64, dtype=np.float32)[:3], -np.eye(64, dtype=np.float32)[:1]]
    )
    for sighting in gallery.likelihoods(asked):
        candidates, unknown = sighting.posterior(prior)
        assert set(candidates) == set(found)
        assert sum(candidates.values()) + unknown == pytest.approx(1.0)
        assert list(candidates.values()) == sorted(candidates.values(), reverse=True)
        assert all(np.isfinite(value) for value in sighting.log_likelihood.values())


def test_products_are_told_apart_and_strangers_are_not_taken_for_them() -> None:
    enrolled, asked = halves(clusters(12, 15, seed=1), 5)
    strangers = clusters(12, 10, seed=2)
    gallery = Gallery.of(enrolled, MODEL)
    known, unknown = told(gallery, asked, 0.5), told(gallery, strangers, 0.5)
    assert np.mean([best == truth for truth, best, _, _ in known]) > 0.9
    assert np.median([share for *_, share in known]) < 0.2
    assert np.median([share for *_, share in unknown]) > 0.8


@pytest.mark.parametrize("spread", [0.7, 1.0, 2.0])
def test_stated_probabilities_come_true(spread: float) -> None:
    """Whether pictures are clear or hardly to be told apart: of those said at 70 %, 70 % are right."""
    stated, right = [], []
    for seed in range(4):
        enrolled, asked = halves(clusters(10, 50, spread=spread, seed=seed), 20)
        rows = told(Gallery.of(enrolled, MODEL), asked)
        stated += [probability for _, _, probability, _ in rows]
        right += [best == truth for truth, best, *_ in rows]
    assert calibration_error(np.array(stated), np.array(right)) < 0.1


def test_what_differs_between_pictures_of_one_product_counts_for_less() -> None:
    enrolled, asked = halves(clusters(24, 15, spread=1.5, seed=3), 5)
    metric = Metric.of(list(enrolled.values()))
    right = {"cosine": 0, "metric": 0}
    means = np.array([v.mean(axis=0) for v in enrolled.values()])
    for row, vectors in enumerate(asked.values()):
        plain = vectors @ (means / np.linalg.norm(means, axis=1, keepdims=True)).T
        shaped = np.array([metric.apply(v).mean(axis=0) for v in enrolled.values()])
        ours = metric.apply(vectors) @ (shaped / np.linalg.norm(shaped, axis=1, keepdims=True)).T
        right["cosine"] += int((plain.argmax(axis=1) == row).sum())
        right["metric"] += int((ours.argmax(axis=1) == row).sum())
    assert right["metric"] > right["cosine"] + 10


@given(skus=st.integers(1, 6), pictures=st.integers(1, 7), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_prototypes_with_their_metric_folded_in_say_the_same(skus: int, pictures: int, seed: int) -> None:
    groups = list(clusters(skus, pictures, seed=seed).values())
    metric = Metric.of(groups)
    prototypes = Prototypes.of([metric.apply(group) for group in groups], 0.6)
    asked = np.concatenate(list(clusters(5, 2, seed=seed + 1).values()))
    np.testing.assert_allclose(
        FoldedPrototypes.of(prototypes, metric).evidence(asked),
        prototypes.evidence(metric.apply(asked)),
        atol=1e-3,
    )


def test_more_pictures_of_a_product_make_it_surer() -> None:
    found = clusters(6, 30, seed=4)
    one, many = (Gallery.of(halves(found, shots)[0], MODEL) for shots in (1, 12))
    asked = {sku: vectors[12:] for sku, vectors in found.items()}
    assert (
        np.mean([p for *_, p, _ in told(many, asked)]) > np.mean([p for *_, p, _ in told(one, asked)]) + 0.1
    )


def test_candidates_of_one_shelf_share_what_the_others_had() -> None:
    found = clusters(6, 5, seed=5)
    (sighting,) = Gallery.of(found, MODEL).likelihoods(found["sku 03"][:1])
    candidates, unknown = sighting.posterior(among=["sku 00", "sku 03"])
    assert set(candidates) == {"sku 00", "sku 03"}
    assert sum(candidates.values()) + unknown == pytest.approx(1.0)
    assert candidates["sku 03"] > candidates["sku 00"]


def test_without_candidates_everything_is_unknown() -> None:
    (sighting,) = Gallery.of({}, MODEL).likelihoods(np.ones((1, 64), np.float32))
    assert sighting.posterior() == ({}, 1.0)


def test_a_picture_without_any_content_is_no_product() -> None:
    """An embedder gives a vector of zeros for a picture of one colour."""
    gallery = Gallery.of(clusters(5, 6, seed=6), MODEL)
    (sighting,) = gallery.likelihoods(np.zeros((1, 64), np.float32))
    assert all(np.isfinite(value) for value in sighting.log_likelihood.values())
