"""Crops of any size become unit vectors by the shipped model, the same for the same pixels."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import ModelError, PictureError
from edge.vision.embedder import OnnxEmbedder, fill_input
from edge.vision.embedding import CropEmbedder
from edge.vision.model_card import PictureInput, load_model, shipped_card

from encoded import scene  # isort: skip

SHAPE = PictureInput(name="picture", side_px=64, mean=127.0, scale=128.0)


def filled(crop: np.ndarray) -> np.ndarray:
    tensor = np.full((1, 3, 64, 64), np.nan, np.float32)
    fill_input(tensor, crop, SHAPE)
    return tensor[0]


def test_vectors_are_unit_in_order_and_repeatable(embedder: OnnxEmbedder) -> None:
    protocol: CropEmbedder = embedder
    crops = [scene(), scene()[:, ::-1].copy(), np.full((9, 300, 3), 40, np.uint8), scene(400, 300)]
    vectors = protocol.embed(crops)
    assert vectors.shape == (4, protocol.size)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(vectors[::-1], protocol.embed(crops[::-1]))
    assert len(protocol.model_sha256) == 64


def test_no_crops_give_no_vectors(embedder: OnnxEmbedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.size)


def test_light_changes_a_vector_less_than_another_picture_does(embedder: OnnxEmbedder) -> None:
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 256, (2, 6, 6, 3), np.uint8)
    one, other = np.kron(coarse, np.ones((1, 20, 20, 1), np.uint8))
    darker = (one * 0.8).astype(np.uint8)
    vectors = embedder.embed([one, darker, other])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


@pytest.mark.parametrize(
    "crop", [np.zeros((20, 20), np.uint8), np.zeros((20, 20, 4), np.uint8), np.zeros((0, 9, 3), np.uint8)]
)
def test_a_crop_that_is_no_picture_is_named(embedder: OnnxEmbedder, crop: np.ndarray) -> None:
    with pytest.raises(PictureError, match="crop 1"):
        embedder.embed([scene(), crop])


@given(st.integers(1, 400), st.integers(1, 400))
@settings(max_examples=60)
def test_a_crop_fills_one_side_keeps_its_proportions_and_lies_in_the_middle(height: int, width: int) -> None:
    tensor = filled(np.full((height, width, 3), 255, np.uint8))
    assert np.isfinite(tensor).all()
    inside = tensor[0] == 1.0
    np.testing.assert_array_equal(tensor[0][~inside], 0.0)
    rows, columns = inside.any(axis=1).sum(), inside.any(axis=0).sum()
    assert max(rows, columns) == 64
    assert inside.sum() == rows * columns
    assert abs(rows * width - columns * height) <= max(height, width)
    for axis in (0, 1):
        places = np.flatnonzero(inside.any(axis=axis))
        assert abs(places[0] - (63 - places[-1])) <= 1


def test_pixels_are_scaled_as_the_card_says_and_stay_where_they_were() -> None:
    crop = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    np.testing.assert_allclose(filled(crop), (crop.transpose(2, 0, 1).astype(float) - 127) / 128, atol=1e-6)


@pytest.mark.parametrize("part", ["input", "output"])
def test_a_graph_that_is_not_as_its_card_says_is_refused(part: str) -> None:
    card, model = load_model(shipped_card())
    changes = {"input": {"side_px": card.input.side_px + 32}, "output": {"size": card.output.size + 1}}
    wrong = msgspec.structs.replace(getattr(card, part), **changes[part])
    with pytest.raises(ModelError, match=f"the model's {part} is not the card's"):
        OnnxEmbedder(msgspec.structs.replace(card, **{part: wrong}), model)
    renamed = msgspec.structs.replace(getattr(card, part), name="other")
    with pytest.raises(ModelError, match=f"the model's {part} is not the card's"):
        OnnxEmbedder(msgspec.structs.replace(card, **{part: renamed}), model)


@pytest.mark.parametrize("model", [b"", b"no graph", b"\x08\x09"])
def test_bytes_that_are_no_model_are_refused(model: bytes) -> None:
    card, _ = load_model(shipped_card())
    with pytest.raises(ModelError, match=card.file):
        OnnxEmbedder(card, model)
