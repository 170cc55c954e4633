"""``steelyard enroll`` and ``identify`` with the shipped model, as people use them and get them wrong."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.cli.main import main
from edge.vision.model_card import shipped_card


class Said:
    """What a command left behind."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def steelyard(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    def run(*arguments: object) -> Said:
        monkeypatch.setattr("sys.argv", ["steelyard", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Said(int(left.value.code or 0), out, err)

    return run


def label(product: int, view: int) -> np.ndarray:
    """(120, 120, 3) RGB of a box with a coloured pattern, lit and placed a little differently."""
    design = np.random.default_rng(product).integers(0, 256, (3 + product % 3, 4, 3)).astype(np.uint8)
    rng = np.random.default_rng(1000 * product + view)
    box = cv2.resize(design, (80, 90), interpolation=cv2.INTER_NEAREST).astype(float) * rng.uniform(0.8, 1.1)
    scene = np.full((120, 120, 3), 150.0)
    top, left = rng.integers(0, 30), rng.integers(0, 40)
    scene[top : top + 90, left : left + 80] = box
    return np.clip(scene + rng.normal(0, 4, scene.shape), 0, 255).astype(np.uint8)


def tree(folder: Path, products: Sequence[int], views: Sequence[int]) -> Path:
    for product in products:
        (folder / f"sku {product}").mkdir(parents=True)
        for view in views:
            Image.fromarray(label(product, view)).save(folder / f"sku {product}" / f"{view}.jpg")
    return folder


def test_from_pictures_to_probabilities(tmp_path: Path, steelyard) -> None:
    enrolled = steelyard(
        "enroll", "--gallery", tmp_path / "g", "--from", tree(tmp_path / "t", range(4), range(5))
    )
    assert (enrolled.code, enrolled.err) == (0, "")
    assert "sku 2: 5 enrolled" in enrolled.out
    assert "20 pictures of 4 SKUs" in enrolled.out
    asked = tree(tmp_path / "asked", range(4), [50])
    said = steelyard("identify", "--gallery", tmp_path / "g", "--json", *sorted(asked.iterdir()))
    assert said.code == 0
    assert [Path(line["image"]).parent.name for line in said.lines] == [f"sku {n}" for n in range(4)]
    for line in said.lines:
        assert set(line) == {"image", "candidates", "unknown_probability"}
        total = sum(each["probability"] for each in line["candidates"]) + line["unknown_probability"]
        assert total == pytest.approx(1.0)
    assert [line["candidates"][0]["sku"] for line in said.lines] == [f"sku {n}" for n in range(4)]
    told = steelyard(
        "identify", "--gallery", tmp_path / "g", asked / "sku 1", "--among", "sku 1", "--among", "sku 3"
    )
    assert told.out.startswith(f"{asked / 'sku 1' / '50.jpg'}: sku 1 ")


def test_one_sku_again_undo_and_withdraw(tmp_path: Path, steelyard) -> None:
    folder, gallery = tree(tmp_path / "t", [1, 2], range(3)), tmp_path / "g"
    pictures = sorted((folder / "sku 1").iterdir())
    steelyard("enroll", "--gallery", gallery, "--sku", "tea", *pictures[:2])
    again = steelyard("enroll", "--gallery", gallery, "--sku", "tea", *pictures)
    assert "tea: 1 enrolled, 3 in all" in again.out
    assert "2 enrolled before" in again.out
    gone = steelyard("enroll", "--gallery", gallery, "--sku", "tea", "--withdraw", pictures[0])
    assert "1 picture withdrawn" in gone.out
    assert "2 pictures of 1 SKU" in gone.out
    assert "3 pictures of 1 SKU" in steelyard("enroll", "--gallery", gallery, "--undo").out
    nothing = steelyard("enroll", "--gallery", gallery, "--sku", "soap", "--withdraw")
    assert (nothing.code, "no such picture is enrolled" in nothing.err) == (1, True)


def test_bad_pictures_are_one_sentence_each_and_the_rest_is_done(tmp_path: Path, steelyard) -> None:
    folder, gallery = tree(tmp_path / "t", [1, 2], range(2)), tmp_path / "g"
    good = folder / "sku 1" / "0.jpg"
    (tmp_path / "text.jpg").write_text("not a picture")
    (tmp_path / "cut.jpg").write_bytes(good.read_bytes()[:900])
    (tmp_path / "nothing.png").write_bytes(b"")
    (tmp_path / "huge.jpg").touch()
    with (tmp_path / "huge.jpg").open("r+b") as file:
        file.truncate(40_000_000)
    (tmp_path / "empty").mkdir()
    Image.fromarray(label(3, 0)).convert("L").save(tmp_path / "grey.png")
    Image.fromarray(label(3, 1)).convert("RGBA").save(tmp_path / "alpha.png")
    names = ["text.jpg", "cut.jpg", "nothing.png", "huge.jpg", "empty", "none.jpg"]
    bad = [tmp_path / name for name in names]
    enrolled = steelyard(
        "enroll",
        "--gallery",
        gallery,
        "--sku",
        "tea",
        good,
        *bad,
        tmp_path / "grey.png",
        tmp_path / "alpha.png",
    )
    assert enrolled.code == 1
    assert "tea: 3 enrolled" in enrolled.out
    assert len(enrolled.err.splitlines()) == len(bad)
    said = steelyard("identify", "--gallery", gallery, "--json", *bad, good)
    assert said.code == 1
    assert [line["image"] for line in said.lines] == [str(good)]
    for name, complaint in zip(names, said.err.splitlines(), strict=True):
        assert complaint.startswith("steelyard: ")
        assert name in complaint
    other = steelyard("enroll", "--gallery", gallery, "--sku", "soap", good, folder / "sku 2" / "0.jpg")
    assert (other.code, "one picture for two SKUs" in other.err) == (1, True)
    assert "soap: 1 enrolled" in other.out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--sku", "../x", "a.jpg"], "not a name of a SKU"),
        (["--sku", "x"], "no pictures are named"),
        (["a.jpg"], "no SKU is named"),
        (["--from", "t", "--sku", "x"], "--from stands alone"),
        (["--undo", "--sku", "x"], "--undo stands alone"),
        (["--undo"], "nothing to undo"),
        (["--forget-self-labelled", "a.jpg"], "--forget-self-labelled stands alone"),
        (["--forget-self-labelled"], "no picture here was labelled by weight"),
        (["--from", "nowhere"], "no such folder"),
        (["--sku", "x", "--model", "nowhere.yaml", "a.jpg"], "no card of a model"),
    ],
)
def test_what_cannot_be_meant(tmp_path: Path, steelyard, arguments: list[str], complaint: str) -> None:
    said = steelyard("enroll", "--gallery", tmp_path / "g", *arguments)
    assert said.code == 1
    assert complaint in said.err
    assert len(said.err.splitlines()) == 1


