"""A gallery on disk: provenance, versions, undo; other models, lost files, writers that die."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from drawn_products import PatchEmbedder, picture, save
from encoded import encoded

from edge.errors import GalleryError, StorageError
from edge.vision.gallery import store as store_module
from edge.vision.gallery.enrolment import NewPicture, Outcome, enrol, files_of, read_new, tree_of, withdraw
from edge.vision.gallery.gallery import Gallery
from edge.vision.gallery.record import PICTURES_PER_SKU_MAX, Origin
from edge.vision.gallery.store import GalleryStore

EMBEDDER = PatchEmbedder()
AT, BY = "2026-01-02T03:04:05+00:00", "a technician"


def new(product: int, view: int, sku: str = "") -> NewPicture:
    return NewPicture(sku or f"sku {product}", f"{product}-{view}.png", encoded(picture(product, view)))


def enrolled(folder: Path, *pictures: NewPicture, embedder: PatchEmbedder = EMBEDDER) -> Outcome:
    return enrol(GalleryStore(folder), pictures, embedder, by=BY, at=AT)


def shelf(products: int = 4, views: int = 5) -> list[NewPicture]:
    return [new(product, view) for product in range(products) for view in range(views)]


def told(gallery: Gallery, product: int, view: int, embedder: PatchEmbedder = EMBEDDER) -> str:
    (sighting,) = gallery.likelihoods(embedder.embed([picture(product, view)]))
    candidates, unknown = sighting.posterior()
    best = next(iter(candidates))
    return best if candidates[best] > unknown else "unknown"


def test_enrol_and_identify(tmp_path: Path) -> None:
    outcome = enrolled(tmp_path / "g", *shelf())
    assert (len(outcome.added), outcome.refused, outcome.version.version) == (20, [], 1)
    gallery, lost = GalleryStore(tmp_path / "g").load(EMBEDDER)
    assert lost == []
    assert [told(gallery, product, 77) for product in range(4)] == [f"sku {n}" for n in range(4)]
    assert told(gallery, 9, 77) == "unknown"


def test_every_picture_has_its_provenance(tmp_path: Path) -> None:
    one = NewPicture("tea", "boards/7", encoded(picture(1, 1)), Origin.SELF_LABELLED, "n1-b-12")
    enrolled(tmp_path, one, new(0, 0))
    kept, _ = GalleryStore(tmp_path).read().pictures
    assert (kept.sku, kept.source, kept.at, kept.by) == ("tea", "boards/7", AT, BY)
    assert (kept.origin, kept.event, kept.model_sha256) == (
        Origin.SELF_LABELLED, "n1-b-12", EMBEDDER.model_sha256
    )  # fmt: skip
    assert (tmp_path / "pictures" / kept.sha256).read_bytes() == one.content


def test_a_loaded_gallery_says_the_same_as_a_fitted_one(tmp_path: Path) -> None:
    enrolled(tmp_path, *shelf())
    one, two = (GalleryStore(tmp_path).load(EMBEDDER)[0] for _ in range(2))
    asked = EMBEDDER.embed([picture(2, 50)])
    assert one.likelihoods(asked) == two.likelihoods(asked)
    assert one.calibration == GalleryStore(tmp_path).read().calibration


def test_the_same_picture_again_changes_nothing(tmp_path: Path) -> None:
    enrolled(tmp_path, new(0, 0))
    again = enrolled(tmp_path, new(0, 0))
    assert (again.known, again.added, again.version.version) == (["0-0.png"], [], 1)


def test_one_picture_for_two_skus_is_refused_and_the_others_are_not(tmp_path: Path) -> None:
    outcome = enrolled(tmp_path, new(0, 0), new(0, 0, sku="other"), new(1, 0))
    assert [each.sku for each in outcome.added] == ["sku 0", "sku 1"]
    assert "one picture for two SKUs" in str(outcome.refused[0])
    assert "sku 0" in str(outcome.refused[0])


@pytest.mark.parametrize(
    "sku", ["../../etc", "/abs", "a/b", "a\\b", "", ".", "..", ".x", " x", "x" * 65, "a\nb", "a\0"]
)
def test_names_with_tricks_are_refused(tmp_path: Path, sku: str) -> None:
    outcome = enrolled(tmp_path / "g", new(0, 0, sku=sku) if sku else NewPicture("", "x", b""), new(1, 0))
    assert [each.sku for each in outcome.added] == ["sku 1"]
    assert "not a name of a SKU" in str(outcome.refused[0])
    assert [each.name for each in tmp_path.iterdir()] == ["g"]


def test_bad_pictures_cost_only_themselves(tmp_path: Path) -> None:
    whole = encoded(picture(0, 1), "JPEG")
    bad = [b"", b"no picture", whole[: len(whole) // 2]]
    outcome = enrolled(
        tmp_path, *(NewPicture("s", f"bad {i}", each) for i, each in enumerate(bad)), new(0, 0)
    )
    assert len(outcome.refused) == 3
    assert all(f"bad {i}" in str(error) for i, error in enumerate(outcome.refused))
    assert len(outcome.added) == 1


def test_undo_and_withdraw(tmp_path: Path) -> None:
    store = GalleryStore(tmp_path)
    enrolled(tmp_path, new(0, 0), new(1, 0))
    second = enrolled(tmp_path, new(2, 0)).version
    assert {each.sku for each in store.undo().pictures} == {"sku 0", "sku 1"}
    gone = withdraw(store, store.read().of_sku("sku 0"), EMBEDDER, by=BY, at=AT).version
    assert [each.sku for each in gone.pictures] == ["sku 1"]
    assert gone.version > second.version  # a number never means two things
    store.undo()
    assert store.undo().pictures == ()
    with pytest.raises(GalleryError, match="nothing to undo"):
        store.undo()
    enrolled(tmp_path, new(3, 0))
    assert [each.sku for each in store.read().pictures] == ["sku 3"]


def test_another_model_never_sees_the_vectors_of_the_first(tmp_path: Path) -> None:
    enrolled(tmp_path, *shelf())
    other = PatchEmbedder(seed=5)
    gallery, lost = GalleryStore(tmp_path).load(other)
    assert lost == []
    assert gallery.model_sha256 == other.model_sha256
    assert [told(gallery, product, 70, other) for product in range(4)] == [f"sku {n}" for n in range(4)]
    assert len(list((tmp_path / "vectors" / other.model_sha256).iterdir())) == 20


def test_damaged_vectors_are_made_again(tmp_path: Path) -> None:
    enrolled(tmp_path, *shelf())
    before = GalleryStore(tmp_path).load(EMBEDDER)[0]
    for number, file in enumerate(sorted((tmp_path / "vectors").glob("*/*"))[:3]):
        file.write_bytes((b"", b"x" * 7, np.full(96, np.nan, "<f4").tobytes())[number])
    after, lost = GalleryStore(tmp_path).load(EMBEDDER)
    assert lost == []
    asked = EMBEDDER.embed([picture(1, 60)])
    assert after.likelihoods(asked) == before.likelihoods(asked)


def test_a_lost_picture_is_named_and_the_others_work(tmp_path: Path) -> None:
    enrolled(tmp_path, *shelf())
    first, second, *_ = GalleryStore(tmp_path).read().pictures
    (tmp_path / "pictures" / first.sha256).unlink()
    (tmp_path / "pictures" / second.sha256).write_bytes(b"altered")
    other = PatchEmbedder(seed=6)
    gallery, lost = GalleryStore(tmp_path).load(other)
    assert len(lost) == 2
    assert "0-0.png" in str(lost[0])
    assert "altered" in str(lost[1])
    assert told(gallery, 0, 70, other) == "sku 0"


@pytest.mark.parametrize("damage", ["current.json", "versions/2.json", "gone"])
def test_a_damaged_gallery_says_so_and_undo_mends_it(tmp_path: Path, damage: str) -> None:
    enrolled(tmp_path, new(0, 0))
    enrolled(tmp_path, new(1, 0))
    if damage == "gone":
        (tmp_path / "current.json").unlink()
    else:
        (tmp_path / damage).write_bytes(b"{")
    with pytest.raises(GalleryError, match="damaged"):
        GalleryStore(tmp_path).read()
    with pytest.raises(GalleryError, match="--undo"):
        enrolled(tmp_path, new(2, 0))
    mended = GalleryStore(tmp_path).undo()
    assert mended == GalleryStore(tmp_path).read()
    assert mended.version == (1 if damage == "versions/2.json" else 2)


def test_an_altered_version_is_not_believed(tmp_path: Path) -> None:
    enrolled(tmp_path, new(0, 0))
    file = tmp_path / "versions" / "1.json"
    file.write_text(file.read_text().replace("sku 0", "sku 1"))
    with pytest.raises(GalleryError, match="not what was written"):
        GalleryStore(tmp_path).read()


@pytest.mark.parametrize("is_first", [True, False])
def test_a_writer_that_dies_at_any_write_leaves_a_whole_gallery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_first: bool
) -> None:
    if not is_first:
        enrolled(tmp_path, new(0, 0), new(1, 0))
    before, write = GalleryStore(tmp_path).read(), store_module.write_atomically
    # Pictures, vectors, version, which one is in force; before the first version, that none is.
    for survived in range(7 if is_first else 6):
        left = iter(range(survived))

        def dying(file: Path, content: bytes, left: object = left) -> None:
            if next(left, None) is None:  # type: ignore[call-overload]
                raise StorageError("the power is gone")
            write(file, content)

        monkeypatch.setattr(store_module, "write_atomically", dying)
        with pytest.raises(StorageError):
            enrolled(tmp_path, new(2, survived), new(3, survived))
        monkeypatch.setattr(store_module, "write_atomically", write)
        assert GalleryStore(tmp_path).read() == before
        assert GalleryStore(tmp_path).load(EMBEDDER)[1] == []
    after = enrolled(tmp_path, new(2, 9), new(3, 9)).version
    assert len(after.pictures) == (2 if is_first else 4)


def test_writers_take_turns(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=enrolled, args=(tmp_path, *(new(p, view) for view in range(3))))
        for p in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    version = GalleryStore(tmp_path).read()
    assert (version.version, len(version.pictures)) == (4, 12)


def test_too_many_pictures_change_nothing(tmp_path: Path) -> None:
    enrolled(tmp_path, new(0, 0))
    flood = [new(1, view) for view in range(PICTURES_PER_SKU_MAX + 1)]
    with pytest.raises(GalleryError, match="too many pictures of sku 1"):
        enrolled(tmp_path, *flood)
    assert len(GalleryStore(tmp_path).read().pictures) == 1


def test_old_versions_and_their_pictures_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "VERSIONS_KEPT", 3)
    store = GalleryStore(tmp_path)
    enrolled(tmp_path, new(0, 0), new(1, 0))
    withdraw(store, store.read().of_sku("sku 0"), EMBEDDER, by=BY, at=AT)
    for view in range(1, 4):
        enrolled(tmp_path, new(1, view))
    assert len(list((tmp_path / "versions").iterdir())) == 3
    assert len(list((tmp_path / "pictures").iterdir())) == 4
    assert store.load(EMBEDDER)[1] == []


def test_a_tree_and_folders(tmp_path: Path) -> None:
    for product in range(2):
        save(tmp_path / "tree" / f"s{product}" / "a.png", product, 0)
    (tmp_path / "tree" / "empty").mkdir()
    (tmp_path / "tree" / "s0" / "notes.txt").write_text("not a picture")
    found = [read_new(sku, file) for sku, file in tree_of(tmp_path / "tree")]
    assert [each.sku for each in found if isinstance(each, NewPicture)] == ["s0", "s1"]
    assert ["no pictures in this folder" in str(each) for each in found if isinstance(each, Exception)] == [
        True
    ]
    assert "No such file" in str(read_new("s", tmp_path / "none.png"))
    assert [each.name for each in files_of([tmp_path / "tree" / "s1"]) if isinstance(each, Path)] == ["a.png"]
    for nothing in (tmp_path / "none", tmp_path / "tree" / "empty"):
        with pytest.raises(GalleryError):
            list(tree_of(nothing))


def test_a_file_is_no_gallery(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(GalleryError, match="not a folder"):
        enrolled(tmp_path / "file", new(0, 0))
