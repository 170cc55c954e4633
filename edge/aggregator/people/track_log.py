"""The track frames of the last minutes on disk: a killed aggregator still knows whose hands were where.

No fact, only a memory: it is never synchronised (kill -9 leaves it whole, a power cut may not), a damaged
file is thrown away, and a disk that refuses it costs certainty of attribution and nothing else.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from edge.aggregator.people.track_history import HISTORY_S
from edge.errors import MessageError
from edge.messages import TrackFrame
from edge.payload import decode, encode

logger = logging.getLogger(__name__)

FORGET_EVERY = 500
"""[frames] between two clearings of what is older than the attribution looks back."""


class TrackLog:
    """A ring of frames in one SQLite file.

    Args:
        file: made when absent, replaced when damaged.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._failing = False
        self._until_forgetting = FORGET_EVERY
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = self._open()
        except sqlite3.DatabaseError as error:
            logger.warning("%s: starting afresh (%s)", file, error)
            with suppress(OSError, sqlite3.DatabaseError):
                for suffix in ("", "-wal", "-shm"):
                    file.with_name(file.name + suffix).unlink(missing_ok=True)
                self._connection = self._open()

    def add(self, frame: TrackFrame, *, until: float) -> None:
        """Remember a frame; a disk that refuses is logged when that starts and when it ends.

        Args:
            frame: of any time: it may be dated wrongly.
            until: [s] time of the tracks so far; what is far from it is forgotten, some frames at a time.
        """
        if self._connection is None:
            return
        try:
            self._connection.execute("INSERT INTO frames VALUES (?, ?)", (frame.t, encode(frame)))
            self._until_forgetting -= 1
            if self._until_forgetting <= 0:
                self._until_forgetting = FORGET_EVERY
                self._connection.execute("DELETE FROM frames WHERE abs(t - ?) > ?", (until, HISTORY_S))
        except sqlite3.Error as error:
            if not self._failing:
                logger.warning("%s: tracks are not remembered (%s)", self._file, error)
            self._failing = True
            return
        if self._failing:
            logger.info("%s: tracks are remembered again", self._file)
            self._failing = False

    def frames(self) -> Iterator[TrackFrame]:
        """What is remembered, as it came, as far as it can be read."""
        if self._connection is None:
            return
        with suppress(sqlite3.Error, MessageError):
            for (payload,) in self._connection.execute("SELECT payload FROM frames ORDER BY rowid"):
                yield decode(payload, TrackFrame, source=str(self._file))

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=0.1, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("CREATE TABLE IF NOT EXISTS frames (t REAL NOT NULL, payload BLOB NOT NULL)")
        except BaseException:
            connection.close()
            raise
        return connection
