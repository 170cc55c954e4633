"""Weights to the file that ships: ONNX, then static INT8 whose scales come from pictures of the task."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from edge.vision.embedder import fill_input
from edge.vision.model_card import PictureInput
from tools.vision_training.network import Lite0

INPUT, OUTPUT = "picture", "feature"
OPSET = 17
MEAN, SCALE = 127.0, 128.0  # of the pretrained network's input


def picture_input(side_px: int) -> PictureInput:
    """What the exported model takes."""
    return PictureInput(name=INPUT, side_px=side_px, mean=MEAN, scale=SCALE)


def export_int8(network: Lite0, side_px: int, calibration: Sequence[NDArray[np.uint8]], target: Path) -> None:
    """Write a network as INT8 ONNX: weights per channel, activations by the least and largest value seen.

    Static scales and QDQ pairs: dynamic ones were eight times as slow and bent the vectors (cosine 0.87).

    Args:
        network: in float32.
        side_px: of the fixed input.
        calibration: pictures (h, w, 3) RGB, about 160 of all kinds.
        target: the .onnx file.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, "plain.onnx")
        export_float(network, side_px, plain)
        quantize_static(
            plain,
            target,
            _Calibration(calibration, picture_input(side_px)),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
    model = onnx.load(target)
    model.doc_string = ""
    model.producer_name, model.producer_version = "steelyard", ""
    onnx.checker.check_model(model)
    onnx.save(model, target)


def export_float(network: Lite0, side_px: int, target: Path) -> None:
    """Write a network as float32 ONNX with the same input and output, constants folded."""
    with tempfile.TemporaryDirectory() as folder:
        traced = Path(folder, "traced.onnx")
        torch.onnx.export(
            network.eval().to(memory_format=torch.contiguous_format),
            (torch.zeros(1, 3, side_px, side_px),),
            str(traced),
            input_names=[INPUT],
            output_names=[OUTPUT],
            opset_version=OPSET,
            dynamo=False,
        )
        quant_pre_process(traced, target, skip_symbolic_shape=True)
    model = onnx.load(target)
    pad_in_convolutions(model.graph)
    onnx.save(model, target)


def pad_in_convolutions(graph: onnx.GraphProto) -> None:
    """Let convolutions pad what `Pad` nodes pad before them.

    PyTorch knows no uneven padding; ONNX does. Between quantised convolutions such a node is copied through
    float32, which takes a third of the whole time.
    """
    constants = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    for pad in [node for node in graph.node if node.op_type == "Pad"]:
        (convolution,) = [node for node in graph.node if pad.output[0] in node.input]
        _, _, top, left, _, _, bottom, right = constants[pad.input[1]].tolist()
        own = next(each for each in convolution.attribute if each.name == "pads")
        own.ints[:] = [have + more for have, more in zip(own.ints, (top, left, bottom, right), strict=True)]
        convolution.input[0] = pad.input[0]
        graph.node.remove(pad)
    used = {name for node in graph.node for name in node.input}
    for each in [each for each in graph.initializer if each.name not in used]:
        graph.initializer.remove(each)


class _Calibration(CalibrationDataReader):
    def __init__(self, pictures: Sequence[NDArray[np.uint8]], shape: PictureInput) -> None:
        self._inputs = self._filled(pictures, shape)

    @staticmethod
    def _filled(
        pictures: Sequence[NDArray[np.uint8]], shape: PictureInput
    ) -> Iterator[dict[str, NDArray[np.float32]]]:
        for picture in pictures:
            tensor = np.empty((1, 3, shape.side_px, shape.side_px), np.float32)
            fill_input(tensor, picture, shape)
            yield {INPUT: tensor}

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next input, ``None`` after the last."""
        return next(self._inputs, None)
