"""How well a gallery tells photographs of products apart: `python -m tools.gallery_accuracy PHOTOS`.

Photographs lie in ``train/``, ``val/`` and ``test/``, one folder a SKU. SKUs are drawn, pictures of train and
val are enrolled, all of test are asked, through the gallery itself: metric, prototypes, calibration fitted to
what is enrolled. Name the SKUs that the model was not trained on; others flatter it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.vision.embedder import load_embedder
from edge.vision.embedding import CropEmbedder
from edge.vision.gallery.gallery import UNKNOWN_PRIOR, Gallery
from edge.vision.picture import read_picture

SETTINGS = ((24, 5), (24, None), (24, 1), (12, 5), (6, 5), (6, 1))
"""(SKUs enrolled at a time, pictures of each; None: all)"""

BINS = 10

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Photos:
    """Vectors (n, size) by SKU."""

    to_enrol: Mapping[str, Vectors]
    to_ask: Mapping[str, Vectors]


@dataclass(slots=True)
class Score:
    """What all draws of one setting gave."""

    right: list[bool] = field(default_factory=list)  # the likeliest candidate is the truth; of known ones
    stated: list[float] = field(default_factory=list)  # [1] its probability among the candidates
    told_right: list[bool] = field(default_factory=list)  # the likeliest answer, "unknown" among them, is
    told: list[float] = field(default_factory=list)  # [1] its probability
    aurocs: list[float] = field(default_factory=list)  # of known against unknown, by draw

    def row(self) -> str:
        """Accuracy, calibration errors, AUROC."""
        auroc = f"{np.mean(self.aurocs):.3f}" if self.aurocs else "-"
        errors = (
            calibration_error(*pair) for pair in ((self.stated, self.right), (self.told, self.told_right))
        )
        return " | ".join([f"{np.mean(self.right):.3f}", *(f"{error:.3f}" for error in errors), auroc])


def calibration_error(stated: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error over ten bins of equal width (Naeini et al. 2015)."""
    probability, truth = np.array(stated), np.array(right)
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    groups = [bins == each for each in np.unique(bins)]
    return float(sum(each.mean() * abs(probability[each].mean() - truth[each].mean()) for each in groups))


def auroc(known: NDArray[np.float64], unknown: NDArray[np.float64]) -> float:
    """Probability that a known picture scores above an unknown one; ties count half."""
    below = np.sort(unknown)
    ranks = np.searchsorted(below, known, "left") + np.searchsorted(below, known, "right")
    return float(ranks.mean() / 2 / len(below))


def measure(photos: Photos, ways: int, shots: int | None, draws: int, unknown_prior: float) -> Score:
    """Draw SKUs and pictures so many times; seeded. SKUs that are not drawn are the unknown products."""
    score = Score()
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        names = sorted(photos.to_enrol)
        chosen = {str(sku) for sku in rng.choice(names, ways, replace=False)}
        gallery = Gallery.of({sku: _some(photos.to_enrol[sku], shots, rng) for sku in sorted(chosen)}, "")
        knownness: dict[bool, list[float]] = {True: [], False: []}
        for sku in names:
            for sighting in gallery.likelihoods(photos.to_ask[sku]):
                candidates, unknown = sighting.posterior(unknown_prior)
                best, probability = next(iter(candidates.items()))
                knownness[sku in chosen].append(-unknown)
                if sku in chosen:
                    score.right.append(best == sku)
                    score.stated.append(probability / (1.0 - unknown))
                    score.told_right.append(best == sku and probability >= unknown)
                    score.told.append(max(probability, unknown))
        if knownness[False]:
            score.aurocs.append(auroc(np.array(knownness[True]), np.array(knownness[False])))
    return score


def learning_curve(
    enrolled: Mapping[str, Vectors], days: Sequence[Mapping[str, Vectors]], asked: Mapping[str, Vectors]
) -> list[float]:
    """Accuracy of a gallery on ``asked`` before any day, and after each that added pictures to it.

    Args:
        enrolled: unit vectors (n, size) by SKU that people enrolled.
        days: by SKU, what self-labelling added on each day, right or wrong.
        asked: by SKU, pictures of another time.
    """
    known = {sku: [vectors] for sku, vectors in enrolled.items()}
    curve = []
    for day in ({}, *days):
        for sku, vectors in day.items():
            known.setdefault(sku, []).append(vectors)
        gallery = Gallery.of({sku: np.concatenate(parts) for sku, parts in known.items()}, "")
        told = [
            max(sighting.log_likelihood, key=sighting.log_likelihood.__getitem__) == sku
            for sku, vectors in asked.items()
            for sighting in gallery.likelihoods(vectors)
        ]
        curve.append(float(np.mean(told)))
    return curve


def embedded(folder: Path, skus: Sequence[str], embedder: CropEmbedder) -> Photos:
    """Vectors of a tree of photographs."""
    names = list(skus) or sorted(each.name for each in (folder / "test").iterdir())

    def of(sku: str, splits: Sequence[str]) -> Iterator[Vectors]:
        for split in splits:
            for file in sorted((folder / split / sku).glob("*.jpg")):
                yield embedder.embed([read_picture(file)])[0]

    return Photos(
        {sku: np.array(list(of(sku, ("train", "val")))) for sku in names},
        {sku: np.array(list(of(sku, ("test",)))) for sku in names},
    )


def _some(vectors: Vectors, shots: int | None, rng: np.random.Generator) -> Vectors:
    return vectors if shots is None else rng.permutation(vectors)[:shots]


def main() -> None:
    """Print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("photos", type=Path, help="folder with train, val and test")
    arguments.add_argument("--model", type=Path, help="card; the shipped model if left out")
    arguments.add_argument("--skus", default="", help="names, with commas between; all if left out")
    arguments.add_argument("--draws", type=int, default=20)
    given = arguments.parse_args()
    embedder = load_embedder(given.model)
    photos = embedded(given.photos, [each for each in given.skus.split(",") if each], embedder)
    sys.stdout.write("SKUs | pictures | top-1 | ECE among candidates | ECE of the answer | AUROC unknown\n")
    for ways, shots in SETTINGS:
        if ways <= len(photos.to_enrol):
            score = measure(photos, ways, shots, given.draws, UNKNOWN_PRIOR)
            sys.stdout.write(f"{ways} | {shots or 'all'} | {score.row()}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
