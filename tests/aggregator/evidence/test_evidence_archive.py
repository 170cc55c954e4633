"""Evidence is kept on disk, so much and so long, and longer what somebody rests on."""

from __future__ import annotations

import sqlite3
import threading

import pytest
from evidence_samples import T0, bulky, crop, evidence

from edge.aggregator.evidence.archive import DAY_S, Archive, Cleared
from edge.errors import StorageError


@pytest.fixture
def file(tmp_path):
    return tmp_path / "var" / "evidence.sqlite"


@pytest.fixture
def archive(file):
    archive = Archive(file, max_bytes=300_000, keep_s=3 * DAY_S)
    yield archive
    archive.close()


def events(archive, count=40):
    return [seq for seq in range(1, count) if archive.of(f"n1-b1-{seq}") is not None]


def test_what_was_kept_survives_an_end_without_warning(archive, file):
    archive.keep([evidence(1), evidence(2)], T0)
    again = Archive(file, max_bytes=300_000, keep_s=DAY_S)  # the first one is still open: as after kill -9
    assert again.of("n1-b1-2") == evidence(2)
    assert again.of("n1-b1-3") is None
    assert (again.held().events, again.held().oldest_s) == (2, T0)


def test_of_an_event_the_highest_revision_stays_in_any_order(archive):
    first, second = evidence(crops=()), evidence(revision=1)
    for told in ([first, second], [second, first], [second]):
        archive.keep(told, T0)
        assert archive.of("n1-b1-1") == second
    assert archive.held().events == 1


def test_old_evidence_goes_unless_it_is_pinned(archive):
    archive.pin({"n1-b1-2": T0 + 14 * DAY_S, "n1-b1-3": T0 + DAY_S})
    archive.keep([evidence(seq) for seq in (1, 2, 3)], T0)
    assert archive.clear(T0 + 2 * DAY_S) == Cleared()
    assert archive.clear(T0 + 4 * DAY_S) == Cleared(aged=2)
    assert events(archive) == [2]
    assert archive.clear(T0 + 15 * DAY_S) == Cleared(aged=1)


def test_a_pin_is_only_made_longer(archive):
    archive.keep([evidence(1)], T0)
    archive.pin({"n1-b1-1": T0 + 14 * DAY_S})
    archive.pin({"n1-b1-1": T0 + DAY_S})
    assert archive.clear(T0 + 13 * DAY_S) == Cleared()


def test_of_too_much_what_nobody_rests_on_goes_first(archive):
    archive.pin({f"n1-b1-{seq}": T0 + (30 - seq) * DAY_S for seq in range(1, 9)})
    for seq in range(1, 21):
        archive.keep([bulky(seq)], T0 + seq)
    cleared = archive.clear(T0 + 100)
    assert (cleared.unpinned, cleared.aged) == (0, 0)
    assert archive.held().stored_bytes <= 300_000
    assert events(archive) == [*range(1, 9), *range(21 - (20 - cleared.squeezed - 8), 21)], "the oldest went"


def test_pins_do_not_break_the_bound(archive):
    archive.pin({f"n1-b1-{seq}": T0 + (30 + seq) * DAY_S for seq in range(1, 31)})
    archive.keep([bulky(seq) for seq in range(1, 31)], T0)
    assert archive.is_due
    cleared = archive.clear(T0 + 100)
    assert cleared.unpinned == cleared.squeezed > 0
    assert archive.held().stored_bytes <= 300_000
    assert events(archive)[-1] == 30, "what may be disputed longest stays"
    assert not archive.is_due


def test_erased_evidence_leaves_the_disk(archive, file):
    marked = bytes(range(256)) * 8
    archive.keep([bulky(1), evidence(2, crops=(crop(picture=bulky(3).crops[0].jpeg + marked),))], T0)
    assert archive.erase(["n1-b1-2", "n1-b1-9"]) == 1
    assert events(archive) == [1]
    piece = bulky(3).crops[0].jpeg[5000:5200]
    assert all(piece not in part.read_bytes() for part in file.parent.iterdir())


def test_a_damaged_file_is_set_aside_and_the_next_evidence_kept(archive, file):
    archive.keep([bulky(seq) for seq in range(1, 8)], T0)
    archive.close()
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    with pytest.raises(StorageError, match="corrupt-1"):
        archive.keep([evidence(1)], T0)
    archive.keep([evidence(1)], T0)
    assert events(archive) == [1]
    assert file.with_name("evidence.sqlite.corrupt-1").read_bytes()[:4096] == content[:4096]


def test_a_file_that_is_none_is_set_aside_too(archive, file):
    file.parent.mkdir()
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(StorageError, match="corrupt-1"):
        archive.held()
    assert archive.held().events == 0


def test_a_place_that_cannot_be_written_is_said_and_tried_again(tmp_path):
    blocked = tmp_path / "var"
    blocked.write_text("a file where the directory should be")
    archive = Archive(blocked / "evidence.sqlite", max_bytes=10**6, keep_s=DAY_S)
    with pytest.raises(StorageError, match="cannot write the evidence"):
        archive.keep([evidence(1)], T0)
    blocked.unlink()
    archive.keep([evidence(1)], T0)
    assert archive.held().events == 1
    archive.close()


def test_a_failed_transaction_leaves_nothing_behind(archive, file):
    archive.keep([evidence(1)], T0)
    other = sqlite3.connect(file)
    other.execute(
        "CREATE TRIGGER no_more BEFORE INSERT ON evidence WHEN new.event = 'n1-b1-3' "
        "BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    other.commit()
    with pytest.raises(StorageError, match="no"):
        archive.keep([evidence(2), evidence(3)], T0)
    assert events(archive) == [1]
    other.close()


def test_threads_read_while_another_writes(archive):
    archive.keep([evidence(1)], T0)
    seen: list[int] = []
    readers = [
        threading.Thread(target=lambda: seen.extend(archive.of("n1-b1-1").seq for _ in range(50)))
        for _ in range(3)
    ]
    for reader in readers:
        reader.start()
    for seq in range(2, 12):
        archive.keep([evidence(seq)], T0)
    for reader in readers:
        reader.join()
    assert seen == [1] * 150
    assert events(archive) == list(range(1, 12))
