"""The outbox's SQLite file: opened, checked, set aside when damaged, its errors told in plain words.

WAL with ``synchronous=FULL``: a transaction that returned survives kill -9 and a power cut.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge.errors import StorageError

OUTBOX_VERSION = 1
"""``user_version`` of the file. A newer file is refused, not set aside: a newer release made it."""

LOCK_WAIT_S = 0.25
"""[s] how long the node's loop may stand still because another program holds the write lock."""

_LAYOUT = """
CREATE TABLE messages (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    boot     TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    payload  BLOB NOT NULL,
    UNIQUE (boot, seq, revision)
) STRICT;
CREATE TABLE boots (id INTEGER PRIMARY KEY CHECK (id = 1), counter INTEGER NOT NULL) STRICT;
CREATE TABLE levels (plate TEXT PRIMARY KEY, level_g REAL NOT NULL, utc_s REAL NOT NULL) STRICT;
"""


class CorruptStorageError(StorageError):
    """The file is damaged. Opening it anew sets it aside and starts an empty one."""


class OutboxDatabase:
    """An open outbox file.

    Args:
        file: made, with its directory, when absent; renamed to ``<file>.corrupt-N`` when damaged.

    Attributes:
        damaged: the files that have been set aside, the latest last.
        fault: what was wrong with the file that this opening set aside; empty when nothing was.

    Raises:
        StorageError: locked, read-only, full, or of a newer release.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.fault = ""
        try:
            self._connection = self._open()
        except CorruptStorageError as error:
            self._set_aside()
            self._connection = self._open()
            self.fault = error.found

    @property
    def damaged(self) -> list[Path]:
        """The files that have been set aside, the latest last."""
        found = self.file.parent.glob(f"{self.file.name}.corrupt-*")
        numbered = {
            int(number): file for file in found if (number := file.suffix.partition("-")[2]).isdigit()
        }
        return [file for _, file in sorted(numbered.items())]

    @contextmanager
    def transaction(self, verb: str) -> Iterator[sqlite3.Connection]:
        """All or nothing, on disk when the block has ended. Raises as :meth:`reading`."""
        with self.reading(verb) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # the first error is the one to tell
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self, verb: str) -> Iterator[sqlite3.Connection]:
        """The connection, with SQLite's errors turned into ones that say what to do.

        Raises:
            StorageError: locked, read-only, full or failing.
            CorruptStorageError: the file is damaged.
        """
        with _named(verb, self.file):
            yield self._connection

    def close(self) -> None:
        """Close the file; everything in it is on disk already."""
        self._connection.close()

    def _open(self) -> sqlite3.Connection:
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"cannot make the outbox's directory: {error.strerror}", where=str(self.file.parent),
                fix="Check path and rights of state_dir.",
            ) from error  # fmt: skip
        with _named("open", self.file):
            connection = sqlite3.connect(self.file, timeout=LOCK_WAIT_S, isolation_level=None)
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > OUTBOX_VERSION:
            raise StorageError(
                "outbox of a newer release", where=str(self.file), found=f"version {version}",
                expected=f"version {OUTBOX_VERSION}", fix="Update Steelyard on this machine.",
            )  # fmt: skip
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        if version == 0:
            connection.executescript(
                f"BEGIN IMMEDIATE; {_LAYOUT} PRAGMA user_version = {OUTBOX_VERSION}; COMMIT;"
            )
        # A damaged page shows now, when it can be set aside, and not at the worst moment.
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise CorruptStorageError(
                "cannot open the outbox: it is corrupt", where=str(self.file), found=verdict.split("\n")[-1]
            )

    def _set_aside(self) -> None:
        number = 1 + max((int(file.suffix.partition("-")[2]) for file in self.damaged), default=0)
        aside = self.file.with_name(f"{self.file.name}.corrupt-{number}")
        try:
            for suffix in ("-wal", "-shm", ""):
                with suppress(FileNotFoundError):
                    self.file.with_name(self.file.name + suffix).rename(aside.with_name(aside.name + suffix))
        except OSError as error:
            raise StorageError(
                f"cannot set the corrupt outbox aside: {error.strerror}", where=str(self.file),
                fix="Move the file away by hand.",
            ) from error  # fmt: skip


def damaged_rows(file: Path) -> Iterator[tuple[str, int, int, bytes]]:
    """(boot, seq, revision, payload), unchecked, as far as a damaged file can be read."""
    with suppress(sqlite3.Error):
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=LOCK_WAIT_S)
        try:
            yield from connection.execute("SELECT boot, seq, revision, payload FROM messages ORDER BY id")
        finally:
            connection.close()


@contextmanager
def _named(verb: str, file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # primary result code
        what, fix = _REASONS.get(code, ("SQLite refuses", "See the message and the system's log."))
        kind = CorruptStorageError if code in _CORRUPT else StorageError
        raise kind(f"cannot {verb} the outbox: {what}", where=str(file), found=str(error), fix=fix) from error


_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

_REASONS = {
    sqlite3.SQLITE_BUSY: ("it is locked", "Stop the program that holds it."),
    sqlite3.SQLITE_LOCKED: ("it is locked", "Stop the program that holds it."),
    sqlite3.SQLITE_READONLY: ("it is read-only", "Give the node's user the right to write it."),
    sqlite3.SQLITE_PERM: ("no right to write", "Give the node's user the right to write it."),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "Check path and rights of state_dir."),
    sqlite3.SQLITE_FULL: ("the disk is full", "Free some space; decisions wait in memory."),
    sqlite3.SQLITE_IOERR: ("the disk fails", "Check disk and space; decisions wait in memory."),
    sqlite3.SQLITE_CORRUPT: ("it is corrupt", "Restart the node: the file is then set aside."),
    sqlite3.SQLITE_NOTADB: ("it is not a database", "Restart the node: the file is then set aside."),
}
