"""How far each endpoint has been told, on disk.

The ledger is the queue; here is only a position for each endpoint, how often its next notice has been tried,
and the notices that were given up. No notice itself is kept: a visit that is erased leaves nothing here.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.errors import StorageError

FILE = "webhooks.sqlite"
"""In ``state_dir``."""

LOCK_WAIT_S = 5.0

_TABLES = """
CREATE TABLE IF NOT EXISTS endpoints (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL,        -- entries up to here have been told or given up
    hash BLOB NOT NULL,               -- of the entry there
    attempts INTEGER NOT NULL,        -- at the notice after it
    paused TEXT NOT NULL              -- why; empty: it is not
) STRICT;
CREATE TABLE IF NOT EXISTS dead (
    endpoint TEXT NOT NULL,
    position INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    error TEXT NOT NULL,
    utc_s REAL NOT NULL,              -- when it was given up
    again INTEGER NOT NULL,           -- 1: to be told once more
    PRIMARY KEY (endpoint, position)
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """One endpoint's row."""

    name: str
    position: int
    hash: bytes
    attempts: int = 0
    paused: str = ""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A notice that was given up."""

    endpoint: str
    position: int
    attempts: int
    error: str
    utc_s: float
    again: int = 0  # 1: to be told once more


class WebhookOutbox:
    """One SQLite file; any thread, and the command line beside it.

    Args:
        file: made when absent.

    Raises:
        StorageError: cannot be opened, or is damaged.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        with self._named("open"):
            file.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                file, timeout=LOCK_WAIT_S, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.executescript(_TABLES)

    def progress(self, name: str) -> Progress | None:
        """How far an endpoint has been told; ``None``: it is new."""
        query = "SELECT name, position, hash, attempts, paused FROM endpoints WHERE name = ?"
        with self._named("read"), self._lock:
            row = self._connection.execute(query, (name,)).fetchone()
        return Progress(*row) if row else None

    def begin(self, name: str, position: int, digest: bytes) -> None:
        """A new endpoint, or one that goes on from another position."""
        self._write(
            "INSERT INTO endpoints VALUES (?, ?, ?, 0, '') ON CONFLICT (name) DO UPDATE SET"
            " position = excluded.position, hash = excluded.hash, attempts = 0",
            (name, position, digest),
        )

    def advance(self, name: str, position: int, digest: bytes) -> None:
        """Everything up to a position has been told; no step back."""
        self._write(
            "UPDATE endpoints SET position = ?, hash = ?, attempts = 0 WHERE name = ? AND position <= ?",
            (position, digest, name, position),
        )

    def failed(self, name: str) -> None:
        """The next notice was tried in vain."""
        self._write("UPDATE endpoints SET attempts = attempts + 1 WHERE name = ?", (name,))

    def give_up(self, letter: DeadLetter, digest: bytes) -> None:
        """Lay a notice aside and go on behind it, in one transaction."""
        with self._named("write"), self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(
                "INSERT OR REPLACE INTO dead VALUES (?, ?, ?, ?, ?, 0)",
                (letter.endpoint, letter.position, letter.attempts, letter.error, letter.utc_s),
            )
            self._connection.execute(
                "UPDATE endpoints SET position = max(position, ?), hash = ?, attempts = 0"
                " WHERE name = ? AND position < ?",
                (letter.position, digest, letter.endpoint, letter.position),
            )

    def dead(self, name: str) -> tuple[DeadLetter, ...]:
        """What was given up, in order."""
        query = "SELECT * FROM dead WHERE endpoint = ? ORDER BY position"
        with self._named("read"), self._lock:
            rows = self._connection.execute(query, (name,)).fetchall()
        return tuple(DeadLetter(*row) for row in rows)

    def ask_again(self, name: str) -> int:
        """Have everything that was given up told once more; how many."""
        return self._write("UPDATE dead SET again = 1 WHERE endpoint = ?", (name,))

    def bury(self, name: str, position: int) -> None:
        """A notice that was given up has been told after all."""
        self._write("DELETE FROM dead WHERE endpoint = ? AND position = ?", (name, position))

    def still_dead(self, name: str, position: int, error: str) -> None:
        """It was tried once more, in vain."""
        self._write(
            "UPDATE dead SET again = 0, attempts = attempts + 1, error = ?"
            " WHERE endpoint = ? AND position = ?",
            (error, name, position),
        )

    def pause(self, name: str, reason: str) -> None:
        """Tell an endpoint nothing until somebody resumes it; "" resumes."""
        self._write("UPDATE endpoints SET paused = ? WHERE name = ?", (reason, name))

    def close(self) -> None:
        """Close the file; what was written is on disk already."""
        self._connection.close()

    def _write(self, statement: str, values: tuple[object, ...]) -> int:
        with self._named("write"), self._lock:
            return self._connection.execute(statement, values).rowcount

    @contextmanager
    def _named(self, verb: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StorageError(
                f"cannot {verb} the state of the webhooks: {error}", where=str(self._file),
                fix="Check the disk. If the file is damaged, move it away: endpoints then begin anew.",
            ) from error  # fmt: skip
