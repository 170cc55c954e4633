"""Photographs are read by split and SKU, and SKUs are held out in proportion to their groups."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tools.vision_training.photos import PhotoError, ProductClass, held_out, read_classes, read_photos

CLASSES = tuple(
    ProductClass(f"{group}-{number}", group, group)
    for group, count in (("Fruit", 20), ("Packages", 10), ("Vegetables", 5))
    for number in range(count)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "classes.csv").write_text("sku,coarse_class,group\nMilk,Milk,Packages\nKiwi,Kiwi,Fruit\n")
    for split, sku, size in (
        ("train", "Milk", (600, 400)),
        ("train", "Kiwi", (90, 90)),
        ("test", "Milk", (400, 600)),
    ):
        (tmp_path / split / sku).mkdir(parents=True)
        Image.new("RGB", size, (200, 10, 10)).save(tmp_path / split / sku / f"{sku}_001.jpg")
    return tmp_path


def test_pictures_are_rgb_with_their_split_and_no_larger_than_asked(folder: Path) -> None:
    assert [each.sku for each in read_classes(folder)] == ["Milk", "Kiwi"]
    photos = read_photos(folder, {"Milk", "Kiwi"}, short_side_px=200)
    assert [(photo.split, photo.sku) for photo in photos] == [
        ("train", "Kiwi"), ("train", "Milk"), ("test", "Milk"),
    ]  # fmt: skip
    assert [photo.rgb.shape for photo in photos] == [(90, 90, 3), (200, 300, 3), (300, 200, 3)]
    assert all(photo.rgb[..., 0].mean() > 150 > 60 > photo.rgb[..., 2].mean() for photo in photos)


def test_a_sku_without_pictures_and_a_file_that_is_none_are_refused(folder: Path) -> None:
    with pytest.raises(PhotoError, match="Plum"):
        read_photos(folder, {"Milk", "Plum"})
    (folder / "train" / "Milk" / "z.jpg").write_bytes(b"no picture")
    with pytest.raises(PhotoError, match=r"z\.jpg: not a picture"):
        read_photos(folder, {"Milk"})


def test_a_table_that_is_missing_or_has_other_columns_is_refused(folder: Path) -> None:
    with pytest.raises(PhotoError, match="no table of classes"):
        read_classes(folder / "train")
    (folder / "classes.csv").write_text("name,group\nMilk,Packages\n")
    with pytest.raises(PhotoError, match="wrong columns"):
        read_classes(folder)


@pytest.mark.parametrize("count", [0, 7, 14, 34])
def test_each_group_gives_its_share_of_those_held_out(count: int) -> None:
    chosen = held_out(CLASSES, count, seed=1)
    assert len(chosen) == count
    groups = Counter(name.split("-")[0] for name in chosen)
    for group, size in (("Fruit", 20), ("Packages", 10), ("Vegetables", 5)):
        assert abs(groups[group] - count * size / 35) < 1
    assert chosen == held_out(reversed(CLASSES), count, seed=1)


def test_another_seed_holds_out_others() -> None:
    drawn = {held_out(CLASSES, 10, seed=seed) for seed in range(5)}
    assert len(drawn) == 5
    assert np.all([len(each) == 10 for each in drawn])
