"""Crops to unit vectors: onnxruntime on one thread and in little memory. No other file imports it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.vision.model_card import ModelCard, PictureInput, load_model, shipped_card
from edge.vision.picture import check_crop

ERRORS_ONLY = 3  # onnxruntime's severity
AS_REQUESTED = 1  # onnxruntime's way to extend an arena: by what is needed, not to the next power of two

ARENA_MB = 32
"""The shipped model's activations take 14 MB. More is refused, so that no model makes a node swap."""

Crop = NDArray[np.uint8]  # (h, w, 3) RGB


def load_embedder(path: Path | None = None) -> OnnxEmbedder:
    """The embedder of a card, or of the model that ships with Steelyard.

    Raises:
        ModelError: card or model missing, altered, or not what the other says.
        ConfigError: the card cannot be read.
    """
    card, model = load_model(path if path is not None else shipped_card())
    return OnnxEmbedder(card, model)


class OnnxEmbedder:
    """A model of crops; see :class:`edge.vision.embedding.CropEmbedder`.

    Crops go through one at a time: the input's shape is fixed, so that memory is, and two crops take twice
    as long as one.
    """

    def __init__(self, card: ModelCard, model: bytes) -> None:
        """Start a session on the bytes of an ONNX file.

        Raises:
            ModelError: onnxruntime cannot run it, or it is not shaped as its card says.
        """
        self.card = card
        try:
            self._session = onnxruntime.InferenceSession(
                model, sess_options=_thrifty(), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its exceptions have no common root
            raise ModelError(
                "onnxruntime cannot run the model", where=card.file, found=str(error).splitlines()[0][:200],
                fix="Update onnxruntime, or restore the model.",
            ) from error  # fmt: skip
        _check_shapes(self._session, card)
        # Kept for all crops; the session copies nothing of it.
        self._input = np.empty((1, 3, card.input.side_px, card.input.side_px), np.float32)

    @property
    def model_sha256(self) -> str:
        """64 hex digits of the model file."""
        return self.card.sha256

    @property
    def size(self) -> int:
        """Length of a vector."""
        return self.card.output.size

    def embed(self, crops: Sequence[Crop]) -> NDArray[np.float32]:
        """Unit vectors (n, size) of n crops (h, w, 3) RGB of any size, in their order.

        Raises:
            PictureError: a crop is no picture: wrong shape or type, or no pixels.
        """
        vectors = np.empty((len(crops), self.size), np.float32)
        for index, crop in enumerate(crops):
            check_crop(crop, f"crop {index}")
            fill_input(self._input, crop, self.card.input)
            (feature,) = self._session.run([self.card.output.name], {self.card.input.name: self._input})
            # A picture of one colour may leave nothing; its vector is zero, as far from all as can be.
            vectors[index] = feature[0] / max(float(np.linalg.norm(feature[0])), 1e-12)
        return vectors


def fill_input(tensor: NDArray[np.float32], crop: Crop, shape: PictureInput) -> None:
    """Write a crop into the model's input (1, 3, side, side): whole, undistorted, centred, grey beside it."""
    height, width = crop.shape[:2]
    side = shape.side_px
    scale = side / max(height, width)
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    if scale < 1:
        crop = np.asarray(cv2.resize(crop, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    levels = crop.astype(np.float32)
    levels -= np.float32(shape.mean)
    levels *= np.float32(1 / shape.scale)
    top, left = (side - rows) // 2, (side - columns) // 2
    if rows < side or columns < side:
        tensor.fill((shape.fill - shape.mean) / shape.scale)
    for plane, channel in zip(tensor[0], cv2.split(levels), strict=True):
        inside = plane[top : top + rows, left : left + columns]
        # Enlarged straight into its place; of a picture that was shrunk this is a copy.
        cv2.resize(channel, (columns, rows), dst=inside, interpolation=cv2.INTER_LINEAR)


def _thrifty() -> onnxruntime.SessionOptions:
    """One thread that sleeps when idle, and memory of a fixed size.

    Without an arena, pages are fetched anew for every picture, which doubles the time; with memory patterns,
    a second copy of all activations stays.
    """
    memory = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    limits = onnxruntime.OrtArenaCfg({"max_mem": ARENA_MB * 2**20, "arena_extend_strategy": AS_REQUESTED})
    onnxruntime.create_and_register_allocator(memory, limits)
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.use_env_allocators", "1")
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.enable_mem_pattern = False
    options.log_severity_level = ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return options


def _check_shapes(session: onnxruntime.InferenceSession, card: ModelCard) -> None:
    """Compare the graph's inputs and outputs with the card's.

    Raises:
        ModelError: they differ.
    """
    side = card.input.side_px
    expected = [(card.input.name, "tensor(float)", [1, 3, side, side])]
    found = [(each.name, each.type, list(each.shape)) for each in session.get_inputs()]
    expected_outputs = [(card.output.name, "tensor(float)", [1, card.output.size])]
    found_outputs = [(each.name, each.type, list(each.shape)) for each in session.get_outputs()]
    for what, is_found, is_expected in (
        ("input", found, expected),
        ("output", found_outputs, expected_outputs),
    ):
        if is_found != is_expected:
            raise ModelError(
                f"the model's {what} is not the card's", where=card.file, found=str(is_found),
                expected=str(is_expected), fix="Restore model and card together.",
            )  # fmt: skip
