from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.aggregator.entries import AttributionEntry, EventEntry, GateEntry, LedgerEntry, RefusalEntry
from edge.aggregator.ingest import Ingest
from edge.aggregator.ledger import AlreadyHeldError, Ledger
from edge.aggregator.ledger_rows import GENESIS, identity_of, kind_of, row_hash
from edge.errors import StorageError
from edge.messages import GateDirection, GateEvent
from edge.payload import encode


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite"


@pytest.fixture
def entries(shelf) -> list[LedgerEntry]:
    first, second = shelf.event(1), shelf.event(2, "0002")
    return [
        GateEntry(shelf.entered("anna")),
        EventEntry(first),
        AttributionEntry(first.identity, 0, 0, final=False, visits=()),
        EventEntry(second),
    ]


@contextmanager
def tampering(file: Path) -> Iterator[sqlite3.Connection]:
    """Somebody with the file and without manners."""
    connection = sqlite3.connect(file)
    connection.executescript("DROP TRIGGER entries_never_change; DROP TRIGGER entries_never_go;")
    yield connection
    connection.commit()
    connection.close()


def test_entries_come_back_in_order_after_reopening(file, entries):
    ledger = Ledger(file)
    ledger.append(entries[:3], 10.0)
    ledger.append(entries[3:], 11.5)
    head = ledger.head
    ledger.close()
    again = Ledger(file)
    rows = list(again.entries())
    assert [row.entry for row in rows] == entries
    assert [(row.id, row.utc_s) for row in rows] == [(1, 10.0), (2, 10.0), (3, 10.0), (4, 11.5)]
    assert again.head == head
    assert again.verify() is None


def test_same_entries_make_the_same_chain(tmp_path, entries):
    heads = []
    for name in ("a", "b"):
        ledger = Ledger(tmp_path / name)
        for entry in entries:
            ledger.append([entry], 5.0)
        heads.append(ledger.head)
        ledger.close()
    assert heads[0] == heads[1] != (0, GENESIS)


def test_appending_twice_is_impossible_and_all_or_nothing(file, entries):
    ledger = Ledger(file)
    ledger.append(entries[:2], 1.0)
    with pytest.raises(AlreadyHeldError, match="holds this entry already"):
        ledger.append([entries[3], entries[1]], 2.0)
    assert [row.entry for row in ledger.entries()] == entries[:2]
    ledger.append([entries[3]], 3.0)  # the failed transaction left no trace
    assert ledger.verify() is None


def test_a_revision_is_another_entry(file, shelf):
    ledger = Ledger(file)
    ledger.append([EventEntry(shelf.event(1)), EventEntry(shelf.event(1, revision=1))], 1.0)
    assert ledger.head[0] == 2


def test_identities_cannot_be_confused(shelf):
    one, other = shelf.event(1), shelf.event(1)
    one = type(one)(**{**_fields(one), "node": "a-b", "boot": "c"})
    other = type(other)(**{**_fields(other), "node": "a", "boot": "b-c"})
    assert identity_of(EventEntry(one)) != identity_of(EventEntry(other))


def _fields(message) -> dict:
    return {name: getattr(message, name) for name in message.__struct_fields__}


@pytest.mark.parametrize("statement", ["UPDATE entries SET utc_s = 0 WHERE id = 1", "DELETE FROM entries"])
def test_the_database_forbids_changes(file, entries, statement):
    ledger = Ledger(file)
    ledger.append(entries, 1.0)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sqlite3.connect(file).execute(statement)


@pytest.mark.parametrize(
    ("statement", "row", "reason"),
    [
        ("UPDATE entries SET body = replace(body, 'anna', 'hanna') WHERE id = 1", 1, "content"),
        ("UPDATE entries SET utc_s = utc_s + 1 WHERE id = 3", 3, "content"),
        ("UPDATE entries SET hash = zeroblob(32) WHERE id = 2", 2, "content"),
        ("UPDATE entries SET identity = '[]' WHERE id = 2", 2, "identity"),
        ("DELETE FROM entries WHERE id = 2", 2, "missing"),
        ("DELETE FROM entries WHERE id = 1", 1, "missing"),
        ("UPDATE entries SET prev_hash = zeroblob(32) WHERE id = 4", 4, "follow"),
    ],
)
def test_verify_names_the_first_broken_row(file, entries, statement, row, reason):
    ledger = Ledger(file)
    ledger.append(entries, 1.0)
    ledger.close()
    with tampering(file) as connection:
        if "zeroblob(32) WHERE id = 4" in statement:  # row 1 holds this hash, and it is unique
            statement = statement.replace("zeroblob(32)", "randomblob(32)")
        connection.execute(statement)
    broken = Ledger(file).verify()
    assert broken is not None
    assert broken.id == row
    assert reason in broken.reason
    with pytest.raises(StorageError, match=f"row {row}: the ledger's chain breaks"):
        list(Ledger(file).entries())


