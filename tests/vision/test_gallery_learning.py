"""A gallery in the running store: learns from a batch, forgets what was wrong, minds other writers."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from drawn_products import PatchEmbedder, picture
from encoded import encoded
from test_self_labelling import event

from edge.clock import SystemClock
from edge.config import VisionSection
from edge.errors import GalleryError
from edge.messages import Disturbance, DisturbanceKind
from edge.node.eyes import open_schooling
from edge.node.schooling import Schooling
from edge.vision.eyewitness import Eyewitness
from edge.vision.gallery.enrolment import NewPicture, enrol
from edge.vision.gallery.gallery import Gallery
from edge.vision.gallery.learning import GalleryLearning
from edge.vision.gallery.record import Origin
from edge.vision.gallery.self_labelling import SelfLabellingOptions
from edge.vision.gallery.store import GalleryStore
from edge.vision.testimony import Lesson

EMBEDDER = PatchEmbedder()


@pytest.fixture
def store(tmp_path: Path) -> GalleryStore:
    """Four products, four pictures each, enrolled by a person."""
    made = GalleryStore(tmp_path / "g")
    people = [NewPicture(f"sku {p}", f"{p}-{v}", encoded(picture(p, v))) for p in range(4) for v in range(4)]
    enrol(made, people, EMBEDDER, by="me", at="")
    return made


def learning(store: GalleryStore, batch: int = 3) -> GalleryLearning:
    return GalleryLearning(
        store, EMBEDDER, by="node n1", now=lambda: "2026-01-02T03:04:05+00:00",
        options=SelfLabellingOptions(batch=batch),
    )  # fmt: skip


def lesson(product: int, seq: int) -> Lesson:
    return Lesson(event(product, seq=seq), picture(product, 40))


def labelled(store: GalleryStore) -> dict[str, str]:
    return {each.event: each.sku for each in store.read().pictures if each.origin is Origin.SELF_LABELLED}


def no_goods(seq: int) -> Disturbance:
    return Disturbance(
        node="n1", boot="b", seq=seq, revision=2, t_onset=0.0, t_settled=1.0, t_decided=1.0,
        kind=DisturbanceKind.TOUCH, plates=(), delta_g=0.0, reason="part of another act",
    )  # fmt: skip


def test_a_batch_becomes_one_version(store: GalleryStore) -> None:
    pupil, before = learning(store), store.read().version
    assert pupil.learn(lesson(0, 1)) is None
    assert pupil.learn(lesson(1, 2)) is None
    assert store.read().version == before
    gallery = pupil.learn(lesson(8, 3))
    assert gallery is not None
    assert "sku 8" in gallery.skus
    assert labelled(store) == {"n1-b-1": "sku 0", "n1-b-2": "sku 1", "n1-b-3": "sku 8"}
    assert store.read().version == before + 1
    assert {each.by for each in store.read().pictures} == {"me", "node n1"}
    assert pupil.learn(lesson(0, 4)) is None  # known by now


def test_an_event_that_was_something_else_is_forgotten_before_and_after(store: GalleryStore) -> None:
    pupil = learning(store)
    pupil.learn(lesson(0, 1))
    assert pupil.revise(no_goods(1)) is None
    for product, seq in ((1, 2), (2, 3)):
        assert pupil.learn(lesson(product, seq)) is None
    assert pupil.learn(lesson(3, 4)) is not None
    assert labelled(store) == {"n1-b-2": "sku 1", "n1-b-3": "sku 2", "n1-b-4": "sku 3"}
    assert pupil.revise(msgspec.structs.replace(event(1, seq=2), revision=3)) is None  # the same label
    assert pupil.revise(no_goods(3)) is not None
    assert labelled(store) == {"n1-b-2": "sku 1", "n1-b-4": "sku 3"}


def test_what_others_enrolled_meanwhile_is_kept_and_known(store: GalleryStore) -> None:
    pupil = learning(store)
    pupil.learn(lesson(0, 1))
    enrol(store, [NewPicture("sku 9", "9", encoded(picture(9, 0)))], EMBEDDER, by="me", at="")
    pupil.learn(lesson(1, 2))
    gallery = pupil.learn(lesson(2, 3))
    assert gallery is not None
    assert "sku 9" in gallery.skus
    assert len(labelled(store)) == 3


def test_a_node_learns_only_if_asked_to_and_if_there_is_something_to_compare(
    store: GalleryStore, tmp_path: Path
) -> None:
    witness = Eyewitness([], VisionSection())

    def school(**options: object) -> Schooling[Gallery] | None:
        asked = msgspec.convert({"gallery": "g", "self_labelling": True, **options}, VisionSection)
        return open_schooling(witness, asked, tmp_path, node="n1", clock=SystemClock())

    assert school(self_labelling=False) is None
    assert school(gallery="empty") is None
    wanted = school()
    assert wanted is not None
    wanted.close()
    assert wanted.fault == ""


def test_a_gallery_with_lost_pictures_teaches_nothing(store: GalleryStore) -> None:
    version = store.read()
    lost = version.pictures[0].sha256
    for file in (*store.folder.glob(f"pictures/{lost}"), *store.folder.glob(f"vectors/*/{lost}")):
        file.unlink()
    with pytest.raises(GalleryError, match="is lost"):
        learning(store)
    assert store.read() == version
