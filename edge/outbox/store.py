"""The node's memory on disk: decisions that the aggregator has not confirmed, boot counter, settled levels.

A decision is here before it is sent, and leaves by the aggregator's acknowledgement alone.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import MessageError, StorageError
from edge.messages import Ack, NodeMessage
from edge.outbox.database import OutboxDatabase, damaged_rows
from edge.payload import decode, encode

_log = logging.getLogger(__name__)

BOOTS_PER_FILE = 1_000_000
"""Boot counters of a file that replaces a damaged one start that much higher, so that ids keep rising."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One message that waits for its acknowledgement."""

    id: int  # [1] rises in the order of appending
    boot: str
    seq: int
    revision: int
    payload: bytes  # as it is sent


@dataclass(frozen=True, slots=True)
class StoredLevels:
    """Settled levels as a former boot left them."""

    utc_s: float  # [s] when the latest was stored
    levels_g: dict[str, float]  # [g] by plate


class Outbox:
    """One outbox file, used from one thread.

    Args:
        file: made, with its directory, when absent. A damaged file is set aside beside it, and its readable
            messages are taken over.
        max_messages: [messages] that wait at most.

    Attributes:
        alarm: one sentence when a damaged file was set aside at opening, else empty.

    Raises:
        StorageError: locked, read-only, full, or of a newer release.
    """

    def __init__(self, file: Path, *, max_messages: int) -> None:
        self.file = file
        self.alarm = ""
        self._max_messages = max_messages
        self._backlog = 0
        self._open_database: OutboxDatabase | None = None
        self.reopen()

    def reopen(self) -> None:
        """Open the file anew; a damaged one is set aside, and all row ids change.

        Raises:
            StorageError: as at construction; every later use tries again.
        """
        self.close()
        database = self._database()
        with database.reading("read") as connection:
            self._backlog = connection.execute("SELECT count(*) FROM messages").fetchone()[0]
        if database.fault:
            self._rescue(database)

    # --- decisions ----------------------------------------------------------------------------------

    @property
    def backlog(self) -> int:
        """[messages] that wait for their acknowledgement."""
        return self._backlog

    def append(self, messages: Sequence[NodeMessage]) -> None:
        """Commit all ``messages`` in their order, or none. A message that is here already is left as it is.

        Raises:
            StorageError: locked, read-only, disk or outbox full; nothing has been appended.
            CorruptStorageError: the file is damaged.
        """
        if self._backlog + len(messages) > self._max_messages:
            raise StorageError(
                "the outbox is full", where=str(self.file),
                found=f"{self._backlog} unacknowledged messages", expected=f"at most {self._max_messages}",
                fix="Bring the aggregator back or raise outbox_max_messages.",
            )  # fmt: skip
        with self._database().transaction("append to") as connection:
            appended = connection.executemany(
                "INSERT OR IGNORE INTO messages (boot, seq, revision, payload) VALUES (?, ?, ?, ?)",
                [(message.boot, message.seq, message.revision, encode(message)) for message in messages],
            ).rowcount
        self._backlog += appended

    def read(self, after_id: int, limit: int) -> list[OutboxRow]:
        """At most ``limit`` unacknowledged rows above ``after_id``, in the order of appending.

        Raises:
            StorageError: not readable.
        """
        with self._database().reading("read") as connection:
            rows = connection.execute(
                "SELECT id, boot, seq, revision, payload FROM messages WHERE id > ? ORDER BY id LIMIT ?",
                (after_id, limit),
            )
            return [OutboxRow(*row) for row in rows]

    def acknowledge(self, ack: Ack) -> frozenset[int]:
        """Forget what the aggregator has in its ledger; returns the ids of the rows that left.

        First revisions up to ``ack.upto`` leave, and of each seq that ``ack.revisions`` names every revision
        up to the one named.

        Raises:
            StorageError: nothing has left.
        """
        with self._database().transaction("remove from") as connection:
            gone = connection.execute(
                "DELETE FROM messages WHERE boot = ? AND seq <= ? AND revision = 0 RETURNING id",
                (ack.boot, ack.upto),
            ).fetchall()
            for seq, revision in ack.revisions:
                gone += connection.execute(
                    "DELETE FROM messages WHERE boot = ? AND seq = ? AND revision <= ? RETURNING id",
                    (ack.boot, seq, revision),
                ).fetchall()
        self._backlog -= len(gone)
        return frozenset(row_id for (row_id,) in gone)

    # --- what a boot leaves to the next -------------------------------------------------------------

    def new_boot(self) -> str:
        """Identity of a new boot: a counter that rises over the node's life, and a random suffix.

        Raises:
            StorageError: the counter cannot be stored.
        """
        first = 1 + BOOTS_PER_FILE * len(self._database().damaged)
        with self._database().transaction("count a boot in") as connection:
            (counter,) = connection.execute(
                "INSERT INTO boots VALUES (1, ?) ON CONFLICT DO UPDATE SET counter = counter + 1"
                " RETURNING counter",
                (first,),
            ).fetchone()
        return f"{counter:010d}-{secrets.token_hex(3)}"

    def save_levels(self, levels_g: Mapping[str, float], utc_s: float) -> None:
        """Store settled levels [g] by plate; plates that are not named keep what they had.

        Raises:
            StorageError: nothing has been stored.
        """
        with self._database().transaction("store levels in") as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO levels VALUES (?, ?, ?)",
                [(plate, level_g, utc_s) for plate, level_g in levels_g.items()],
            )

    def load_levels(self) -> StoredLevels | None:
        """The levels that were stored; ``None`` before the first time.

        Raises:
            StorageError: not readable.
        """
        with self._database().reading("read levels from") as connection:
            rows = connection.execute("SELECT plate, level_g, utc_s FROM levels ORDER BY plate").fetchall()
        if not rows:
            return None
        return StoredLevels(max(row[2] for row in rows), {plate: level_g for plate, level_g, _ in rows})

    def close(self) -> None:
        """Close the file; everything in it is on disk already."""
        if self._open_database is not None:
            self._open_database.close()
            self._open_database = None

    def _database(self) -> OutboxDatabase:
        if self._open_database is None:
            self._open_database = OutboxDatabase(self.file)
        return self._open_database

    def _rescue(self, database: OutboxDatabase) -> None:
        """Take over the messages of the file that has just been set aside, as far as they are whole."""
        aside = database.damaged[-1]
        messages: list[NodeMessage] = []
        for boot, seq, revision, payload in damaged_rows(aside):
            try:
                message: NodeMessage = decode(payload, NodeMessage, source=str(aside))
            except (MessageError, TypeError):
                continue
            if (message.boot, message.seq, message.revision) == (boot, seq, revision):
                messages.append(message)
        self.append(messages)
        self.alarm = (
            f"outbox {self.file} was corrupt ({database.fault}) and was set aside as {aside.name}; "
            f"{len(messages)} of its messages were taken over"
        )
        _log.error("%s", self.alarm)
