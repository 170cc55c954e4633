"""What an SQLite file and its disk can do to the ledger."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from edge.aggregator.entries import EventEntry, GateEntry
from edge.aggregator.ledger import Ledger
from edge.errors import StorageError
from edge.messages import GateDirection, GateEvent


def test_locked_ledger_is_named_and_recovers(file, entries, monkeypatch):
    monkeypatch.setattr("edge.aggregator.ledger.database.LOCK_WAIT_S", 0.05)
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
        assert ledger.verify().broken is None
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
