"""A card and its model belong together, and what does not is refused by name."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from edge.errors import ConfigError, ModelError
from edge.vision import model_card
from edge.vision.model_card import TASK, load_model, shipped_card


@pytest.fixture
def copied_card(tmp_path: Path) -> Path:
    """A card with its model, in a folder of its own."""
    for file in (shipped_card(), shipped_card().with_suffix(".onnx")):
        shutil.copy(file, tmp_path)
    return tmp_path / shipped_card().name


def test_the_shipped_model_is_that_of_its_card() -> None:
    card, model = load_model(shipped_card())
    assert hashlib.sha256(model).hexdigest() == card.sha256
    assert len(model) == card.size_bytes <= 4_000_000
    assert card.file.startswith(f"{TASK}-")
    assert card.pretrained.licence == "Apache-2.0"
    assert card.evaluation.metrics
    assert card.known_failures


def test_one_model_is_kept(repository: Path) -> None:
    assert len(list((repository / "models").glob("*.onnx"))) == 1


def test_without_a_card_a_model_is_refused(copied_card: Path) -> None:
    copied_card.unlink()
    with pytest.raises(ModelError, match="no card of a model"):
        load_model(copied_card)
    with pytest.raises(ModelError, match="no card of a model"):
        load_model(copied_card.parent)


def test_a_missing_model_is_named(copied_card: Path) -> None:
    copied_card.with_suffix(".onnx").unlink()
    with pytest.raises(ModelError, match=r"cannot read the model.*No such file"):
        load_model(copied_card)


@pytest.mark.parametrize("change", [b"", b"\x00", b"more at the end"])
def test_an_altered_model_is_refused(copied_card: Path, change: bytes) -> None:
    model = copied_card.with_suffix(".onnx")
    content = model.read_bytes()
    middle = len(content) // 2
    model.write_bytes(
        content[:middle] if not change else content + change if len(change) > 1
        else content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    )  # fmt: skip
    with pytest.raises(ModelError, match="not the model that the card describes"):
        load_model(copied_card)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("task:", "tusk:"), ("sha256: ", "sha256: 12"), ("side_px: ", "side_px: -"), ("file: ", "file: ../"),
        ("known_failures:", "known_failures: none\nmore:"),
    ],
)  # fmt: skip
def test_a_card_that_cannot_be_read_is_refused_with_its_line(copied_card: Path, old: str, new: str) -> None:
    copied_card.write_text(copied_card.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load_model(copied_card)
    assert raised.value.line > 0


def test_of_several_models_the_newest_ships_and_none_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_card, "INSTALLED_FOLDERS", (tmp_path / "none", tmp_path))
    with pytest.raises(ModelError, match="no model came with this installation"):
        shipped_card()
    for name in ("zeta-20260101", "alpha-20260301", "mid-20260201"):
        (tmp_path / f"{TASK}-{name}.yaml").touch()
    assert shipped_card().name == f"{TASK}-alpha-20260301.yaml"
