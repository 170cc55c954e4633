"""Photographs of products on disk: ``<folder>/<split>/<sku>/*.jpg`` with a table of what each SKU is.

The layout is that of the Grocery Store data set (Klasson et al., "A Hierarchical Grocery Store Image Dataset
with Visual and Semantic Labels", WACV 2019). Splits are ``train``, ``val`` and ``test``.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import SteelyardError

SPLITS = ("train", "val", "test")
SHORT_SIDE_PX = 256
"""Pictures are kept this small: crops of the training are smaller still, and all of them fit in memory."""


class PhotoError(SteelyardError):
    """A folder of photographs that cannot be trained on."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One picture of one SKU."""

    sku: str
    split: str
    rgb: NDArray[np.uint8]  # (h, w, 3)


@dataclass(frozen=True, slots=True)
class ProductClass:
    """One row of ``classes.csv``."""

    sku: str
    coarse_class: str  # e.g. Apple
    group: str  # Fruit, Packages or Vegetables


def read_classes(folder: Path) -> tuple[ProductClass, ...]:
    """The SKUs of a folder.

    Raises:
        PhotoError: there is no table, or it lacks a column.
    """
    table = folder / "classes.csv"
    try:
        with table.open(encoding="utf-8", newline="") as lines:
            return tuple(ProductClass(**row) for row in csv.DictReader(lines))
    except OSError as error:
        raise PhotoError(
            "no table of classes", where=str(table), found=error.strerror or str(error),
            expected="a CSV file with the columns sku, coarse_class, group",
            fix="Name the folder that holds it.",
        ) from error  # fmt: skip
    except TypeError as error:
        raise PhotoError(
            "wrong columns", where=str(table), found=str(error), expected="sku, coarse_class, group"
        ) from error


def read_photos(
    folder: Path, skus: Collection[str], splits: Iterable[str] = SPLITS, *, short_side_px: int = SHORT_SIDE_PX
) -> list[Photo]:
    """Decode the pictures of some SKUs, in the order of their paths.

    Raises:
        PhotoError: a SKU has no picture, or one cannot be decoded.
    """
    photos = []
    for split in splits:
        for sku in sorted(skus):
            for file in sorted((folder / split / sku).glob("*.jpg")):
                bgr = cv2.imread(str(file), cv2.IMREAD_COLOR)
                if bgr is None:
                    raise PhotoError("not a picture", where=str(file), fix="Remove or replace it.")
                rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
                photos.append(Photo(sku, split, _reduced(rgb.astype(np.uint8, copy=False), short_side_px)))
    if missing := set(skus) - {photo.sku for photo in photos}:
        raise PhotoError(
            "SKUs without pictures", where=str(folder), found=", ".join(sorted(missing)[:5]),
            expected=f"pictures at {'|'.join(splits)}/<sku>/*.jpg",
        )  # fmt: skip
    return photos


def _reduced(rgb: NDArray[np.uint8], short_side_px: int) -> NDArray[np.uint8]:
    scale = short_side_px / min(rgb.shape[:2])
    if scale >= 1:
        return rgb
    size = (round(rgb.shape[1] * scale), round(rgb.shape[0] * scale))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def held_out(classes: Iterable[ProductClass], count: int, seed: int) -> frozenset[str]:
    """SKUs to keep from the training: ``count`` of them, from each group in proportion to its size.

    A SKU held out may have siblings in training, as products of a new store have among those known.
    """
    rng = np.random.default_rng(seed)
    groups: dict[str, list[str]] = {}
    for each in classes:
        groups.setdefault(each.group, []).append(each.sku)
    total = sum(map(len, groups.values()))
    shares = {group: count * len(skus) / total for group, skus in groups.items()}
    takes = {group: int(share) for group, share in shares.items()}
    for group in sorted(shares, key=lambda name: (takes[name] - shares[name], name))[
        : count - sum(takes.values())
    ]:
        takes[group] += 1
    return frozenset(
        str(sku)
        for group, skus in sorted(groups.items())
        for sku in rng.choice(sorted(skus), takes[group], replace=False)
    )
