"""What is odd about the pictures of a gallery, each with the pictures that a person should look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from edge.vision.gallery.gallery import grouped
from edge.vision.gallery.metric import Metric, Vectors

NEAR_COSINE = 0.985
"""[1] Of a model's own vectors: the same picture saved again, a little larger, darker or cropped."""

CONFUSED_SHARE = 0.25
"""[1] of a SKU's pictures that look more like another SKU: the two are look-alikes."""


class FindingKind(StrEnum):
    """What is odd."""

    SAME_PICTURE = "same_picture"  # one picture, or nearly, enrolled for two SKUs
    NEAR_DUPLICATE = "near_duplicate"  # two pictures that show no more than one
    LOOK_ALIKES = "look_alikes"  # two SKUs that pictures hardly tell apart
    MISFIT = "misfit"  # a picture that resembles another SKU more than its own


@dataclass(frozen=True, slots=True)
class Finding:
    """One odd thing.

    Attributes:
        kind: what.
        skus: whom it concerns: one SKU, or two.
        pictures: sources of the pictures, of ``skus`` in their order.
    """

    kind: FindingKind
    skus: tuple[str, ...]
    pictures: tuple[str, ...]

    def __str__(self) -> str:
        names, shown = " and ".join(self.skus), " and ".join(self.pictures)
        match self.kind:
            case FindingKind.SAME_PICTURE:
                return f"one picture stands for {names}: {shown}. Withdraw it where it does not belong."
            case FindingKind.NEAR_DUPLICATE:
                return f"{names}: nearly the same picture twice: {shown}. Another view would teach more."
            case FindingKind.LOOK_ALIKES:
                return (
                    f"{names} look alike: see {shown}. More pictures may help; weight must tell them apart."
                )
            case FindingKind.MISFIT:
                own, other = self.skus
                return f"{shown} looks more like {other} than like {own}. Check that it is right."


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """All pictures of a gallery, row by row."""

    skus: Sequence[str]
    sources: Sequence[str]  # what people know them by
    vectors: Vectors  # (n, size) unit, of a model


def examine(pictures: Pictures) -> tuple[Finding, ...]:
    """All findings of a gallery."""
    return (*_duplicates(pictures), *_confusions(pictures))


def _duplicates(pictures: Pictures) -> Iterator[Finding]:
    """Every picture that nearly repeats an earlier one."""
    for late in range(1, len(pictures.skus)):
        alike = pictures.vectors[:late] @ pictures.vectors[late]
        early = int(alike.argmax())
        if alike[early] > NEAR_COSINE:
            shown = pictures.sources[early], pictures.sources[late]
            one, other = pictures.skus[early], pictures.skus[late]
            if one == other:
                yield Finding(FindingKind.NEAR_DUPLICATE, (one,), shown)
            else:
                yield Finding(FindingKind.SAME_PICTURE, (one, other), shown)


def _confusions(pictures: Pictures) -> Iterator[Finding]:
    """Misfits, and pairs of SKUs with too many of them; a picture never speaks for itself."""
    by_sku = grouped(pictures.skus, pictures.vectors)
    if len(by_sku) < 2:
        return
    metric = Metric.of(list(by_sku.values()))
    vectors = metric.apply(pictures.vectors)
    names = list(by_sku)
    own = np.array([names.index(sku) for sku in pictures.skus])
    counts = np.bincount(own, minlength=len(names))
    sums = np.array([group.sum(axis=0) for group in grouped(pictures.skus, vectors).values()])
    cosines = vectors @ (sums / np.linalg.norm(sums, axis=1, keepdims=True)).T
    rows = np.arange(len(vectors))
    rest = sums[own] - vectors
    to_own = (vectors * rest).sum(axis=1) / np.maximum(np.linalg.norm(rest, axis=1), 1e-9)
    cosines[rows, own] = -np.inf
    rival = cosines.argmax(axis=1)
    misfits = np.flatnonzero((cosines[rows, rival] > to_own) & (counts[own] > 1))
    pairs: dict[tuple[int, int], list[int]] = {}
    for row in map(int, misfits):
        one, other = sorted((int(own[row]), int(rival[row])))
        pairs.setdefault((one, other), []).append(row)
    for (one, other), confused in pairs.items():
        by_row = [int((own[confused] == each).sum()) / counts[each] for each in (one, other)]
        if len(confused) > 1 and max(by_row) >= CONFUSED_SHARE:
            shown = tuple(pictures.sources[row] for row in confused[:4])
            yield Finding(FindingKind.LOOK_ALIKES, (names[one], names[other]), shown)
        else:
            for row in confused:
                seen_as = names[own[row]], names[rival[row]]
                yield Finding(FindingKind.MISFIT, seen_as, (pictures.sources[row],))
