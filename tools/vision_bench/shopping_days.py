"""Days of shopping before a camera, from which a gallery learns what weight tells it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.config import VisionSection
from edge.messages import NodeMessage
from edge.node.pipeline import NodePipeline
from edge.planogram import Box, Catalogue, Facing, Planogram, Sku
from edge.vision.embedding import CropEmbedder
from edge.vision.eyewitness import Eyewitness
from edge.vision.gallery.enrolment import NewPicture, enrol
from edge.vision.gallery.gallery import Gallery, grouped
from edge.vision.gallery.learning import GalleryLearning
from edge.vision.gallery.record import Origin
from edge.vision.gallery.store import GalleryStore
from edge.vision.shelf_view import ShelfView
from edge.vision.testimony import Lesson
from tools.gallery_accuracy import learning_curve
from tools.packaging.articles import PACKED_G_PER_CM3
from tools.packaging.designs import FAMILY, design, sized
from tools.scenarios.modelled_noise import ModelledNoise
from tools.scenarios.script import Script
from tools.scenarios.stage import Stage
from tools.scenarios.suite import write
from tools.scenarios.tracked import EPOCH
from tools.store_simulator.camera.portraits import portraits
from tools.store_simulator.camera.stock import Stock
from tools.store_simulator.camera.view_file import view_entry
from tools.vision_bench.filmed_case import FilmedCase
from tools.vision_bench.twin_store import (
    CLEARANCE_M,
    DEPTH_M,
    FIRST_FAMILY,
    PLATE_M,
    PLATES,
    SHELF_Z_M,
    TwinStore,
)

STORES, TAUGHT_DAYS = 3, 4
"""Where nothing else is asked for."""

LIGHTEST_G, STEP_G = 90.0, 25.0
"""Goods weigh so differently that weight alone tells them."""

ROUNDS = 2
"""Times that a day's shopper takes one of everything, in a new order each time."""

ASKED_DAYS = 2
"""After those that taught, whose crops the galleries are asked about."""

NEAR_S = 1.5
"""[s] between an event and the transfer that it tells, at most."""


@dataclass(frozen=True, slots=True)
class Schooldays:
    """How a gallery fared."""

    accuracy: list[float]  # [1] right among all SKUs, of later days' crops: at first, and after each day
    labelled: list[int]  # [pictures] that weight had labelled by then
    wrong: int  # of them, in the end
    asked: int  # crops


def go_shopping(embedder: CropEmbedder, seed: int, *, enrolled: int, days: int) -> Schooldays:
    """Let a gallery learn, day by day; and ask it about the crops of the days after them.

    Args:
        embedder: the model.
        seed: of store, days and light.
        enrolled: pictures of each SKU that a person took at first.
        days: to learn from.
    """
    shop = family_store(seed)
    truth: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = GalleryStore(Path(folder))
        enrol(store, _portraits(shop, seed, enrolled), embedder, by="a person", at="")
        learning = GalleryLearning(store, embedder, by="a node", now=lambda: "")
        first, _ = store.load(embedder)
        gallery, labelled, learnt = first, [0], []
        known: frozenset[str] = frozenset()
        for day in range(days):
            for message, lesson, script in _shopped(shop, embedder, gallery, seed, day):
                if lesson is None:
                    gallery = learning.revise(message) or gallery
                    continue
                truth[str(message.identity)] = true_sku(script, lesson) or ""
                gallery = learning.learn(lesson) or gallery
            pictures = store.read().pictures
            new = tuple(
                each for each in pictures if each.origin is Origin.SELF_LABELLED and each.sha256 not in known
            )
            known |= {each.sha256 for each in new}
            labelled.append(len(known))
            vectors, _ = store.vectors(new, embedder)
            learnt.append(grouped([each.sku for each in new], vectors))
        people = tuple(each for each in pictures if each.origin is Origin.ENROLLED)
        taught = [each for each in pictures if each.origin is Origin.SELF_LABELLED]
        vectors, _ = store.vectors(people, embedder)
    crops = [
        (sku, lesson.rgb)
        for day in range(days, days + ASKED_DAYS)
        for _, lesson, script in _shopped(shop, embedder, first, seed, day)
        if lesson is not None and (sku := true_sku(script, lesson)) is not None
    ]
    asked = grouped([sku for sku, _ in crops], embedder.embed([crop for _, crop in crops]))
    return Schooldays(
        learning_curve(grouped([each.sku for each in people], vectors), learnt, asked),
        labelled,
        sum(truth[each.event] != each.sku for each in taught),
        len(crops),
    )


