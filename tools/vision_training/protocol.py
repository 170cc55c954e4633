"""How good an embedding is on products that it was not trained on: few pictures enrolled, nearest prototype.

A prototype is the mean of the unit vectors of a SKU's enrolled pictures, made unit again; a picture is the
SKU whose prototype has the largest cosine. Enrolled are pictures of the splits ``train`` and ``val``, asked
are those of ``test``. Draws of SKUs and pictures are repeated; intervals are 95 %, over SKUs, since these are
what differs most between stores.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.vision.embedding import CropEmbedder
from edge.vision.model_card import Metric
from tools.vision_training.photos import Photo, PhotoError

Vectors = NDArray[np.float32]

DRAWS = 200
FEWEST_SKUS = 4
SHELF_CANDIDATES = 6  # SKUs that may have moved, once a shelf is known
RESAMPLES = 2000
MARGIN_SHARE = 0.5
"""Known-ness is the largest cosine plus this much of its lead; either alone was worse."""

DESCRIPTION = """\
Measured on a model of the same recipe that was trained without the SKUs of `held_out`; the shipped model, \
the mean of that one and of one trained on all SKUs, has seen them. `frozen`: EfficientNet-Lite0 as ImageNet \
trained it, float32, {frozen_px} px, the same pictures. Enrolled: pictures of the splits train and val; \
asked: all of the split test. Nearest prototype (mean of unit vectors) by cosine. top-1: of the asked \
pictures. {draws} random draws of SKUs and enrolled pictures; 95 % intervals by resampling SKUs. Unknown: \
half of the SKUs enrolled with 5 pictures, the others asked too; score = largest cosine + 0.5 x its lead; \
interval over the draws.\
"""


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Vectors of pictures, with what they show."""

    vectors: Vectors  # (n, size) unit
    skus: NDArray[np.str_]  # (n,)
    splits: NDArray[np.str_]  # (n,) train, val or test

    def save(self, file: Path) -> None:
        """Write to an ``.npz`` file."""
        np.savez_compressed(file, vectors=self.vectors, skus=self.skus, splits=self.splits)

    @classmethod
    def load(cls, file: Path) -> Embedded:
        """Read what :meth:`save` wrote."""
        with np.load(file) as content:
            return cls(content["vectors"], content["skus"], content["splits"])


def embed_photos(embedder: CropEmbedder, photos: list[Photo]) -> Embedded:
    """Vectors of all pictures, as the deployed model gives them."""
    return Embedded(
        embedder.embed([photo.rgb for photo in photos]),
        np.array([photo.sku for photo in photos]),
        np.array([photo.split for photo in photos]),
    )


def measure(
    embedded: Embedded, seed: int = 0, draws: int = DRAWS
) -> dict[str, tuple[float, tuple[float, float]]]:
    """All figures of one embedding: name -> (value, 95 % interval).

    Raises:
        PhotoError: fewer SKUs than that half of them are two, or one that has nothing to enrol or to ask.
    """
    names = set(embedded.skus)
    is_test = embedded.splits == "test"
    enrolled, asked = set(embedded.skus[~is_test]), set(embedded.skus[is_test])
    if len(names) < FEWEST_SKUS or names != enrolled & asked:
        raise PhotoError(
            "too few pictures to measure on",
            where="photographs",
            found=f"{len(names)} SKUs, {len(enrolled & asked)} of them with pictures to enrol and to ask",
            expected=f"at least {FEWEST_SKUS} SKUs, each in the split test and in train or val",
        )
    skus = len(names)
    few = min(SHELF_CANDIDATES, skus)
    figures = {}
    for candidates, shots in (
        (skus, 1),
        (skus, 5),
        (skus, 10),
        (skus, None),
        (few, 1),
        (few, 5),
        (few, None),
    ):
        name = f"top-1 among {candidates} SKUs, {'all' if shots is None else shots} enrolled"
        figures[name] = top1(embedded, candidates, shots, np.random.default_rng(seed), draws)
    figures["AUROC known against unknown, 5 enrolled"] = unknown_auroc(
        embedded, 5, np.random.default_rng(seed), draws
    )
    return figures


