"""Erasing a visit: its name is gone, the chain holds, and everybody else's carts are what they were."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import msgspec
import pytest
from counter_bench import CounterBench
from ledger_places import direct, tampering
from msgspec import inspect
from small_store import T0
from store_story import make_store, reported, story

from edge.aggregator.entries import AttributionEntry, ErasureEntry, GateEntry, LedgerEntry, ReceiptEntry
from edge.aggregator.ledger import Ledger
from edge.aggregator.ledger.erasure import DERIVED, EMPTIED, ERASED, NAMING, erase_visit, without
from edge.aggregator.ledger.ledger import Verification
from edge.errors import StorageError
from edge.messages import GateDirection, GateEvent
from edge.payload import encode


@pytest.fixture
def told(place, catalogue, planogram):
    """A ledger of three shoppers' visits, open."""
    ledger = Ledger(place)
    ledger.append(story(make_store(catalogue, planogram), 7), 5.0)
    yield ledger
    ledger.close()


def erase(ledger: Ledger, visit: str = "anna") -> ErasureEntry:
    return erase_visit(ledger, visit, reason="asked for it", by="desk", utc_s=9.0)


def everything_stored(place) -> str:
    with direct(place) as connection:
        return "".join(str(row) for row in connection.exec_driver_sql("SELECT * FROM entries").fetchall())


def test_the_name_is_gone_and_the_chain_holds(told, place):
    rows = told.head[0]
    hashes = [row.hash for row in told.entries()]
    erasure = erase(told)
    assert "anna" not in everything_stored(place)
    found = told.verify()
    assert (found.rows, found.erased, found.broken) == (rows + 1, len(erasure.rows), None)
    assert [row.hash for row in told.entries()][:-1] == hashes, "not one hash has changed"
    assert erasure.pseudonym.startswith(ERASED)


def test_what_is_kept_of_its_events_elsewhere_goes_in_the_same_step(told):
    receipts = [row.entry.receipt for row in told.entries() if isinstance(row.entry, ReceiptEntry)]
    own = {event for each in receipts if each.visit == "anna" for line in each.lines for event in line.events}
    head, asked = told.head, []

    def refuse(events):
        asked.append(events)
        raise StorageError("the disk refuses")

    with pytest.raises(StorageError, match="the disk refuses"):
        erase_visit(told, "anna", reason="r", by="b", utc_s=9.0, forget=refuse)
    assert told.verify() == Verification(head[0], 0, head[1].hex()), "nothing was erased at all"
    erase_visit(told, "anna", reason="r", by="b", utc_s=9.0, forget=asked.append)
    assert asked == [own, own]
    assert own


def test_the_others_carts_are_rebuilt_the_same(told, catalogue, planogram):
    def rebuilt() -> str:
        store = make_store(catalogue, planogram)
        for row in told.entries():
            store.apply(row.entry)
        due = msgspec.json.encode(store.settle(1e12)).decode()
        return reported(store) + due

    before = rebuilt()
    erasure = erase(told)
    assert rebuilt() == before.replace('"anna"', f'"{erasure.pseudonym}"')


def test_several_visits_in_the_same_rows(told, place):
    first, second = erase(told), erase(told, "bela")
    assert {row for row, _ in first.rows} & {row for row, _ in second.rows}, "attributions name both"
    stored = everything_stored(place)
    assert "anna" not in stored
    assert "bela" not in stored
    assert told.verify().broken is None
    told.append([GateEntry_of("dora")], 10.0)
    assert told.verify().broken is None


def GateEntry_of(visit: str) -> GateEntry:
    from small_store import Shelf

    return GateEntry(Shelf.entered(visit))


@pytest.mark.parametrize("visit", ["nobody", "ann", "%", "_nna", "entered", "b1"])
def test_a_name_that_no_visit_has_changes_nothing(told, place, visit):
    before = everything_stored(place)
    with pytest.raises(StorageError, match="no entry names this visit"):
        erase(told, visit)
    assert everything_stored(place) == before


def test_a_visit_that_is_still_there_is_refused(told, shelf):
    told.append([GateEntry(shelf.entered("dora"))], 6.0)
    with pytest.raises(StorageError, match="no receipt yet"):
        erase(told, "dora")
    assert told.verify().erased == 0


def test_what_an_erasure_left_cannot_be_changed_unseen(told, place):
    row = erase(told).rows[0][0]
    told.close()
    with tampering(place) as connection:
        connection.exec_driver_sql(f"UPDATE entries SET body = replace(body, '1', '2') WHERE id = {row}")
    ledger = Ledger(place)
    broken = ledger.verify().broken
    ledger.close()
    assert broken is not None
    assert broken.id == row
    assert "what its erasure left has been changed" in broken.reason


def test_another_writer_is_not_overwritten(told, place, shelf):
    other = Ledger(place)
    other.append([GateEntry(shelf.entered("dora"))], 6.0)
    other.close()
    with pytest.raises(StorageError, match="somebody else wrote"):
        erase(told)
    assert "anna" in everything_stored(place)


