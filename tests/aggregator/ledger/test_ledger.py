"""Appending, reading and checking the chain, on both databases."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_places import direct, tampering
from sqlalchemy.exc import DBAPIError

from edge.aggregator.entries import EventEntry, GateEntry
from edge.aggregator.ledger import AlreadyHeldError, Ledger
from edge.aggregator.ledger.rows import GENESIS, identity_of, kind_of
from edge.errors import StorageError


def test_entries_come_back_in_order_after_reopening(place, entries):
    ledger = Ledger(place)
    ledger.append(entries[:3], 10.0)
    ledger.append(entries[3:], 11.5)
    head = ledger.head
    ledger.close()
    again = Ledger(place)
    rows = list(again.entries())
    assert [row.entry for row in rows] == entries
    assert [(row.id, row.utc_s) for row in rows] == [(1, 10.0), (2, 10.0), (3, 10.0), (4, 11.5)]
    assert again.head == head
    found = again.verify()
    assert (found.rows, found.erased, found.head, found.broken) == (4, 0, head[1].hex(), None)
    again.close()


def test_rows_after_a_known_one(place, entries):
    ledger = Ledger(place)
    ledger.append(entries[:2], 1.0)
    known = ledger.head
    ledger.append(entries[2:], 2.0)
    assert [row.id for row in ledger.entries(known)] == [3, 4]
    with pytest.raises(StorageError, match="row 3: the ledger's chain breaks"):
        list(ledger.entries((2, GENESIS)))
    ledger.close()


def test_a_reader_sees_one_state_while_the_writer_goes_on(place, entries):
    ledger = Ledger(place)
    ledger.append(entries[:2], 1.0)
    reading = ledger.entries()
    assert next(reading).id == 1
    ledger.append(entries[2:], 2.0)
    assert [row.id for row in reading] == [2]
    ledger.close()


def test_appending_twice_is_impossible_and_all_or_nothing(place, entries):
    ledger = Ledger(place)
    ledger.append(entries[:2], 1.0)
    with pytest.raises(AlreadyHeldError, match="holds this entry already"):
        ledger.append([entries[3], entries[1]], 2.0)
    assert [row.entry for row in ledger.entries()] == entries[:2]
    ledger.append([entries[3]], 3.0)  # the failed transaction left no trace
    assert ledger.verify().broken is None
    ledger.close()


def test_a_revision_is_another_entry(place, shelf):
    ledger = Ledger(place)
    ledger.append([EventEntry(shelf.event(1)), EventEntry(shelf.event(1, revision=1))], 1.0)
    assert ledger.head[0] == 2
    ledger.close()


def test_text_and_numbers_come_back_to_the_last_bit(place, shelf):
    name = "Zoë \u0001 \u202e 🥛 \" ' %s %(x)s :y \\ \u2028"
    ledger = Ledger(place)
    entry = GateEntry(shelf.entered(name, 1_700_000_000.1234567))
    ledger.append([entry], 0.1 + 0.2)
    (row,) = ledger.entries()
    assert (row.entry, row.utc_s) == (entry, 0.1 + 0.2)
    ledger.close()


def test_identities_cannot_be_confused(shelf):
    one, other = shelf.event(1), shelf.event(1)
    one = type(one)(**{**_fields(one), "node": "a-b", "boot": "c"})
    other = type(other)(**{**_fields(other), "node": "a", "boot": "b-c"})
    assert identity_of(EventEntry(one)) != identity_of(EventEntry(other))


def _fields(message) -> dict:
    return {name: getattr(message, name) for name in message.__struct_fields__}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET utc_s = 0 WHERE id = 1",
        "UPDATE entries SET body = '{}' WHERE id = 1",
        "DELETE FROM entries",
    ],
)
def test_the_database_forbids_changes(place, entries, statement):
    ledger = Ledger(place)
    ledger.append(entries, 1.0)
    ledger.close()
    with pytest.raises(DBAPIError, match="append-only"), direct(place) as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("statement", "row", "reason"),
    [
        ("UPDATE entries SET body = replace(body, 'anna', 'hanna') WHERE id = 1", 1, "content"),
        ("UPDATE entries SET utc_s = utc_s + 1 WHERE id = 3", 3, "content"),
        ("UPDATE entries SET hash = salt WHERE id = 2", 2, "content"),
        ("UPDATE entries SET commitment = salt WHERE id = 2", 2, "content"),
        ("UPDATE entries SET identity = '[]' WHERE id = 2", 2, "content"),
        ("UPDATE entries SET salt = NULL WHERE id = 2", 2, "no entry says that a visit was erased"),
        ("DELETE FROM entries WHERE id = 2", 2, "missing"),
        ("DELETE FROM entries WHERE id = 1", 1, "missing"),
        ("UPDATE entries SET prev_hash = salt WHERE id = 4", 4, "follow"),
    ],
)
def test_verify_names_the_first_broken_row(place, entries, statement, row, reason):
    ledger = Ledger(place)
    ledger.append(entries, 1.0)
    ledger.close()
    with tampering(place) as connection:
        connection.exec_driver_sql(statement)
    ledger = Ledger(place)
    broken = ledger.verify().broken
    assert broken is not None
    assert broken.id == row
    assert reason in broken.reason
    with pytest.raises(StorageError, match=f"row {row}: the ledger's chain breaks"):
        list(ledger.entries())
    ledger.close()


def test_second_writer_is_noticed(place, entries):
    first, second = Ledger(place), Ledger(place)
    first.append(entries[:1], 1.0)
    with pytest.raises(StorageError, match="somebody else wrote"):
        second.append(entries[1:2], 1.0)
    assert first.verify().broken is None
    first.close()
    second.close()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(batches=st.lists(st.integers(0, 4), max_size=8))
def test_any_batching_gives_the_same_entries(tmp_path_factory, shelf, batches):
    ledger = Ledger(tmp_path_factory.mktemp("batches") / "ledger.sqlite")
    seq = 0
    for size in batches:
        ledger.append([EventEntry(shelf.event(seq + 1 + i)) for i in range(size)], float(seq))
        seq += size
    rows = list(ledger.entries())
    assert [row.entry.message.seq for row in rows] == list(range(1, seq + 1))
    assert all(kind_of(row.entry) == "event" for row in rows)
    ledger.close()