def compared(
    ours: dict[str, tuple[float, tuple[float, float]]], frozen: dict[str, tuple[float, tuple[float, float]]]
) -> tuple[Metric, ...]:
    """Figures of a model beside those of the frozen network, as a card holds them."""
    return tuple(
        Metric(
            measure=name, value=_short(value), interval_95=_both(interval),
            frozen=_short(frozen[name][0]), frozen_interval_95=_both(frozen[name][1]),
        )
        for name, (value, interval) in ours.items()
    )  # fmt: skip


def top1(
    embedded: Embedded, candidates: int, shots: int | None, rng: np.random.Generator, draws: int
) -> tuple[float, tuple[float, float]]:
    """Share of asked pictures that are told right, over random draws of ``candidates`` SKUs.

    Args:
        embedded: pictures of at least as many SKUs.
        candidates: SKUs enrolled at a time.
        shots: pictures enrolled of each; ``None`` for all.
        rng: draws SKUs and pictures.
        draws: how often.
    """
    names, of_sku = np.unique(embedded.skus, return_inverse=True)
    right, asked = np.zeros(len(names)), np.zeros(len(names))
    for _ in range(draws if shots is not None or candidates < len(names) else 1):
        chosen = rng.choice(len(names), candidates, replace=False)
        prototypes = _prototypes(embedded, of_sku, chosen, shots, rng)
        tests = np.flatnonzero((embedded.splits == "test") & np.isin(of_sku, chosen))
        told = chosen[np.argmax(embedded.vectors[tests] @ prototypes.T, axis=1)]
        np.add.at(right, of_sku[tests], told == of_sku[tests])
        np.add.at(asked, of_sku[tests], 1)
    # Of each SKU its pictures and how many of them were right, the draws taken together.
    picks = rng.integers(len(names), size=(RESAMPLES, len(names)))
    resampled = right[picks].sum(axis=1) / asked[picks].sum(axis=1)
    low, high = np.quantile(resampled, (0.025, 0.975))
    return float(right.sum() / asked.sum()), (float(low), float(high))


def unknown_auroc(
    embedded: Embedded, shots: int, rng: np.random.Generator, draws: int
) -> tuple[float, tuple[float, float]]:
    """Area under the ROC of known-ness: half of the SKUs are enrolled, pictures of all are asked."""
    names, of_sku = np.unique(embedded.skus, return_inverse=True)
    tests = np.flatnonzero(embedded.splits == "test")
    areas = []
    for _ in range(draws):
        chosen = rng.choice(len(names), len(names) // 2, replace=False)
        cosines = embedded.vectors[tests] @ _prototypes(embedded, of_sku, chosen, shots, rng).T
        second, first = np.sort(cosines, axis=1)[:, -2:].T
        score = first + MARGIN_SHARE * (first - second)
        areas.append(auroc(score, np.isin(of_sku[tests], chosen)))
    low, high = np.quantile(areas, (0.025, 0.975))
    return float(np.mean(areas)), (float(low), float(high))


def auroc(score: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    """Probability that a positive scores above a negative; ties count half (Mann-Whitney)."""
    negatives = np.sort(score[~positive])
    below = np.searchsorted(negatives, score[positive], "left")
    not_above = np.searchsorted(negatives, score[positive], "right")
    return float((below + not_above).mean() / 2 / len(negatives))


def _prototypes(
    embedded: Embedded,
    of_sku: NDArray[np.intp],
    chosen: NDArray[np.intp],
    shots: int | None,
    rng: np.random.Generator,
) -> Vectors:
    """(chosen, size) unit vectors."""
    rows = []
    for sku in chosen:
        pictures = np.flatnonzero((of_sku == sku) & (embedded.splits != "test"))
        if shots is not None:
            pictures = rng.choice(pictures, min(shots, len(pictures)), replace=False)
        rows.append(embedded.vectors[pictures].mean(axis=0))
    prototypes = np.stack(rows)
    return np.asarray(prototypes / np.linalg.norm(prototypes, axis=1, keepdims=True), dtype=np.float32)


def _short(figure: float) -> float:
    return round(figure, 4)


def _both(interval: tuple[float, float]) -> tuple[float, float]:
    return _short(interval[0]), _short(interval[1])