def test_models_and_galleries_that_are_not_there_or_not_whole(tmp_path: Path, steelyard) -> None:
    folder, gallery = tree(tmp_path / "t", [1, 2], range(2)), tmp_path / "g"
    picture = folder / "sku 1" / "0.jpg"
    missing = steelyard("identify", "--gallery", gallery, picture)
    assert (missing.code, "no gallery here" in missing.err) == (1, True)
    steelyard("enroll", "--gallery", gallery, "--from", folder)
    stranger = steelyard("identify", "--gallery", gallery, "--among", "soap", picture)
    assert (stranger.code, "not enrolled, found soap" in stranger.err) == (1, True)
    card = Path(shutil.copy(shipped_card(), tmp_path))
    absent = steelyard("identify", "--gallery", gallery, "--model", card, picture)
    assert (absent.code, "cannot read the model" in absent.err) == (1, True)
    shutil.copy(shipped_card().with_suffix(".onnx"), tmp_path)
    with card.with_suffix(".onnx").open("ab") as model:
        model.write(b"altered")
    altered = steelyard("identify", "--gallery", gallery, "--model", card, picture)
    assert (altered.code, "not the model that the card describes" in altered.err) == (1, True)
    (gallery / "current.json").write_text("{")
    corrupt = steelyard("identify", "--gallery", gallery, picture)
    assert (corrupt.code, "--undo" in corrupt.err) == (1, True)
