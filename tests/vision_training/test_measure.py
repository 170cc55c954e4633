"""A folder of photographs is measured by one command, with the shipped model or another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tools.vision_training.measure import main
from tools.vision_training.protocol import Embedded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five SKUs, each a pattern of its own in varying light; four pictures to enrol, one to ask."""
    looks = np.random.default_rng(0).integers(0, 200, (5, 5, 5, 3), np.uint8)
    for sku, look in enumerate(looks):
        for number in range(5):
            place = tmp_path / ("test" if number == 4 else "train") / f"sku-{sku}"
            place.mkdir(parents=True, exist_ok=True)
            bright = np.kron(look, np.ones((20, 20, 1), np.uint8)) + np.uint8(10 * number)
            Image.fromarray(bright).save(place / f"{number}.jpg")
    (tmp_path / "classes.csv").write_text(
        "sku,coarse_class,group\n" + "".join(f"sku-{sku},x,Packages\n" for sku in range(5))
    )
    return tmp_path


def test_figures_are_printed_and_vectors_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--photos", str(folder), "--save", str(folder / "kept.npz")]) == 0
    printed = capsys.readouterr().out
    assert "top-1 among 5 SKUs, all enrolled" in printed
    assert "1.000" in printed
    kept = Embedded.load(folder / "kept.npz")
    assert kept.vectors.shape[0] == 25
    np.testing.assert_allclose(np.linalg.norm(kept.vectors, axis=1), 1, atol=1e-5)


def test_what_is_missing_is_told_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--photos", str(folder / "train")]) == 1
    assert main(["--photos", str(folder), "--card", str(folder / "no.yaml")]) == 1
    assert main(["--photos", str(folder), "--unseen"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 3
    assert "no table of classes" in told[0]
    assert "no card of a model" in told[1]
    assert "too few pictures to measure on" in told[2]
