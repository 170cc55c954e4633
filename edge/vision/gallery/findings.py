"""What is odd about the pictures of a gallery, each with the pictures that a person should look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from edge.vision.gallery.held_out import held_out
from edge.vision.gallery.metric import Vectors

NEAR_COSINE = 0.985
"""[1] Of a model's own vectors: the same picture saved again, a little larger, darker or cropped."""

CONFUSED_SHARE = 0.25
"""[1] of a SKU's pictures that look more like another SKU: the two are look-alikes."""


SHOWN = 4
"""Pictures of look-alikes that are named."""


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
    """Pictures that resemble another SKU more than their own, and pairs of SKUs with too many of them."""
    rows_of: dict[str, list[int]] = {}
    for row, sku in enumerate(pictures.skus):
        rows_of.setdefault(sku, []).append(row)
    names, all_rows = list(rows_of), list(rows_of.values())
    pairs: dict[tuple[int, int], list[tuple[int, int]]] = {}  # SKUs -> (own SKU, picture)
    for fold in held_out([pictures.vectors[rows] for rows in all_rows]) if len(names) > 1 else ():
        means = fold.means / np.maximum(np.linalg.norm(fold.means, axis=1, keepdims=True), 1e-9)
        nearest = (fold.asked @ means.T).argmax(axis=1)
        for rival, own, which in zip(nearest.tolist(), fold.truth.tolist(), fold.rows.tolist(), strict=True):
            if rival != own:
                pairs.setdefault((min(own, rival), max(own, rival)), []).append((own, all_rows[own][which]))
    for (one, other), confused in pairs.items():
        shares = [sum(own == sku for own, _ in confused) / len(all_rows[sku]) for sku in (one, other)]
        if len(confused) > 1 and max(shares) >= CONFUSED_SHARE:
            shown = tuple(pictures.sources[row] for _, row in confused[:SHOWN])
            yield Finding(FindingKind.LOOK_ALIKES, (names[one], names[other]), shown)
            continue
        for own, row in confused:
            taken_for = other if own == one else one
            yield Finding(FindingKind.MISFIT, (names[own], names[taken_for]), (pictures.sources[row],))
