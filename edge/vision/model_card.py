"""The card of a model: what it takes and gives, where it comes from, how good it is, where it fails.

A card lies beside its model and names the model's hash. A model without a card, or one that is not the
card's, is refused: vectors of another model would be compared in silence.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import msgspec

from edge.errors import ModelError
from edge.yaml_file import load_yaml

TASK = "product-embedding"
"""What a file's name begins with: ``<task>-<architecture>-<date>.onnx``."""

INSTALLED_FOLDERS = (Path(__file__).parent / "models", Path(__file__).parents[2] / "models")
"""Where the shipped models lie: beside this file in a wheel, at the top of a checkout."""

Text = Annotated[str, msgspec.Meta(min_length=1)]
Side = Annotated[int, msgspec.Meta(ge=32, le=1024)]
Scale = Annotated[float, msgspec.Meta(gt=0, le=1e4)]
Level = Annotated[int, msgspec.Meta(ge=0, le=255)]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a card."""


class PictureInput(Part, frozen=True):
    """What the model's input is: float32[1, 3, side_px, side_px], RGB, (x - mean) / scale."""

    name: Text
    side_px: Side
    mean: float  # [0..255] taken off each pixel
    scale: Scale  # [0..255] that is one unit of the input
    fill: Level = 127  # [0..255] beside a crop that is not square


class FeatureOutput(Part, frozen=True):
    """What the model gives: float32[1, size], to be divided by its length."""

    name: Text
    size: Annotated[int, msgspec.Meta(ge=8, le=8192)]


class TrainingSource(Part, frozen=True):
    """Pictures that the model was trained on."""

    name: Text
    licence: Text
    classes: int
    pictures: int


class PretrainedWeights(Part, frozen=True):
    """Weights that the training began with."""

    name: Text
    licence: Text
    data: Text


class Metric(Part, frozen=True):
    """One measured figure beside that of a frozen network on the same pictures."""

    measure: Text
    value: float
    interval_95: tuple[float, float] | None = None
    frozen: float | None = None  # the pretrained network, untouched
    frozen_interval_95: tuple[float, float] | None = None


class Evaluation(Part, frozen=True):
    """How the figures came about, and the figures."""

    protocol: Text
    held_out: tuple[Text, ...]  # SKUs that the measured model never saw
    metrics: tuple[Metric, ...]


class ModelCard(Part, frozen=True):
    """All that is known of one model file."""

    task: Text
    architecture: Text
    date: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}\Z", description="a date like 2026-01-31")]
    file: Annotated[
        str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]+\.onnx\Z", description="a file name beside the card")
    ]
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z", description="64 hex digits")]
    size_bytes: int
    parameters: int
    precision: Text
    input: PictureInput
    output: FeatureOutput
    pretrained: PretrainedWeights
    sources: tuple[TrainingSource, ...]
    recipe: dict[str, int | float | str]
    evaluation: Evaluation
    known_failures: tuple[Text, ...]


def shipped_card() -> Path:
    """The card of the newest model that came with this installation.

    Raises:
        ModelError: there is none.
    """
    for folder in INSTALLED_FOLDERS:
        if cards := sorted(folder.glob(f"{TASK}-*.yaml"), key=lambda card: card.stem[-8:]):
            return cards[-1]
    raise ModelError(
        "no model came with this installation", where=str(INSTALLED_FOLDERS[-1]),
        expected=f"{TASK}-<architecture>-<date>.yaml with its .onnx",
        fix="Install Steelyard again, or name a model's card.",
    )  # fmt: skip


def load_model(card_file: Path) -> tuple[ModelCard, bytes]:
    """A card and the bytes of its model.

    Raises:
        ModelError: the card or the model is not there, or the model is not the one that the card describes.
        ConfigError: the card is there and cannot be read.
    """
    if not card_file.is_file():
        raise ModelError(
            "no card of a model", where=str(card_file), expected="a YAML file beside the .onnx file",
            fix="Name the card of a model; without one, nobody knows what the model takes and gives.",
        )  # fmt: skip
    card = load_yaml(card_file, ModelCard)
    model_file = card_file.with_name(card.file)
    try:
        model = model_file.read_bytes()
    except OSError as error:
        raise ModelError(
            "cannot read the model that the card names", where=str(model_file),
            found=error.strerror or str(error), fix=f"Put it beside {card_file.name}, or install again.",
        ) from error  # fmt: skip
    found = hashlib.sha256(model).hexdigest()
    if found != card.sha256:
        raise ModelError(
            "not the model that the card describes", where=str(model_file),
            found=f"sha256 {found[:16]}..., {len(model)} bytes",
            expected=f"sha256 {card.sha256[:16]}..., {card.size_bytes} bytes",
            fix="Restore the model, or use the card that came with it. Galleries belong to one model.",
        )  # fmt: skip
    return card, model
