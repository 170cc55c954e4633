"""The ledger: what the aggregator learned, in order, append-only and hash-chained, in one SQLite file.

Every row carries the hash of the row before it, so that a changed, removed or inserted row shows. (Rows cut
off the very end show only against a copy or a printed head hash.) Each fact has one identity that the
database keeps unique: appending it twice is impossible, whatever the caller does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from edge.aggregator.entries import LedgerEntry
from edge.aggregator.ledger_rows import (
    GENESIS,
    BrokenRow,
    LedgerRow,
    identity_of,
    kind_of,
    read_body,
    row_hash,
)
from edge.errors import StorageError
from edge.payload import encode

LEDGER_VERSION = 1
"""``user_version`` of the file. A newer file is refused: only its own release can keep its rules."""

LOCK_WAIT_S = 2.0
"""[s] how long to wait for another program (a backup, an auditor) that holds the write lock."""

_LAYOUT = """
CREATE TABLE entries (
    id        INTEGER PRIMARY KEY,
    utc_s     REAL NOT NULL,
    kind      TEXT NOT NULL,
    identity  TEXT NOT NULL UNIQUE,
    body      TEXT NOT NULL,
    prev_hash BLOB NOT NULL UNIQUE,
    hash      BLOB NOT NULL UNIQUE
) STRICT;
CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER entries_never_go BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""


class AlreadyHeldError(StorageError):
    """The ledger holds an entry of this identity already; nothing of the transaction was written."""


