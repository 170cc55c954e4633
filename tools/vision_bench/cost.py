"""What one event costs that the cameras saw, beside the network alone; on one thread."""

from __future__ import annotations

import time
from dataclasses import dataclass

import cv2
import numpy as np
import onnxruntime

from edge.vision.change_region import Pair, camera_shift_px, context, find_changes
from edge.vision.embedder import OnnxEmbedder, fill_input
from edge.vision.gallery.calibration import Calibration
from edge.vision.gallery.gallery import Gallery
from edge.vision.model_card import load_model, shipped_card
from edge.vision.shelf_view import ShelfView
from tools.packaging.lens import decoded
from tools.store_simulator.camera.shelf_camera import ShelfCamera
from tools.store_simulator.camera.stock import Stock
from tools.store_simulator.camera.view_file import view_entry
from tools.vision_bench.twin_store import twin_store

SKUS, PICTURES = 500, 5
"""Enrolled in the gallery that is asked."""

CROPS = 2
ROUNDS = 40
"""Both sides are timed in turn, so that a busy moment of the machine hits both."""


@dataclass(frozen=True, slots=True)
class VisionCost:
    """Medians."""

    event_ms: float  # region, two crops, gallery
    bare_ms: float  # the session's run of the same two crops
    model_bytes: int

    @property
    def ratio(self) -> float:
        """[1] the event beside the bare network."""
        return self.event_ms / self.bare_ms


def measure_cost() -> VisionCost:
    """Processor time, here and now; a machine that is busy otherwise hardly changes it."""
    cv2.setNumThreads(1)
    card, model = load_model(shipped_card())
    embedder = OnnxEmbedder(card, model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    bare = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    gallery = _chance_gallery(embedder)
    view, before, after, plate = _pick_pictures()
    event_s, bare_s = [], []
    for _ in range(ROUNDS):
        started = time.process_time()
        part = context(view, (plate,))
        camera_shift_px(view.area.cut(before), view.area.cut(after))
        pair = Pair(
            part.cut(before), part.cut(after), view.mask((plate,), part), view.mask(view.plates, part)
        )
        changes = find_changes(pair, (0.0, 0.0))
        assert isinstance(changes, tuple), changes
        box = changes[0].box.shifted(part)
        crops = [box.cut(before), box.cut(after)]
        gallery.likelihoods(embedder.embed(crops))
        event_s.append(time.process_time() - started)
        tensor = np.empty((1, 3, card.input.side_px, card.input.side_px), np.float32)
        inputs = [tensor.copy() for _ in crops]
        for each, crop in zip(inputs, crops, strict=True):
            fill_input(each, crop, card.input)
        started = time.process_time()
        for each in inputs:
            bare.run([card.output.name], {card.input.name: each})
        bare_s.append(time.process_time() - started)
    return VisionCost(1e3 * float(np.median(event_s)), 1e3 * float(np.median(bare_s)), len(model))


def _chance_gallery(embedder: OnnxEmbedder) -> Gallery:
    """Vectors of chance: what is in them costs nothing."""
    rng = np.random.default_rng(47)
    vectors = rng.standard_normal((SKUS, PICTURES, embedder.size), np.float32)
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    pictures = {f"{sku:013d}": group for sku, group in enumerate(vectors)}
    return Gallery.of(pictures, embedder.model_sha256, Calibration())


def _pick_pictures() -> tuple[ShelfView, np.ndarray, np.ndarray, str]:
    """A view, its pictures before and after a pick, and the plate."""
    store = twin_store(0, look_alike=True)
    plates = tuple(store.planogram.plates)
    sku_of = {plate: facing.sku or "" for facing in store.planogram.facings for plate in facing.plates}
    stock = Stock({plate: (sku_of[plate],) * 6 for plate in plates})
    camera = ShelfCamera("bench", plates, store.planogram, store.looks, stock, seed=(1,))
    before = decoded(camera.jpeg((), 0.0))
    stock.take(plates[2], sku_of[plates[2]])
    after = decoded(camera.jpeg((), 1.0))
    view = ShelfView("bench", view_entry(camera.viewpoint), store.planogram)
    return view, before, after, plates[2]
