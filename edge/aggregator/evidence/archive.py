"""Evidence on disk, in one SQLite file of its own: bounded in bytes and age, and pinned where it is needed.

It is no part of the ledger: evidence that is lost costs a reviewer the pictures and changes no receipt. What
goes first, when there is too much, is what nobody rests on, the oldest first; then what may be disputed for
the shortest time. Any thread may read and write.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import zstandard

from edge.aggregator.ledger.aside import set_aside
from edge.config import AggregatorConfig
from edge.errors import StorageError
from edge.messages import EventEvidence

EVIDENCE_FILE = "evidence.sqlite"
"""In ``state_dir``."""

MB, DAY_S = 1_000_000, 86_400.0

ROOM_LEFT = 0.05
"""[1] of the bound that is free after it was reached, so that it is not reached again at once."""

LOCK_WAIT_S = 5.0
"""[s] how long to wait for another program that erases."""

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_LAYOUT = """
CREATE TABLE IF NOT EXISTS evidence (
    event TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    arrived_s REAL NOT NULL,  -- [s]
    size INTEGER NOT NULL,  -- [bytes] of the body
    body BLOB NOT NULL  -- the message in MessagePack, compressed
) STRICT;
CREATE TABLE IF NOT EXISTS pins (
    event TEXT PRIMARY KEY,
    until_s REAL NOT NULL  -- [s]
) STRICT, WITHOUT ROWID;
"""
_PUT = """
INSERT INTO evidence VALUES (?, ?, ?, ?, ?) ON CONFLICT (event) DO UPDATE SET
    revision = excluded.revision, size = excluded.size, body = excluded.body
    WHERE excluded.revision > revision
"""
_PIN = """
INSERT INTO pins VALUES (?, ?) ON CONFLICT (event) DO UPDATE SET until_s = excluded.until_s
    WHERE excluded.until_s > until_s
"""
_TOO_OLD = """
DELETE FROM evidence WHERE arrived_s < :before AND NOT EXISTS (
    SELECT 1 FROM pins WHERE pins.event = evidence.event AND pins.until_s >= :now)
