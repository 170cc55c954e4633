"""The outbox file: what is in it stays, what is wrong with it is told."""

from __future__ import annotations

import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from shelf_messages import touch

from edge.errors import StorageError
from edge.messages import Ack, Disturbance
from edge.outbox.store import Outbox, StoredLevels
from edge.payload import decode


def opened(folder: Path, max_messages: int = 1000) -> Outbox:
    return Outbox(folder / "outbox.db", max_messages=max_messages)


def identities(outbox: Outbox) -> list[tuple[str, int, int]]:
    return [(row.boot, row.seq, row.revision) for row in outbox.read(0, 10_000)]


def test_messages_come_back_in_order_and_whole(tmp_path: Path) -> None:
    outbox = opened(tmp_path)
    outbox.append([touch(1), touch(2, reason="é")])
    outbox.append([touch(1, revision=1)])
    outbox.close()
    rows = opened(tmp_path).read(0, 10)
    assert [(row.seq, row.revision) for row in rows] == [(1, 0), (2, 0), (1, 1)]
    assert decode(rows[1].payload, Disturbance, source="outbox") == touch(2, reason="é")


def test_reading_goes_on_where_it_ended(tmp_path: Path) -> None:
    outbox = opened(tmp_path)
    outbox.append([touch(seq) for seq in range(1, 8)])
    first = outbox.read(0, 3)
    second = outbox.read(first[-1].id, 3)
    assert [row.seq for row in (*first, *second)] == [1, 2, 3, 4, 5, 6]


def test_only_what_the_acknowledgement_covers_leaves(tmp_path: Path) -> None:
    outbox = opened(tmp_path)
    outbox.append([touch(1), touch(2), touch(2, revision=1), touch(2, revision=2), touch(3)])
    outbox.append([touch(1, boot="b2")])
    gone = outbox.acknowledge(Ack(boot="b1", upto=2))
    assert len(gone) == 2
    assert identities(outbox) == [("b1", 2, 1), ("b1", 2, 2), ("b1", 3, 0), ("b2", 1, 0)]
    outbox.acknowledge(Ack(boot="b1", upto=2, revisions=((2, 1),)))
    assert identities(outbox) == [("b1", 2, 2), ("b1", 3, 0), ("b2", 1, 0)]
    assert outbox.acknowledge(Ack(boot="b1", upto=2, revisions=((2, 1),))) == frozenset()
    assert outbox.backlog == 3
    outbox.close()
    assert opened(tmp_path).backlog == 3


def test_appending_again_changes_nothing(tmp_path: Path) -> None:
    outbox = opened(tmp_path)
    outbox.append([touch(1, reason="first")])
    outbox.append([touch(1, reason="again"), touch(2)])
    assert outbox.backlog == 2
    assert b"first" in outbox.read(0, 1)[0].payload


def test_a_full_outbox_refuses_the_newest_and_keeps_the_oldest(tmp_path: Path) -> None:
    outbox = opened(tmp_path, max_messages=100)
    outbox.append([touch(seq) for seq in range(1, 100)])
    with pytest.raises(StorageError, match=r"outbox\.db: the outbox is full, found 99 unack.*at most 100"):
        outbox.append([touch(100), touch(101)])
    assert identities(outbox)[-1] == ("b1", 99, 0)
    outbox.acknowledge(Ack(boot="b1", upto=1))
    outbox.append([touch(100), touch(101)])
    assert outbox.backlog == 100


def test_boot_ids_are_unique_and_rise(tmp_path: Path) -> None:
    boots = []
    for _ in range(12):
        outbox = opened(tmp_path)
        boots.append(outbox.new_boot())
        outbox.close()
    assert len(set(boots)) == 12
    assert boots == sorted(boots)


def test_levels_are_kept_plate_by_plate(tmp_path: Path) -> None:
    outbox = opened(tmp_path)
    assert outbox.load_levels() is None
    outbox.save_levels({"1/1/1": 10.0, "1/1/2": 20.0}, utc_s=100.0)
    outbox.save_levels({"1/1/2": 21.5}, utc_s=160.0)
    outbox.close()
    assert opened(tmp_path).load_levels() == StoredLevels(160.0, {"1/1/1": 10.0, "1/1/2": 21.5})


# --- the disk ---------------------------------------------------------------------------------------


def test_a_lock_is_named_and_passes(tmp_path: Path) -> None:
    outbox = opened(tmp_path)
    with sqlite3.connect(tmp_path / "outbox.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match=r"outbox\.db: cannot append to the outbox: it is locked"):
            outbox.append([touch(1)])
        with pytest.raises(StorageError, match="locked"):
            outbox.acknowledge(Ack(boot="b1", upto=1))
        other.execute("ROLLBACK")
    outbox.append([touch(1)])
    assert outbox.backlog == 1


def test_a_directory_in_its_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "outbox.db").mkdir()
    with pytest.raises(StorageError, match=r"outbox\.db: cannot open the outbox: it cannot be opened"):
        opened(tmp_path)


