"""What one event costs that the cameras saw, beside the network alone; on one thread."""

from __future__ import annotations

import time
from dataclasses import dataclass

import cv2
import numpy as np
import onnxruntime

from edge.config import VisionSection
from edge.messages import CropSide
from edge.samples import NS_PER_S, Frame
from edge.vision.embedder import OnnxEmbedder, fill_input
from edge.vision.eyewitness import Eyewitness
from edge.vision.gallery.calibration import Calibration
from edge.vision.gallery.gallery import Gallery
from edge.vision.model_card import load_model, shipped_card
from edge.vision.shelf_view import ShelfView
from edge.vision.testimony import Question
from tools.packaging.lens import decoded
from tools.store_simulator.camera.shelf_camera import ShelfCamera
from tools.store_simulator.camera.stock import Stock
from tools.store_simulator.camera.view_file import view_entry
from tools.vision_bench.twin_store import twin_store

SKUS, PICTURES = 500, 5
"""Enrolled in the gallery that is asked."""

CROPS = 2
RATE_HZ, FRAMES = 4.0, 8
"""Of the camera; and how many pictures it takes before the pick, and after."""

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
    witness, question = _saw_a_pick(embedder)
    tensor = np.empty((1, 3, card.input.side_px, card.input.side_px), np.float32)
    event_s, bare_s = [], []
    for _ in range(ROUNDS):
        started = time.process_time()
        (testimony,) = witness.ask(question)
        event_s.append(time.process_time() - started)
        judged = [crop.rgb for crop in testimony.crops if crop.side is question.side]
        assert len(testimony.looks) == len(judged) == CROPS, testimony.nothing_seen
        run_s = 0.0
        for crop in judged:
            fill_input(tensor, crop, card.input)
            started = time.process_time()
            bare.run([card.output.name], {card.input.name: tensor})
            run_s += time.process_time() - started
        bare_s.append(run_s)
    return VisionCost(1e3 * float(np.median(event_s)), 1e3 * float(np.median(bare_s)), len(model))


def _chance_gallery(embedder: OnnxEmbedder) -> Gallery:
    """Vectors of chance: what is in them costs nothing."""
    rng = np.random.default_rng(47)
    vectors = rng.standard_normal((SKUS, PICTURES, embedder.size), np.float32)
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    pictures = {f"{sku:013d}": group for sku, group in enumerate(vectors)}
    return Gallery.of(pictures, embedder.model_sha256, Calibration())


def _saw_a_pick(embedder: OnnxEmbedder) -> tuple[Eyewitness, Question]:
    """Somebody whose camera saw that two units went, one from each of two plates; and what to ask."""
    store = twin_store(0, look_alike=True)
    plates = tuple(store.planogram.plates)
    sku_of = {plate: facing.sku or "" for facing in store.planogram.facings for plate in facing.plates}
    stock = Stock({plate: (sku_of[plate],) * 6 for plate in plates})
    camera = ShelfCamera("bench", plates, store.planogram, store.looks, stock, seed=(1,))
    view = ShelfView("bench", view_entry(camera.viewpoint), store.planogram)
    witness = Eyewitness([view], VisionSection(), embedder, _chance_gallery(embedder))
    moved = (plates[1], plates[3])
    for number in range(2 * FRAMES):
        if number == FRAMES:
            for plate in moved:
                stock.take(plate, sku_of[plate])
        at_s = number / RATE_HZ
        witness.update(Frame("bench", round(at_s * NS_PER_S), decoded(camera.jpeg((), at_s))))
    onset_s = (FRAMES - 0.5) / RATE_HZ
    settled_s = onset_s + 0.1
    question = Question(
        ("bench", 1), moved, CropSide.BEFORE, round(onset_s * NS_PER_S), round(settled_s * NS_PER_S)
    )
    return witness, question