def write_as_earlier_release(file: Path, entry: LedgerEntry, old: str, new: str) -> None:
    """Append a row as a release did whose entries looked a little different."""
    body = encode(entry).decode()
    assert old in body
    body = body.replace(old, new)
    connection = sqlite3.connect(file)
    head = connection.execute("SELECT id, hash FROM entries ORDER BY id DESC LIMIT 1").fetchone()
    row_id, prev_hash = head[0] + 1, head[1]
    digest = row_hash(prev_hash, row_id, 20.0, kind_of(entry), body)
    row = (row_id, 20.0, kind_of(entry), identity_of(entry), body, prev_hash, digest)
    connection.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    connection.commit()
    connection.close()


def test_an_event_that_an_earlier_release_took_is_read_as_refused(file, entries, shelf, catalogue, planogram):
    """Events once came without plates."""
    Ledger(file).append(entries, 10.0)
    old = EventEntry(shelf.event(3))
    plates = encode(old.message.plates).decode()
    write_as_earlier_release(file, old, plates, "[]")
    ledger = Ledger(file)
    assert ledger.verify() is None
    ledger.append([EventEntry(shelf.event(4))], 30.0)
    read = [row.entry for row in ledger.entries()]
    refused = read[4]
    assert isinstance(refused, RefusalEntry)
    assert refused.event == old.message.identity
    assert "plates" in refused.reason
    assert refused.payload.startswith('{"type":"event"'), "word for word"
    ingest = Ingest((), catalogue, planogram)
    for entry in read:
        ingest.note(entry, 0.0)
    assert ingest.upto("n1", "b1") == 4, "the node need not send it again"


def test_a_row_that_only_another_release_can_read_is_refused_with_a_fix(file, entries, shelf):
    Ledger(file).append(entries, 10.0)
    gate = GateEntry(shelf.entered("bela"))
    write_as_earlier_release(file, gate, '"entered"', '"jumped the gate"')
    with pytest.raises(StorageError) as caught:
        list(Ledger(file).entries())
    assert f"{file} row 5: the ledger is of another release" in str(caught.value)
    assert "Run the release that wrote it" in caught.value.fix


def test_locked_ledger_is_named_and_recovers(file, entries, monkeypatch):
    monkeypatch.setattr("edge.aggregator.ledger.LOCK_WAIT_S", 0.05)
    ledger = Ledger(file)
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="it is locked"):
        ledger.append(entries, 1.0)
    with pytest.raises(StorageError, match="it is locked"):
        ledger.probe()
    holder.execute("ROLLBACK")
    ledger.append(entries, 1.0)
    assert len(list(ledger.entries())) == len(entries)


def test_second_writer_is_noticed(file, entries):
    first, second = Ledger(file), Ledger(file)
    first.append(entries[:1], 1.0)
    with pytest.raises(StorageError, match="somebody else wrote"):
        second.append(entries[1:2], 1.0)
    assert first.verify() is None


def test_failing_disk_loses_nothing_committed(file, entries, shelf):
    """A limit on the file's size makes the kernel refuse to write, as a full quota does."""
    ledger = Ledger(file)
    ledger.append(entries, 1.0)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(StorageError, match=r"the disk (fails|is full)"):
            ledger.append([EventEntry(shelf.event(9))], 2.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    ledger.append([EventEntry(shelf.event(9))], 2.0)
    assert [row.entry for row in ledger.entries()] == [*entries, EventEntry(shelf.event(9))]


def test_full_disk(tmp_path, shelf):
    """A real file system of 256 KiB."""
    mount = tmp_path / "small"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(mount)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs rights that this user lacks")
    try:
        ledger = Ledger(mount / "ledger.sqlite")

        def fill() -> None:
            for seq in range(1, 2000):
                ledger.append([EventEntry(shelf.event(seq))], 1.0)

        with pytest.raises(StorageError, match="the disk is full"):
            fill()
        assert len(list(ledger.entries())) == ledger.head[0] > 0
        assert ledger.verify() is None
        ledger.close()
    finally:
        subprocess.run(["umount", str(mount)], check=True)


def as_nobody(work: Callable[[], object]) -> str:
    """What ``work`` raises in a child process without root's right to write everywhere."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            work()
        except StorageError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as pipe:
        return pipe.read()


@pytest.mark.parametrize("folder_mode", [0o555, 0o777])
def test_read_only_ledger_is_named(entries, folder_mode):
    with TemporaryDirectory() as folder:  # pytest's own folders are closed to other users
        directory = Path(folder)
        file = directory / "ledger.sqlite"
        ledger = Ledger(file)
        ledger.append(entries, 1.0)
        ledger.close()
        file.chmod(0o444)
        directory.chmod(folder_mode)
        said = as_nobody(
            lambda: Ledger(file).append(
                [GateEntry(GateEvent(visit="bela", direction=GateDirection.LEFT, t=1.0))], 2.0
            )
        )
        directory.chmod(0o755)
    assert "the ledger: it is read-only" in said
    assert "Give the aggregator's user the right to write it." in said


def test_rubbish_and_newer_files_are_refused(tmp_path):
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageError, match="no SQLite file"):
        Ledger(rubbish)
    newer = tmp_path / "newer"
    connection = sqlite3.connect(newer)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StorageError, match="newer release"):
        Ledger(newer)
    with pytest.raises(StorageError, match="directory"):
        Ledger(rubbish / "below" / "ledger.sqlite")


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