class Ledger:
    """One ledger file, open for one writer.

    Args:
        file: created with its directory when absent.

    Raises:
        StorageError: cannot be opened, is not a ledger, or belongs to a newer release.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        with self._named("open"):
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StorageError(
                    f"cannot make the ledger's directory: {error.strerror}", where=str(file.parent),
                    fix="Check path and rights of state_dir.",
                ) from error  # fmt: skip
            self._connection = sqlite3.connect(file, timeout=LOCK_WAIT_S, isolation_level=None)
            try:
                self._prepare()
                self._head = self._read_head()
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self) -> None:
        version: int = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > LEDGER_VERSION:
            raise StorageError(
                "ledger of a newer release", where=str(self._file), found=f"version {version}",
                expected=f"version {LEDGER_VERSION}", fix="Update Steelyard on this machine.",
            )  # fmt: skip
        self._connection.execute("PRAGMA journal_mode = WAL")
        # FULL: a commit survives a power cut, because the node forgets what we acknowledge.
        self._connection.execute("PRAGMA synchronous = FULL")
        if version == 0:
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {_LAYOUT} PRAGMA user_version = {LEDGER_VERSION}; COMMIT;"
            )

    @property
    def head(self) -> tuple[int, bytes]:
        """Id and hash of the last row this object knows of; ``(0, GENESIS)`` when there is none."""
        return self._head

    def append(self, entries: Sequence[LedgerEntry], utc_s: float) -> None:
        """Commit all ``entries`` in one transaction, or none of them.

        Raises:
            AlreadyHeldError: one of the entries is in the ledger.
            StorageError: locked, read-only, full or corrupt; or written by somebody else.
        """
        if not entries:
            return
        with self._named("append to"):
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._refuse_other_writers()
                row_id, prev_hash = self._head
                for entry in entries:
                    row_id += 1
                    kind, body = kind_of(entry), encode(entry).decode()
                    digest = row_hash(prev_hash, row_id, utc_s, kind, body)
                    self._connection.execute(
                        "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)",
                        (row_id, utc_s, kind, identity_of(entry), body, prev_hash, digest),
                    )
                    prev_hash = digest
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # the first error is the one to tell
                    self._connection.execute("ROLLBACK")
                raise
        self._head = (row_id, prev_hash)

    def probe(self) -> None:
        """Take the write lock and give it back. Raises ``StorageError`` when that cannot be done."""
        with self._named("write"):
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("ROLLBACK")

    def entries(self) -> Iterator[LedgerRow]:
        """All rows in order, each checked against the chain before it is handed out.

        Raises:
            StorageError: at the first broken row, naming it.
        """
        for row in self._walk():
            if isinstance(row, BrokenRow):
                where = f"{self._file} row {row.id}"
                if row.intact:
                    raise StorageError(
                        f"the ledger is of another release: {row.reason}", where=where,
                        fix="Run the release that wrote it, or move the file away to begin a new ledger.",
                    )  # fmt: skip
                raise StorageError(
                    f"the ledger's chain breaks: {row.reason}", where=where,
                    fix="Somebody or something changed the file: restore it from its copy.",
                )  # fmt: skip
            yield row

    def verify(self) -> BrokenRow | None:
        """The first broken row, or ``None`` when the whole chain holds."""
        return next((row for row in self._walk() if isinstance(row, BrokenRow)), None)

    def close(self) -> None:
        """Close the file; what was appended is on disk already."""
        self._connection.close()

    def _walk(self) -> Iterator[LedgerRow | BrokenRow]:
        expected_id, expected_prev = 1, GENESIS
        with self._named("read"):
            cursor = self._connection.execute(
                "SELECT id, utc_s, kind, identity, body, prev_hash, hash FROM entries ORDER BY id"
            )
        while True:
            with self._named("read"):
                row = cursor.fetchone()
            if row is None:
                return
            row_id, utc_s, kind, identity, body, prev_hash, digest = row
            if row_id != expected_id:
                yield BrokenRow(expected_id, f"row {expected_id} is missing")
                return
            if prev_hash != expected_prev:
                yield BrokenRow(row_id, "it does not follow from the row before it")
                return
            if row_hash(prev_hash, row_id, utc_s, kind, body) != digest:
                yield BrokenRow(row_id, "its content does not match its hash")
                return
            try:
                entry, own = read_body(body)
            except msgspec.MsgspecError as error:
                yield BrokenRow(row_id, f"it cannot be read ({error})", intact=True)
                return
            if (kind, identity) != own:
                yield BrokenRow(row_id, "kind and identity are not those of its content")
                return
            yield LedgerRow(row_id, utc_s, entry)
            expected_id, expected_prev = row_id + 1, digest

    def _refuse_other_writers(self) -> None:
        if (found := self._read_head()) != self._head:
            raise StorageError(
                "somebody else wrote to the ledger", where=str(self._file),
                found=f"last row {found[0]}", expected=f"last row {self._head[0]}",
                fix="Stop the second aggregator; this one reads the ledger anew.",
            )  # fmt: skip

    def _read_head(self) -> tuple[int, bytes]:
        row = self._connection.execute("SELECT id, hash FROM entries ORDER BY id DESC LIMIT 1").fetchone()
        return row if row is not None else (0, GENESIS)

    @contextmanager
    def _named(self, verb: str) -> Iterator[None]:
        """Turn SQLite's errors into a StorageError that says what to do."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # primary result code
            what, fix = _REASONS.get(code, ("SQLite refuses", "See the message and the system's log."))
            fault = AlreadyHeldError if code == sqlite3.SQLITE_CONSTRAINT else StorageError
            raise fault(
                f"cannot {verb} the ledger: {what}", where=str(self._file), found=str(error), fix=fix
            ) from error


_REASONS = {
    sqlite3.SQLITE_BUSY: ("it is locked", "Stop the program that holds it."),
    sqlite3.SQLITE_LOCKED: ("it is locked", "Stop the program that holds it."),
    sqlite3.SQLITE_READONLY: ("it is read-only", "Give the aggregator's user the right to write it."),
    sqlite3.SQLITE_PERM: ("no right to write", "Give the aggregator's user the right to write it."),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "Check path and rights of state_dir."),
    sqlite3.SQLITE_FULL: ("the disk is full", "Free some space; nodes keep what is not acknowledged."),
    sqlite3.SQLITE_IOERR: ("the disk fails", "Check disk and cable; nodes keep what is not acknowledged."),
    sqlite3.SQLITE_CORRUPT: ("it is corrupt", "Restore it from its copy."),
    sqlite3.SQLITE_NOTADB: ("it is no SQLite file", "Check state_dir, or restore the ledger from its copy."),
    sqlite3.SQLITE_CONSTRAINT: ("it holds this entry already", "Report this fault: a fact is entered once."),
}  # fmt: skip
