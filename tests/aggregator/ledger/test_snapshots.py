"""A fold that begins with a snapshot is the fold of the whole ledger; what does not fit is passed over."""

from __future__ import annotations

import pickle
from hashlib import sha256

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_places import direct
from small_store import T0
from store_story import make_store, reported, story

from edge.aggregator.entries import GateEntry
from edge.aggregator.fold_image import packed
from edge.aggregator.ledger import Ledger, snapshots
from edge.aggregator.ledger.erasure import erase_visit
from edge.aggregator.ledger.tables import snapshots as table
from edge.aggregator.recall import Recall
from edge.config import AggregatorConfig, CartSection
from edge.errors import StorageError
from edge.payload import encode

CONFIG = AggregatorConfig(store="shop")


@pytest.fixture
def ledger(place):
    ledger = Ledger(place)
    yield ledger
    ledger.close()


def believed(fold) -> tuple:
    store, ingest = fold
    return (
        reported(store), encode(store.decisions()), encode(store.carts()), encode(store.receipts()),
        encode(store.disturbances()), ingest.gaps(), sorted(ingest.flags.items()), ingest.upto("n1", "b1"),
        store.settle(T0 + 1e6),
    )  # fmt: skip


def remember(recall: Recall, ledger: Ledger) -> None:
    recall.remember(ledger, *recall.fold(ledger), 1.0, now=True)


def kept(place) -> list[int]:
    with direct(place) as connection:
        return [row.entry for row in connection.execute(table.select().order_by(table.c.entry))]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1000), at=st.floats(0.0, 1.0), order=st.randoms(use_true_random=False))
def test_with_and_without_a_snapshot_it_is_the_same(tmp_path_factory, catalogue, planogram, seed, at, order):
    """Whatever came late or in another order, and wherever the snapshot was made."""
    told = story(make_store(catalogue, planogram), seed)
    if order.random() < 0.5:
        order.shuffle(told)
    middle = int(at * len(told))
    ledger = Ledger(tmp_path_factory.mktemp("snapshot") / "ledger.sqlite")
    recall = Recall(CONFIG, catalogue, planogram)
    ledger.append(told[:middle], 1.0)
    remember(recall, ledger)
    ledger.append(told[middle:], 2.0)
    begin = Recall(CONFIG, catalogue, planogram)
    begun = begin.fold(ledger)
    assert begin._made[0] == middle
    snapshots.forget(ledger)
    whole = Recall(CONFIG, catalogue, planogram).fold(ledger)
    ledger.close()
    assert believed(begun) == believed(whole)


def test_an_image_of_a_fold_is_the_fold(catalogue, planogram, place, ledger):
    """Also what it will make of entries to come: shared parts stay shared, caches stay right."""
    recall = Recall(CONFIG, catalogue, planogram)
    told = story(make_store(catalogue, planogram), 5)
    ledger.append(told[:20], 1.0)
    live = recall.fold(ledger)
    live[0].decisions()
    live[0].carts()
    recall.remember(ledger, *live, 1.0, now=True)
    assert read_from(recall, ledger) == 20
    again = recall.fold(ledger)
    for entry in told[20:]:
        for store, ingest in (live, again):
            store.apply(entry)
            ingest.note(entry, 2.0)
        assert believed(again) == believed(live)


def test_two_are_kept(catalogue, planogram, place, ledger, shelf):
    recall = Recall(CONFIG, catalogue, planogram)
    for number in range(4):
        ledger.append([GateEntry(shelf.entered(f"v{number}"))], 1.0)
        remember(recall, ledger)
    assert kept(place) == [3, 4]


def read_from(recall: Recall, ledger: Ledger) -> int:
    """After which entry the fold began."""
    recall.fold(ledger)
    return recall._made[0]


def test_what_does_not_fit_is_passed_over(catalogue, planogram, place, ledger, shelf):
    recall = Recall(CONFIG, catalogue, planogram)
    ledger.append(story(make_store(catalogue, planogram), 2), 1.0)
    remember(recall, ledger)
    first = ledger.head[0]
    ledger.append([GateEntry(shelf.entered("dora"))], 1.0)
    remember(recall, ledger)
    assert read_from(recall, ledger) == first + 1
    other = msgspec.structs.replace(CONFIG, carts=CartSection(beam=7))
    assert read_from(Recall(other, catalogue, planogram), ledger) == 0, "made with other options"
    with direct(place) as connection:
        newest = table.update().where(table.c.entry == first + 1)
        connection.execute(newest.values(state=b"rubbish"))
    assert read_from(recall, ledger) == first, "damaged: the one before"
    with direct(place) as connection:
        connection.execute(newest.values(digest=sha256(b"rubbish").digest()))
    assert read_from(recall, ledger) == first, "rubbish with a true digest"
    with direct(place) as connection:
        connection.execute(table.update().values(hash=bytes(32)))
    assert read_from(recall, ledger) == 0, "of another chain"


class Bomb:
    def __reduce__(self):
        return exec, ("raise SystemExit('a snapshot was obeyed')",)


@pytest.mark.parametrize(
    "hostile", [Bomb(), print, Ledger, pickle.Unpickler], ids=["object", "function", "ledger", "reader"]
)
def test_a_snapshot_runs_no_foreign_code(catalogue, planogram, hostile):
    recall = Recall(CONFIG, catalogue, planogram)
    with pytest.raises(StorageError, match="no part of a fold"):
        recall._image.thaw(pickle.dumps(hostile))


def test_tracks_and_what_is_given_are_not_in_it(catalogue, planogram):
    store = make_store(catalogue, planogram)
    told = story(store, 4)
    image = Recall(CONFIG, catalogue, planogram)._image.freeze(store)
    assert b"r_wrist" in encode([entry for entry in told if "attribution" in repr(type(entry)).lower()])
    assert b"Olive oil" not in Recall(CONFIG, catalogue, planogram)._image.freeze(catalogue)
    assert b"KeyPoint" not in image


def test_an_erasure_takes_the_snapshots_too(catalogue, planogram, place, ledger):
    recall = Recall(CONFIG, catalogue, planogram)
    ledger.append(story(make_store(catalogue, planogram), 7), 1.0)
    remember(recall, ledger)
    erase_visit(ledger, "anna", reason="asked", by="desk", utc_s=2.0)
    assert kept(place) == []


def test_a_snapshot_of_a_ledger_that_was_replaced_is_not_kept(catalogue, planogram, place, ledger, shelf):
    ledger.append([GateEntry(shelf.entered("anna"))], 1.0)
    snapshots.save(ledger, (1, bytes(32)), "form", packed(b"state"), 1.0)
    assert kept(place) == []
