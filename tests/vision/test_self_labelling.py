"""Weight labels crops: only when it is sure, never against what is seen, bounded, checked, and undone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_products import PatchEmbedder, picture
from encoded import encoded

from edge.errors import GalleryError
from edge.messages import EventKind, EvidenceTerms, Hypothesis, ItemCount, PlateDelta, ShelfEvent
from edge.vision.gallery.enrolment import NewPicture, enrol
from edge.vision.gallery.record import Origin
from edge.vision.gallery.self_labelling import (
    Candidate,
    Refusal,
    SelfLabelling,
    SelfLabellingOptions,
    forget,
    promote,
    weighed,
)
from edge.vision.gallery.store import GalleryStore

EMBEDDER = PatchEmbedder()
WHO = {"by": "node n1", "at": "2026-01-02T03:04:05+00:00"}


def event(
    product: int,
    *,
    seq: int = 1,
    rival: float = -9.0,
    vision: float = 0.0,
    quantity: int = 1,
    log_odds: float = 9.0,
) -> ShelfEvent:
    """A pick of a product, with another product ``rival`` nat behind by weight."""
    best = EvidenceTerms(weight=-2.0, vision=vision)
    return ShelfEvent(
        node="n1", boot="b", seq=seq, t_onset=0.0, t_settled=1.0, t_decided=1.0, kind=EventKind.PICK,
        delta_g=-100.0, sigma_g=1.0, plates=(PlateDelta("1/1/1", -100.0),), log_odds=log_odds,
        hypotheses=(
            Hypothesis((ItemCount(f"sku {product}", quantity),), 0.9, best),
            Hypothesis((ItemCount("sku other", 1),), 0.1, EvidenceTerms(weight=-2.0 + rival)),
        ),
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> GalleryStore:
    """Four products, four pictures each, enrolled by a person."""
    made = GalleryStore(tmp_path / "g")
    enrol(
        made,
        [NewPicture(f"sku {p}", f"{p}-{v}", encoded(picture(p, v))) for p in range(4) for v in range(4)],
        EMBEDDER, **WHO,
    )  # fmt: skip
    return made


def labelling(store: GalleryStore, **options: float) -> SelfLabelling:
    version = store.read()
    vectors, _ = store.vectors(version.pictures, EMBEDDER)
    return SelfLabelling(version, vectors, EMBEDDER, SelfLabellingOptions(**options))


def test_a_certain_event_labels_its_crop(store: GalleryStore) -> None:
    found = labelling(store).propose(event(2, seq=7), picture(2, 40))
    assert isinstance(found, Candidate)
    assert (found.sku, found.event) == ("sku 2", "n1-b-7")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"rival": -1.0}, Refusal.NOT_CERTAIN),
        ({"log_odds": 1.0}, Refusal.NOT_CERTAIN),
        ({"quantity": 2}, Refusal.SEVERAL),
    ],
)
def test_doubt_labels_nothing(store: GalleryStore, given: dict[str, float], expected: Refusal) -> None:
    assert labelling(store).propose(event(2, **given), picture(2, 40)) is expected


def test_pictures_never_vouch_for_their_own_label() -> None:
    """The camera has decided between twins; weight alone has not."""
    assert weighed(event(2, rival=-0.1, vision=9.0))[1] < 0.6
    assert weighed(event(2, rival=-9.0, vision=-4.0))[1] > 0.99


def test_a_crop_of_something_else_is_no_candidate(store: GalleryStore) -> None:
    assert labelling(store).propose(event(2), picture(3, 40)) is Refusal.CONTRADICTED


def test_a_product_that_nobody_enrolled_may_be_learnt(store: GalleryStore) -> None:
    assert isinstance(labelling(store).propose(event(8), picture(8, 1)), Candidate)


def test_what_is_known_already_is_not_kept_twice(store: GalleryStore) -> None:
    stage = labelling(store)
    assert stage.propose(event(2), picture(2, 0)) is Refusal.NOTHING_NEW
    assert isinstance(stage.propose(event(2), picture(2, 40)), Candidate)
    assert stage.propose(event(2), picture(2, 40)) is Refusal.NOTHING_NEW
    stage.reset()
    assert isinstance(stage.propose(event(2), picture(2, 40)), Candidate)


def test_it_is_bounded_for_each_sku_and_in_all(store: GalleryStore) -> None:
    stage = labelling(store, per_sku_max=1, total_max=2, batch=2)
    assert isinstance(stage.propose(event(2), picture(2, 40)), Candidate)
    assert not stage.is_due
    assert stage.propose(event(2), picture(2, 41)) is Refusal.ENOUGH
    assert isinstance(stage.propose(event(3), picture(3, 40)), Candidate)
    assert stage.is_due
    assert stage.propose(event(1), picture(1, 40)) is Refusal.ENOUGH


def test_proven_candidates_are_enrolled_with_their_events_and_can_be_withdrawn(store: GalleryStore) -> None:
    stage = labelling(store)
    for seq, product in enumerate((0, 1, 2), start=1):
        stage.propose(event(product, seq=seq), picture(product, 40))
    outcome = promote(store, stage, EMBEDDER, **WHO)
    assert outcome is not None
    assert outcome.version.why == "self-labelled"
    assert stage.candidates == []
    labelled = [each for each in store.read().pictures if each.origin is Origin.SELF_LABELLED]
    assert [each.event for each in labelled] == ["n1-b-1", "n1-b-2", "n1-b-3"]
    vectors, _ = store.vectors(tuple(labelled), EMBEDDER)
    assert np.array_equal(vectors[0], EMBEDDER.embed([picture(0, 40)])[0])
    forget(store, EMBEDDER, events=["n1-b-2"], **WHO)
    assert len(store.read().pictures) == 18
    forget(store, EMBEDDER, **WHO)
    assert all(each.origin is Origin.ENROLLED for each in store.read().pictures)
    with pytest.raises(GalleryError, match="labelled by weight"):
        forget(store, EMBEDDER, **WHO)


def test_candidates_that_make_the_gallery_worse_are_not_used(store: GalleryStore) -> None:
    """Wrong labels that came through all gates: pictures of one product under the name of another."""
    stage = labelling(store)
    good = stage.propose(event(0, seq=1), picture(0, 40))
    for view in range(41, 47):
        vector = EMBEDDER.embed([picture(3, view)])[0]
        stage.candidates.append(Candidate("sku 1", "n1-b-9", picture(3, view), vector))
    assert stage.proven() == [good]
    outcome = promote(store, stage, EMBEDDER, **WHO)
    assert outcome is not None
    assert [each.sku for each in outcome.added] == ["sku 0"]


def test_without_pictures_to_check_with_nothing_is_used(tmp_path: Path) -> None:
    bare = GalleryStore(tmp_path)
    enrol(bare, [NewPicture(f"sku {p}", str(p), encoded(picture(p, 0))) for p in range(3)], EMBEDDER, **WHO)
    stage = labelling(bare)
    stage.propose(event(2), picture(2, 40))
    before = bare.read()
    assert promote(bare, stage, EMBEDDER, **WHO) is None
    assert bare.read() == before