def test_a_file_in_place_of_its_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("in the way", encoding="ascii")
    with pytest.raises(StorageError, match=r"var: cannot make the outbox's directory"):
        opened(tmp_path / "var")


READ_ONLY = """
import os, sys
from pathlib import Path
from edge.errors import StorageError
from edge.outbox.store import Outbox
if os.getuid() == 0:  # root may write anywhere: become nobody
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    Outbox(Path(sys.argv[1]), max_messages=100)
except StorageError as error:
    print(error)
"""


def test_a_read_only_directory_is_named() -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own are closed to nobody
        folder = Path(name)
        opened(folder).close()
        file = folder / "outbox.db"
        file.chmod(0o444)
        folder.chmod(0o555)
        told = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(file)], capture_output=True, text=True, check=True
        ).stdout
        folder.chmod(0o755)
    assert str(file) in told
    assert "it is read-only" in told or "it cannot be opened" in told


def test_a_full_disk_is_named_and_nothing_half_is_kept(tmp_path: Path) -> None:
    outbox = opened(tmp_path)
    outbox.append([touch(1)])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    big = [touch(seq, reason="x" * 4000) for seq in range(2, 100)]
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        with pytest.raises(
            StorageError, match=r"outbox\.db: cannot append to the outbox: the disk (is full|fails)"
        ):
            outbox.append(big)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert outbox.backlog == 1
    assert identities(outbox) == [("b1", 1, 0)]
    outbox.append(big)
    assert outbox.backlog == 99


# --- damage -----------------------------------------------------------------------------------------


def test_a_file_of_garbage_is_set_aside_and_service_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "outbox.db"
    file.write_bytes(b"not a database, but somebody's holiday pictures " * 100)
    outbox = opened(tmp_path)
    assert "outbox.db.corrupt-1" in outbox.alarm
    assert (tmp_path / "outbox.db.corrupt-1").read_bytes().startswith(b"not a database")
    outbox.append([touch(1)])
    outbox.close()
    again = opened(tmp_path)
    assert again.alarm == ""
    assert again.backlog == 1


def test_what_a_damaged_file_still_holds_is_taken_over(tmp_path: Path) -> None:
    outbox = opened(tmp_path)
    before = outbox.new_boot()
    outbox.append([touch(seq, boot=before, reason="x" * 500) for seq in range(1, 200)])
    outbox.close()
    file = tmp_path / "outbox.db"
    damaged = bytearray(file.read_bytes())
    middle = len(damaged) // 2 // 4096 * 4096
    damaged[middle : middle + 4096] = random.Random(1).randbytes(4096)
    file.write_bytes(damaged)
    outbox = opened(tmp_path)
    assert "corrupt" in outbox.alarm
    assert 1 <= outbox.backlog < 199
    assert [seq for _, seq, _ in identities(outbox)] == sorted(seq for _, seq, _ in identities(outbox))
    assert outbox.new_boot() > before


def test_a_newer_release_keeps_its_file(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with sqlite3.connect(tmp_path / "outbox.db") as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError, match="newer release, found version 99"):
        opened(tmp_path)
    assert list(tmp_path.glob("*corrupt*")) == []


# --- kill -9 ----------------------------------------------------------------------------------------

APPENDER = """
import sys
import tempfile
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from shelf_messages import touch
from edge.outbox.store import Outbox
outbox = Outbox(Path(sys.argv[1]), max_messages=1_000_000)
boot, seq = outbox.new_boot(), 0
while True:
    outbox.append([touch(seq + 1, boot=boot), touch(seq + 2, boot=boot)])
    seq += 2
    print(boot, seq, flush=True)
"""


def test_nothing_committed_is_lost_when_the_node_is_killed(tmp_path: Path) -> None:
    seed = random.Random(5)
    promised: dict[str, int] = {}
    for _ in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", APPENDER, str(tmp_path / "outbox.db"), str(Path(__file__).parent)],
            stdout=subprocess.PIPE,
            text=True,
        ) as appender:
            assert appender.stdout is not None
            for _ in range(seed.randrange(1, 60)):
                boot, seq = appender.stdout.readline().split()
                promised[boot] = int(seq)
            appender.send_signal(signal.SIGKILL)
            for line in appender.stdout:  # promised before the signal came
                boot, seq = line.split()
                promised[boot] = int(seq)
    assert len(promised) == 5
    kept: dict[str, list[int]] = {}
    for boot, seq, _ in identities(opened(tmp_path, max_messages=1_000_000)):
        kept.setdefault(boot, []).append(seq)
    for boot, upto in promised.items():
        assert kept[boot] == list(range(1, len(kept[boot]) + 1))
        assert len(kept[boot]) >= upto
        assert len(kept[boot]) % 2 == 0  # both of an append, or none
