"""Pictures held out of the gallery that they are compared with: no picture may speak for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.vision.gallery.metric import Metric, Vectors

FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Some pictures held out of a gallery of the others, in the metric of the others."""

    enrolled: list[Vectors]  # (n, size) by SKU
    asked: Vectors  # (n, size)
    truth: NDArray[np.intp]  # (n,) SKU
    rows: NDArray[np.intp]  # (n,) which of its SKU's pictures

    @property
    def means(self) -> Vectors:
        """(SKU, size) mean of what is enrolled."""
        return np.array([group.mean(axis=0) for group in self.enrolled])


def held_out(groups: Sequence[Vectors], extra: Sequence[Vectors] | None = None) -> list[Fold]:
    """Every picture once, in ``FOLDS`` rounds, except that of a SKU with a single one.

    Args:
        groups: unit vectors (n, size) of a model, a SKU each.
        extra: more of each, that are enrolled in every round and never asked. No SKU may have neither.
    """
    folds = []
    for number in range(FOLDS):
        out = [
            (np.arange(len(each)) % max(min(FOLDS, len(each)), 1) == number) & (len(each) > 1)
            for each in groups
        ]
        rows = [np.flatnonzero(held) for held in out]
        truth = np.repeat(np.arange(len(groups)), [len(each) for each in rows])
        if not len(truth):
            continue
        kept = [group[~held] for group, held in zip(groups, out, strict=True)]
        if extra is not None:
            kept = [np.concatenate(both) for both in zip(kept, extra, strict=True)]
        asked = np.concatenate([group[held] for group, held in zip(groups, out, strict=True)])
        metric = Metric.of(kept)
        folds.append(
            Fold([metric.apply(group) for group in kept], metric.apply(asked), truth, np.concatenate(rows))
        )
    return folds