def pooled(schools: Sequence[Schooldays]) -> Schooldays:
    """Of several stores, each of their crops counting once."""
    asked = np.array([each.asked for each in schools])
    return Schooldays(
        (asked @ np.array([each.accuracy for each in schools]) / asked.sum()).tolist(),
        np.sum([each.labelled for each in schools], axis=0).tolist(),
        sum(each.wrong for each in schools),
        int(asked.sum()),
    )


def family_store(seed: int) -> TwinStore:
    """Two shelves of look-alikes, four of a family, that weigh as differently as weight alone can tell."""
    count = PLATES * len(SHELF_Z_M)
    order = np.random.default_rng([seed, 53]).permutation(count)
    boxes: dict[str, Box] = {}
    for shelf, z in enumerate(SHELF_Z_M, 1):
        row = Box((0.0, 0.0, z), (PLATES * PLATE_M, DEPTH_M, CLEARANCE_M), 0.0).slices(PLATES)
        boxes |= {f"1/{shelf}/{place}": box for place, box in enumerate(row, 1)}
    facings, skus, looks = [], [], {}
    for plate, number in zip(boxes, order.tolist(), strict=True):
        sku, weight_g = f"0600{number:08d}", LIGHTEST_G + STEP_G * number
        look = design(FAMILY * (FIRST_FAMILY + 1000 * (seed + 1) + number // FAMILY) + number % FAMILY)
        looks[sku] = sized(look, volume_cm3=weight_g / PACKED_G_PER_CM3)
        skus.append(Sku(sku=sku, name=look.flavour.word, weight_g=weight_g, price=1.0))
        facings.append(Facing((plate,), sku, 8))
    return TwinStore(Planogram(f"families {seed}", boxes, facings), Catalogue(skus), looks)


def one_day(stage: Stage) -> None:
    """Somebody takes one of everything, and again."""
    t = stage.enter("A", 3.0)
    for index in [int(each) for _ in range(ROUNDS) for each in stage.rng.permutation(len(stage.goods))]:
        goods = stage.goods[index]
        t = stage.go("A", goods, t) + 0.9
        stage.pick("A", goods, t, at=stage.place(goods, straddle=False))
        t += 4.0
    stage.leave("A", t)


def true_sku(script: Script, lesson: Lesson) -> str | None:
    """What really moved; ``None`` where no transfer is near."""
    plates = {each.plate for each in lesson.event.plates}
    near = [
        each
        for each in script.transfers
        if abs(EPOCH + each.t - lesson.event.t_onset) < NEAR_S and plates & set(each.plates)
    ]
    return near[0].sku if near else None


def _shopped(
    shop: TwinStore, embedder: CropEmbedder, gallery: Gallery, seed: int, day: int
) -> Iterator[tuple[NodeMessage, Lesson | None, Script]]:
    """What the node says on a day, and the lessons in it; a day has its own light, noise and order."""
    script = write(one_day, 1000 * (seed + 1) + day, shop.planogram, shop.catalogue)
    case = FilmedCase(script, shop.planogram, shop.catalogue, ModelledNoise(), shop.looks)
    (gondola,), (node,) = case.gondolas, case.setup.nodes.values()
    view = ShelfView(gondola, view_entry(case.camera(gondola, Stock({})).viewpoint), shop.planogram)
    pipeline = NodePipeline(
        node="bench", boot=str(day), racks=node.racks, planogram=shop.planogram, catalogue=shop.catalogue,
        weight=node.weight, fusion=node.fusion,
        witness=Eyewitness([view], VisionSection(), embedder, gallery),
    )  # fmt: skip
    for name, arrived in case.inputs():
        if name is None:
            continue
        messages: Sequence[NodeMessage] = pipeline.step([arrived])  # type: ignore[list-item]
        for lesson in pipeline.take_lessons():
            yield lesson.event, lesson, script
        for message in messages:
            if message.revision:
                yield message, None, script


def _portraits(shop: TwinStore, seed: int, count: int) -> Iterator[NewPicture]:
    for sku in shop.looks:
        crops = portraits(
            tuple(shop.planogram.plates), shop.planogram, shop.looks, sku, seed=seed, count=count
        )
        for number, crop in enumerate(crops):
            _, png = cv2.imencode(".png", crop[..., ::-1])
            yield NewPicture(sku, f"portrait {sku} {number}", png.tobytes())
