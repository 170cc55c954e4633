"""Ledgers of earlier releases, and the layout that the migrations lead to."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from ledger_places import direct

from edge.aggregator.entries import ConversionEntry, EventEntry, GateEntry, ReceiptEntry, RefusalEntry
from edge.aggregator.ingest import Ingest
from edge.aggregator.ledger import Ledger
from edge.aggregator.ledger.rows import NewRow, chained
from edge.aggregator.ledger.tables import entries as entries_table
from edge.aggregator.ledger.tables import metadata
from edge.errors import StorageError
from edge.payload import encode

FIRST_RELEASE = Path(__file__).parent / "ledger-v1.sqlite"
"""A story of three shoppers, written by the first release: 41 entries."""

ITS_HEAD = "fe6ccda7caa5e7fd243821edc4b790ebf22920acfa233f403a294f48a8bbd882"


@pytest.fixture
def old_file(file) -> Path:
    file.parent.mkdir()
    return Path(shutil.copy(FIRST_RELEASE, file))


def test_migrations_lead_to_the_declared_tables(place):
    Ledger(place).close()
    with direct(place) as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": "ledger_layout", "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []


def test_a_ledger_of_the_first_release_is_brought_up(old_file):
    query = "SELECT utc_s, body FROM entries WHERE id <= 41 ORDER BY id"
    rows = sqlite3.connect(old_file).execute(query).fetchall()
    ledger = Ledger(old_file)
    read = list(ledger.entries())
    assert sqlite3.connect(old_file).execute(query).fetchall() == rows, "not a byte is different"
    assert {type(row.entry) for row in read} >= {EventEntry, GateEntry, ReceiptEntry}
    assert read[-1].entry == ConversionEntry(rows=41, head=ITS_HEAD)
    assert ledger.verify().broken is None
    head = ledger.head
    ledger.close()
    again = Ledger(old_file)
    assert again.head == head, "once is enough"
    again.close()


def test_the_first_release_refuses_what_has_been_brought_up(old_file):
    Ledger(old_file).close()
    assert sqlite3.connect(old_file).execute("PRAGMA user_version").fetchone() == (2,)


def test_a_broken_ledger_of_the_first_release_is_left_as_it_is(old_file):
    with sqlite3.connect(old_file) as connection:
        connection.executescript(
            "DROP TRIGGER entries_never_change; UPDATE entries SET body = '{}' WHERE id = 7;"
        )
    before = list(sqlite3.connect(old_file).iterdump())
    with pytest.raises(StorageError, match=r"row 7: .*its chain breaks"):
        Ledger(old_file)
    assert list(sqlite3.connect(old_file).iterdump()) == before


def test_somebody_elses_databases_and_newer_ones_are_refused(tmp_path):
    newer, other = tmp_path / "newer", tmp_path / "other"
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError, match="newer release"):
        Ledger(newer)
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(StorageError, match="this database is no ledger, found the table recipes"):
        Ledger(other)


def test_a_newer_layout_is_refused(place):
    Ledger(place).close()
    with direct(place) as connection:
        connection.exec_driver_sql("UPDATE ledger_layout SET version_num = 'v9'")
    with pytest.raises(StorageError, match="newer release, found layout v9"):
        Ledger(place)


def write_as_earlier_release(place, entry, old: str, new: str) -> None:
    """Append a row as a release did whose entries looked a little different."""
    ledger = Ledger(place)
    head = ledger.head
    ledger.close()
    row = NewRow.of(entry, 20.0)
    assert old in row.body
    rows, _ = chained(head, [NewRow(row.utc_s, row.kind, row.identity, row.body.replace(old, new))])
    with direct(place) as connection:
        connection.execute(entries_table.insert(), rows)


def test_an_event_that_an_earlier_release_took_is_read_as_refused(
    place, entries, shelf, catalogue, planogram
):
    """Events once came without plates."""
    ledger = Ledger(place)
    ledger.append(entries, 10.0)
    ledger.close()
    old = EventEntry(shelf.event(3))
    write_as_earlier_release(place, old, encode(old.message.plates).decode(), "[]")
    ledger = Ledger(place)
    assert ledger.verify().broken is None
    ledger.append([EventEntry(shelf.event(4))], 30.0)
    read = [row.entry for row in ledger.entries()]
    ledger.close()
    refused = read[4]
    assert isinstance(refused, RefusalEntry)
    assert refused.event == old.message.identity
    assert "plates" in refused.reason
    assert json.loads(refused.payload)["message"]["plates"] == [], "word for word"
    ingest = Ingest((), catalogue, planogram)
    for entry in read:
        ingest.note(entry, 0.0)
    assert ingest.upto("n1", "b1") == 4, "the node need not send it again"


def test_a_row_that_only_another_release_can_read_is_refused_with_a_fix(place, entries, shelf):
    ledger = Ledger(place)
    ledger.append(entries, 10.0)
    ledger.close()
    write_as_earlier_release(place, GateEntry(shelf.entered("bela")), '"entered"', '"jumped the gate"')
    ledger = Ledger(place)
    with pytest.raises(StorageError) as caught:
        list(ledger.entries())
    ledger.close()
    assert "row 5: the ledger is of another release" in str(caught.value)
    assert "Run the release that wrote it" in caught.value.fix
