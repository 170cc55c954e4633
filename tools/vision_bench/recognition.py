"""A gallery asked about rendered goods that no model was trained on: right, and honestly unsure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.vision.embedding import CropEmbedder
from edge.vision.gallery.gallery import UNKNOWN_PRIOR, Gallery
from tools.packaging import FAMILY, design, render_crop

CROP_PX = 192
ENROLLED, ASKED = 5, 8
"""Crops of each SKU."""

FIRST_SEED = FAMILY * 160_000
"""Designs from here on no model has seen."""

WAYS, OF_SHELF = 24, 6
BINS = 10

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Recognition:
    """Shares and areas, each of many asked crops."""

    among_24: float  # [1] right, among 24 SKUs of 24 families
    among_6: float  # [1] right, among 6 SKUs of a shelf, other families
    siblings: float  # [1] right, among the 4 look-alikes of one family
    unknown_auroc: float  # [1] known told from unknown, half of the SKUs enrolled
    calibration_error: float  # [1] expected calibration error of the stated probabilities
    asked: int  # crops


def recognise(embedder: CropEmbedder, seed: int = 0) -> Recognition:
    """Enrol and ask, on crops that are drawn for it."""
    strangers = [FIRST_SEED + FAMILY * (100 * seed + number) for number in range(WAYS)]
    families = [list(range(first, first + FAMILY)) for first in strangers[: WAYS // FAMILY]]
    goods = {
        each: _seen(embedder, each) for each in {*strangers, *(each for row in families for each in row)}
    }
    half = strangers[: WAYS // 2]
    known_score, is_known, stated = _open_set(embedder, goods, half, strangers)
    shelves = [strangers[first : first + OF_SHELF] for first in range(0, WAYS, OF_SHELF)]
    return Recognition(
        among_24=_right(embedder, goods, [strangers]),
        among_6=_right(embedder, goods, shelves),
        siblings=_right(embedder, goods, families),
        unknown_auroc=_area(known_score[is_known], known_score[~is_known]),
        calibration_error=_calibration_error(stated),
        asked=ASKED * len(goods),
    )


def _seen(embedder: CropEmbedder, seed: int) -> tuple[Vectors, Vectors]:
    """Vectors of the crops that are enrolled, and of those that are asked."""
    rng = np.random.default_rng([43, seed])
    vectors = embedder.embed([render_crop(design(seed), rng, CROP_PX) for _ in range(ENROLLED + ASKED)])
    return vectors[:ENROLLED], vectors[ENROLLED:]


def _gallery(embedder: CropEmbedder, goods: dict[int, tuple[Vectors, Vectors]], of: Sequence[int]) -> Gallery:
    return Gallery.of({str(each): goods[each][0] for each in of}, embedder.model_sha256)


def _right(
    embedder: CropEmbedder, goods: dict[int, tuple[Vectors, Vectors]], shelves: list[list[int]]
) -> float:
    """[1] of the asked crops whose likeliest SKU is the true one, each among its shelf's."""
    right = []
    for shelf in shelves:
        gallery = _gallery(embedder, goods, shelf)
        for each in shelf:
            for sighting in gallery.likelihoods(goods[each][1]):
                likely = sighting.log_likelihood
                right.append(max(likely, key=lambda sku: likely[sku]) == str(each))
    return float(np.mean(right))


def _open_set(
    embedder: CropEmbedder, goods: dict[int, tuple[Vectors, Vectors]], enrolled: list[int], asked: list[int]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], list[tuple[float, bool]]]:
    """(score of being known, whether it is) by crop, and (stated probability, right) of every best answer."""
    gallery = _gallery(embedder, goods, enrolled)
    scores, known, stated = [], [], []
    prior = 1 - len(enrolled) / len(asked)
    assert prior > UNKNOWN_PRIOR
    for each in asked:
        for sighting in gallery.likelihoods(goods[each][1]):
            among, unknown = sighting.posterior(prior)
            best, probability = next(iter(among.items()))
            scores.append(1 - unknown)
            known.append(each in enrolled)
            answer_is_unknown = unknown > probability
            right = (each not in enrolled) if answer_is_unknown else best == str(each)
            stated.append((max(unknown, probability), right))
    return np.array(scores), np.array(known), stated


def _area(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    """Area under the ROC: a positive scores above a negative, ties count half (Mann-Whitney)."""
    above = (positive[:, None] > negative).mean() + 0.5 * (positive[:, None] == negative).mean()
    return float(above)


def _calibration_error(stated: list[tuple[float, bool]]) -> float:
    """Expected calibration error: |stated - true share| over bins of equal width (Guo et al., ICML 2017)."""
    probability, right = (np.array(column, dtype=np.float64) for column in zip(*stated, strict=True))
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    gaps = [
        abs(probability[bins == each].mean() - right[bins == each].mean()) * (bins == each).mean()
        for each in np.unique(bins)
    ]
    return float(sum(gaps))