def test_the_name_has_left_the_files(file, catalogue, planogram):
    ledger = Ledger(file)
    ledger.append(story(make_store(catalogue, planogram), 3), 5.0)
    erase(ledger)
    ledger.close()
    files: list[Path] = list(file.parent.iterdir())
    assert files
    assert not any(b"anna" in each.read_bytes() for each in files)
    assert sqlite3.connect(file).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_names_that_look_alike_stay(shelf, catalogue, planogram):
    """Also names of receipts: a visit may be called like the receipt of another."""
    entries = story(make_store(catalogue, planogram), 1)
    for entry in entries:
        for other in ("ann", "anna-1", "nna", "ANNA"):
            assert without(entry, {other: "x"}) == entry
    judged = next(entry for entry in entries if isinstance(entry, AttributionEntry) and entry.visits)
    rest = without(judged, {judged.visits[0].visit: "x"})
    assert [each.log_likelihood for each in rest.visits] == [each.log_likelihood for each in judged.visits]
    assert rest.visits[0].hand_distance_m is None


# --- groups, names that changed, and fields to come ---------------------------------------------------


def test_everybody_on_a_ticket_goes_with_it(told, place, catalogue, planogram):
    bench = CounterBench(catalogue, planogram)
    bench.say(
        gate("quinn", T0 + 900, group="kimco", credential="tok-777"),
        gate("rosa", T0 + 901, group="kimco"),
        gate("rosa9", T0 + 905, GateDirection.CONTINUED, formerly="rosa"),
        gate("sven", T0 + 902),
        gate("rosa9", T0 + 950, GateDirection.LEFT),
        gate("quinn", T0 + 950, GateDirection.LEFT),
    )
    bench.pass_time(T0 + 1100)
    told.append(bench.entries, 6.0)
    with pytest.raises(StorageError, match="no receipt yet"):
        erase(told, "rosa")
    erase(told, "kimco")
    stored = everything_stored(place)
    assert not [word for word in ("quinn", "rosa", "kimco", "tok-777") if word in stored]
    assert "sven" in stored
    assert told.verify().broken is None
    again = make_store(catalogue, planogram)
    for row in told.entries():
        again.apply(row.entry)
    (visit,) = [each for each in again.visits() if each.entered_at == T0 + 900]
    assert (visit.left_at, len(visit.stays)) == (T0 + 950, 3)


def gate(visit: str, t: float, way: GateDirection = GateDirection.ENTERED, **more: str) -> GateEvent:
    return GateEvent(visit=visit, t=t, direction=way, **more)


NAMELESS = {
    "sku", "plate", "plates", "name", "node", "boot", "currency", "confidence", "events", "doubts", "total",
    "place", "mode",  # of shelves
    "hand",  # of the body
    "by", "reason",  # of who works here, and why
    "id", "statement", "statements", "dispute", "transfer",  # made by whoever says it, of nothing
    "payload",  # of a node, which knows nobody
    "pseudonym", "rows", "head", "kind",
}  # fmt: skip
"""Fields with text that can hold no visit's name."""


def texts_of(kind: object, found: set[str]) -> set[str]:
    """Names of all fields below a type that may hold text."""
    match kind:
        case inspect.UnionType(types=types):
            for each in types:
                texts_of(each, found)
        case inspect.StructType(fields=fields):
            for field in fields:
                if holds_text(field.type):
                    found.add(field.name)
                texts_of(field.type, found)
        case inspect.CollectionType(item_type=item) | inspect.VarTupleType(item_type=item):
            texts_of(item, found)
        case inspect.TupleType(item_types=items):
            for each in items:
                texts_of(each, found)
        case inspect.DictType(value_type=value):
            texts_of(value, found)
    return found


def holds_text(kind: object) -> bool:
    match kind:
        case inspect.StrType() | inspect.AnyType() | inspect.RawType():
            return True
        case inspect.UnionType(types=types) | inspect.TupleType(item_types=types):
            return any(holds_text(each) for each in types)
        case inspect.VarTupleType(item_type=item) | inspect.DictType(value_type=item):
            return holds_text(item)
    return False


def test_every_field_of_every_entry_is_known_to_the_erasure():
    """A new field that may hold a name, a comment or a token is renamed, emptied, or said to hold none."""
    fields = texts_of(inspect.type_info(LedgerEntry), set())
    assert {"visit", "group", "formerly", "credential", "comment", "receipt"} <= fields
    assert fields - NAMING - DERIVED - EMPTIED.keys() - NAMELESS == set()


@pytest.mark.parametrize("seed", range(4))
def test_no_kind_of_entry_keeps_the_name(catalogue, planogram, seed):
    name = random.Random(seed).choice(["anna", "bela", "carl"])
    for entry in story(make_store(catalogue, planogram), seed):
        assert name not in encode(without(entry, {name: "x"})).decode()