"""
_BY_NEED = """
SELECT evidence.event, size, coalesce(until_s, 0) >= :now
FROM evidence LEFT JOIN pins ON pins.event = evidence.event
ORDER BY coalesce(until_s, 0) >= :now, coalesce(until_s, 0), arrived_s
"""


class Held(msgspec.Struct, frozen=True):
    """What an archive holds."""

    events: int
    stored_bytes: int
    oldest_s: float | None  # [s] when the oldest arrived; None: nothing is held


class Cleared(msgspec.Struct, frozen=True):
    """What a clearing took away."""

    aged: int = 0  # [events] older than they are kept
    squeezed: int = 0  # [events] to keep within the bound
    unpinned: int = 0  # [events] of these, that somebody may still have asked for


class Archive:
    """One file of evidence.

    Args:
        file: made when absent, with its directory; a damaged one is set aside.
        max_bytes: [bytes] of evidence at most.
        keep_s: [s] that evidence which nobody pinned is kept.

    It is opened at first use, and after a failure at the next. All methods raise ``StorageError`` when the
    file cannot be opened, read or written.
    """

    def __init__(self, file: Path, *, max_bytes: int, keep_s: float) -> None:
        self._file, self._max_bytes, self._keep_s = file, max_bytes, keep_s
        self._lock = threading.RLock()
        self._opened: sqlite3.Connection | None = None
        self._added_bytes = 0  # since the last clearing

    @property
    def is_due(self) -> bool:
        """Whether so much has come that the bound may be reached before the next clearing."""
        return self._added_bytes > ROOM_LEFT * self._max_bytes

    def keep(self, arrived: Iterable[EventEvidence], utc_s: float) -> None:
        """Store what came, in one transaction; of an event the highest revision stays. On disk at return."""
        rows: list[tuple[str, int, float, int, bytes]] = []
        for evidence in arrived:
            body = zstandard.compress(msgspec.msgpack.encode(evidence))
            rows.append((str(evidence.identity), evidence.revision, utc_s, len(body), body))
        with self._transaction("write") as connection:
            connection.executemany(_PUT, rows)
        self._added_bytes += sum(size for *_, size, _ in rows)

    def pin(self, until_s: Mapping[str, float]) -> None:
        """Keep events' evidence until then [s] at least, whether it has come already or not."""
        with self._transaction("write") as connection:
            connection.executemany(_PIN, until_s.items())

    def of(self, event: str) -> EventEvidence | None:
        """What is held of an event; ``None``: nothing, any more or yet."""
        with self._named("read") as connection:
            row = connection.execute("SELECT body FROM evidence WHERE event = ?", (event,)).fetchone()
            if row is None:
                return None
            return msgspec.msgpack.decode(zstandard.decompress(row[0]), type=EventEvidence)

    def erase(self, events: Iterable[str]) -> int:
        """Take events' evidence away, overwritten on disk; how many had any."""
        with self._transaction("erase from") as connection:
            names = [(event,) for event in set(events)]
            gone = connection.executemany("DELETE FROM evidence WHERE event = ?", names).rowcount
            connection.executemany("DELETE FROM pins WHERE event = ?", names)
        with self._named("erase from") as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # the log still held it
        return gone

    def clear(self, utc_s: float) -> Cleared:
        """Take away what is too old at ``utc_s``, and what is too much."""
        now, before = {"now": utc_s}, {"now": utc_s, "before": utc_s - self._keep_s}
        self._added_bytes = 0
        with self._transaction("write") as connection:
            aged = connection.execute(_TOO_OLD, before).rowcount
            connection.execute("DELETE FROM pins WHERE until_s < :now", now)
            too_much = connection.execute("SELECT coalesce(sum(size), 0) FROM evidence").fetchone()[0]
            too_much -= self._max_bytes
            if too_much <= 0:
                return Cleared(aged)
            too_much += round(ROOM_LEFT * self._max_bytes)
            going: list[tuple[str]] = []
            unpinned = 0
            for event, size, is_pinned in connection.execute(_BY_NEED, now):
                if too_much <= 0:
                    break
                going.append((event,))
                too_much -= size
                unpinned += is_pinned
            connection.executemany("DELETE FROM evidence WHERE event = ?", going)
        return Cleared(aged, len(going), unpinned)

    def held(self) -> Held:
        """How much there is."""
        with self._named("read") as connection:
            query = "SELECT count(*), coalesce(sum(size), 0), min(arrived_s) FROM evidence"
            return Held(*connection.execute(query).fetchone())

    def close(self) -> None:
        """Close the file; what was stored is on disk already."""
        with self._lock:
            self._leave()

    @contextmanager
    def _transaction(self, verb: str) -> Iterator[sqlite3.Connection]:
        with self._named(verb) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # the database may have ended it already
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _named(self, verb: str) -> Iterator[sqlite3.Connection]:
        """Alone among threads; a damaged file is set aside, and the next call begins a new one."""
        with self._lock:
            try:
                if self._opened is None:
                    self._file.parent.mkdir(parents=True, exist_ok=True)
                    self._opened = _connected(self._file)
                yield self._opened
            except (sqlite3.Error, OSError, zstandard.ZstdError, msgspec.MsgspecError) as error:
                fix = "Check the disk and the rights of the file."
                if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
                    self._leave()  # before the name is another file's
                    fix = f"It is now {set_aside(self._file, 'corrupt').name}; what comes is kept again."
                raise StorageError(
                    f"cannot {verb} the evidence", where=str(self._file),
                    found=" ".join(str(error).split()), fix=fix,
                ) from error  # fmt: skip

    def _leave(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None


def archive_of(config: AggregatorConfig, base_dir: Path) -> Archive:
    """The archive of a configuration; ``base_dir`` is the directory of its file."""
    return Archive(
        base_dir / config.state_dir / EVIDENCE_FILE,
        max_bytes=round(config.evidence.max_mb * MB),
        keep_s=config.evidence.keep_days * DAY_S,
    )


def _connected(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=LOCK_WAIT_S, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten
        connection.executescript(_LAYOUT)
    except BaseException:
        connection.close()
        raise
    return connection
