"""Twins among each other: receipts by weight alone, and by weight and cameras."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edge.aggregator.report import replay_report
from edge.cli.replay.in_process import InProcessReplay
from edge.config import VisionSection
from edge.vision.embedding import CropEmbedder
from edge.vision.eyewitness import Eyewitness
from edge.vision.gallery.gallery import Gallery
from edge.vision.shelf_view import ShelfView
from tools.scenarios.modelled_noise import ModelledNoise
from tools.scenarios.score import Score
from tools.scenarios.stage import Stage
from tools.scenarios.suite import Scenario, write
from tools.scenarios.suite.misplaced import misplaced_near_twin, misplaced_twin_then_bought
from tools.store_simulator.camera.portraits import portraits
from tools.store_simulator.camera.stock import Stock
from tools.store_simulator.camera.view_file import view_entry
from tools.vision_bench.filmed_case import FilmedCase
from tools.vision_bench.twin_store import TwinStore, twin_store


def mixed_facing(stage: Stage) -> None:
    """Goods mixed with their twins since before anybody looked; every other one taken is a twin."""
    pairs = stage.twins()
    t = stage.enter("A", 3.0)
    for index in stage.rng.permutation(len(pairs))[:2]:
        one, other = pairs[int(index)]
        taken = one if stage.rng.random() < 0.5 else other
        t = stage.go("A", one, t) + 0.9
        stage.pick("A", taken, t, at=stage.place(one, straddle=False))
        t += 5.0
    stage.leave("A", t)


SCENARIOS: tuple[Scenario, ...] = (mixed_facing, misplaced_near_twin, misplaced_twin_then_bought)
ENROLLED = 5
"""Pictures of each SKU."""


@dataclass(slots=True)
class TwinScore:
    """Receipts of the same cases with and without cameras."""

    weight: Score = field(default_factory=Score)
    seeing: Score = field(default_factory=Score)


def play_twins(embedder: CropEmbedder, scenario: Scenario, seed: int, *, look_alike: bool) -> TwinScore:
    """One case, both ways."""
    store = twin_store(seed, look_alike=look_alike)
    script = write(scenario, seed, store.planogram, store.catalogue)
    case = FilmedCase(script, store.planogram, store.catalogue, ModelledNoise(), store.looks)
    gallery = enrolled(store, embedder, seed)
    score = TwinScore()
    score.weight.add(script, _played(case, None))
    (gondola,) = case.gondolas
    entry = view_entry(case.camera(gondola, Stock({})).viewpoint)
    view = ShelfView(gondola, entry, store.planogram)
    witness = Eyewitness([view], VisionSection(), embedder, gallery)
    score.seeing.add(script, _played(case, witness))
    return score


def enrolled(store: TwinStore, embedder: CropEmbedder, seed: int) -> Gallery:
    """A gallery of everything in the store, from pictures that its camera took of each SKU alone."""
    plates = tuple(store.planogram.plates)
    vectors: dict[str, np.ndarray] = {}
    for sku in store.looks:
        crops = portraits(plates, store.planogram, store.looks, sku, seed=seed, count=ENROLLED)
        vectors[sku] = embedder.embed(list(crops))
    return Gallery.of(vectors, embedder.model_sha256)


def _played(case: FilmedCase, witness: Eyewitness | None) -> dict[str, Any]:
    replay = InProcessReplay(case, witness_of=lambda _: witness)
    replay.run()
    return replay_report(
        case.setup.name,
        replay.store,
        data_seconds=case.script.duration_s,
        cpu_seconds=0.0,
        plates=len(case.setup.plates),
    )
