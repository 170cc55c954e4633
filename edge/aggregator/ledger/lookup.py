"""Single rows of the ledger, for whoever reads on from a position or follows a name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import func, select

from edge.aggregator.ledger.ledger import Ledger, vouched_digests
from edge.aggregator.ledger.rows import GENESIS, BrokenRow, Head, LedgerRow, checked
from edge.aggregator.ledger.tables import entries
from edge.errors import StorageError

NAMES_MAX = 200
"""[names] that one query asks for."""


def head_at(ledger: Ledger, position: int) -> Head:
    """Id and hash of the row at a position, to read on from; ``(0, GENESIS)`` before the first.

    Raises:
        StorageError: the ledger has no such row (yet), or the database refuses.
    """
    if position == 0:
        return 0, GENESIS
    with ledger.database.reading("read") as connection:
        row = connection.execute(select(entries.c.hash).where(entries.c.id == position)).first()
    if row is None:
        raise StorageError(
            "the ledger has no such position", where=ledger.database.where, found=str(position),
            fix="Begin again from 0: the ledger was replaced, or the position is another one's.",
        )  # fmt: skip
    return position, bytes(row.hash)


def last_position(ledger: Ledger) -> int:
    """Id of the last committed row by now, whoever wrote it; 0 before the first."""
    with ledger.database.reading("read") as connection:
        return connection.execute(select(func.max(entries.c.id))).scalar_one() or 0


def entered_s(ledger: Ledger, position: int) -> float:
    """[s] when the row at a position was entered; 0 before the first."""
    with ledger.database.reading("read") as connection:
        found = connection.execute(select(entries.c.utc_s).where(entries.c.id == position)).first()
    return float(found.utc_s) if found is not None else 0.0


def first_since(ledger: Ledger, utc_s: float) -> int:
    """Position of the first row entered at ``utc_s`` [s] or later, if the clock never went back."""
    low, high = 1, last_position(ledger) + 1
    while low < high:
        middle = (low + high) // 2
        if entered_s(ledger, middle) < utc_s:
            low = middle + 1
        else:
            high = middle
    return low


def rows_of(ledger: Ledger, kinds: Collection[str], after: int, upto: int) -> Iterator[LedgerRow]:
    """Rows of some kinds between two positions, in order; each checked against its own hash.

    Args:
        ledger: open.
        kinds: as :func:`~edge.aggregator.ledger.rows.kind_of` names them.
        after: position after which to begin.
        upto: the last position wanted.

    Raises:
        StorageError: a row does not hold, or the database refuses.
    """
    wanted = (entries.c.id > after, entries.c.id <= upto, entries.c.kind.in_(list(kinds)))
    query = select(entries).where(*wanted).order_by(entries.c.id)
    with ledger.database.reading("read") as connection:
        vouched = vouched_digests(connection)
        for each in connection.execute(query):
            yield _checked_alone(ledger, each, vouched)


def rows_named(ledger: Ledger, identities: Collection[str]) -> tuple[LedgerRow, ...]:
    """Rows by the names under which the ledger holds them, in order; each checked against its own hash.

    Args:
        ledger: open.
        identities: as :func:`~edge.aggregator.ledger.rows.identity_of` makes them; :data:`NAMES_MAX` at most.

    Raises:
        StorageError: a row does not hold, or the database refuses.
    """
    if not identities:
        return ()
    query = select(entries).where(entries.c.identity.in_(list(identities)[:NAMES_MAX])).order_by(entries.c.id)
    with ledger.database.reading("read") as connection:
        stored = connection.execute(query).all()
        vouched = vouched_digests(connection) if any(row.salt is None for row in stored) else {}
    return tuple(_checked_alone(ledger, each, vouched) for each in stored)


def _checked_alone(ledger: Ledger, stored: Any, vouched: Mapping[int, str]) -> LedgerRow:
    row = checked(stored, (stored.id - 1, bytes(stored.prev_hash)), vouched)
    if isinstance(row, BrokenRow):
        raise StorageError(
            f"the ledger's chain breaks: {row.reason}", where=f"{ledger.database.where} row {row.id}",
            fix="Run `steelyard ledger verify`.",
        )  # fmt: skip
    return row
