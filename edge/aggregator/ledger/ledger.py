"""The ledger: append-only and hash-chained; see ``rows.py`` for the chain.

A changed, removed or inserted row shows. (Rows cut off the very end show only against a copy or a printed
head hash.) Each fact has one identity that the database keeps unique: appending it twice is impossible,
whatever the caller does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from edge.aggregator.entries import ErasureEntry, LedgerEntry
from edge.aggregator.ledger.database import Database, Place
from edge.aggregator.ledger.faults import AlreadyHeldError, DamagedError
from edge.aggregator.ledger.rows import (
    GENESIS,
    BrokenRow,
    Head,
    LedgerRow,
    NewRow,
    chained,
    checked,
    read_body,
)
from edge.aggregator.ledger.tables import IS_ERASURE, entries
from edge.errors import StorageError

__all__ = ["AlreadyHeldError", "DamagedError", "Ledger", "Verification"]


class Verification(msgspec.Struct, frozen=True):
    """What a reading of the whole chain found."""

    rows: int  # [entries] that hold, from the first
    erased: int  # of these: entries out of which a visit was taken
    head: str  # hash of the last of them, in hex
    broken: BrokenRow | None = None


class Ledger:
    """One ledger, open for one writer.

    Args:
        place: SQLite file, created with its directory when absent, or PostgreSQL database.

    Raises:
        StorageError: cannot be opened, is not a ledger, or belongs to a newer release.
    """

    def __init__(self, place: Place) -> None:
        self.database = Database(place)
        self._insert = self.database.as_driven(insert(entries))
        try:
            with self.database.reading("open") as connection:
                self._head = _read_head(connection)
        except BaseException:
            self.database.close()
            raise

    @property
    def head(self) -> Head:
        """Id and hash of the last row this object knows of; ``(0, GENESIS)`` when there is none."""
        return self._head

    def append(self, new: Sequence[LedgerEntry], utc_s: float) -> None:
        """Commit all of ``new`` in one transaction, or none of them.

        Raises:
            AlreadyHeldError: one of the entries is in the ledger.
            StorageError: locked, read-only, full or corrupt; or written by somebody else.
        """
        if not new:
            return
        rows, head = chained(self._head, [NewRow.of(entry, utc_s) for entry in new])
        with self.database.transaction("append to") as connection:
            self.refuse_other_writers(connection)
            connection.exec_driver_sql(self._insert, rows)
        self._head = head

    def probe(self) -> None:
        """Take the write lock and give it back. Raises ``StorageError`` when that cannot be done."""
        with self.database.transaction("write"):
            pass

    def entries(self, after: Head = (0, GENESIS)) -> Iterator[LedgerRow]:
        """All rows after a known one, in order, each checked against the chain before it is handed out.

        Raises:
            DamagedError: at the first broken row, naming it.
            StorageError: at the first row that only another release can read.
        """
        for _, row in self.stored_rows(after):
            if isinstance(row, BrokenRow):
                where = f"{self.database.where} row {row.id}"
                if row.intact:
                    raise StorageError(
                        f"the ledger is of another release: {row.reason}", where=where,
                        fix="Run the release that wrote it, or move the file away to begin a new ledger.",
                    )  # fmt: skip
                raise DamagedError(
                    f"the ledger's chain breaks: {row.reason}", where=where,
                    fix="Somebody or something changed the database: restore it from its copy.",
                )  # fmt: skip
            yield row

    def verify(self) -> Verification:
        """Read and check the whole chain."""
        rows, erased, head = 0, 0, GENESIS
        for _, row in self.stored_rows():
            if isinstance(row, BrokenRow):
                return Verification(rows, erased, head.hex(), row)
            rows, erased, head = row.id, erased + row.is_erased, row.hash
        return Verification(rows, erased, head.hex())

    def close(self) -> None:
        """Close the database; what was appended is on disk already."""
        self.database.close()

    def refuse_other_writers(self, connection: Connection) -> None:
        """Within a transaction: see that nobody else has appended.

        Raises:
            StorageError: somebody has.
        """
        if (found := _read_head(connection)) != self._head:
            raise StorageError(
                "somebody else wrote to the ledger", where=self.database.where,
                found=f"last row {found[0]}", expected=f"last row {self._head[0]}",
                fix="Stop the second aggregator; this one reads the ledger anew.",
            )  # fmt: skip

    def follow(self, head: Head) -> None:
        """Take note of rows that were committed beside :meth:`append`, by an erasure or from a copy."""
        self._head = head

    def stored_rows(self, after: Head = (0, GENESIS)) -> Iterator[tuple[Any, LedgerRow | BrokenRow]]:
        """Rows as they are stored, with what they say; the first broken one is the last.

        Raises:
            StorageError: the database refuses.
        """
        with self.database.reading("read") as connection:
            vouched = vouched_digests(connection)
            query = select(entries).where(entries.c.id > after[0]).order_by(entries.c.id)
            for stored in connection.execute(query):
                row = checked(stored, after, vouched)
                yield stored, row
                if isinstance(row, BrokenRow):
                    return
                after = row.id, row.hash


def _read_head(connection: Connection) -> Head:
    row = connection.execute(
        select(entries.c.id, entries.c.hash).order_by(entries.c.id.desc()).limit(1)
    ).first()
    return (row.id, bytes(row.hash)) if row is not None else (0, GENESIS)


def vouched_digests(connection: Connection) -> dict[int, str]:
    """Digests of what erasures left, by row id; of several erasures in one row the last counts."""
    query = select(entries.c.body).where(IS_ERASURE).order_by(entries.c.id)
    found: dict[int, str] = {}
    for (body,) in connection.execute(query):
        try:
            erasure, _ = read_body(body)
        except msgspec.MsgspecError:
            continue  # the walk comes to this row and names it
        if isinstance(erasure, ErasureEntry):
            found.update(erasure.rows)
    return found
