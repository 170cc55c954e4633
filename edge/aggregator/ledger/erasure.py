"""Taking one visit out of the ledger, so that nothing in it tells whose it was, and the chain still holds.

Every entry that names the visit is rewritten in place: the name becomes a pseudonym made for this erasure
alone, and what only the visit's own record needed goes (:data:`EMPTIED`). What others depend on stays: that
somebody came and went at those times, and which goods that somebody took, because otherwise they would be
charged to the shopper beside them. The salt of the row's commitment goes too. An erasure entry at the end of
the chain vouches for what is left.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, text, update

from edge.aggregator.entries import ErasureEntry, LedgerEntry, ReceiptEntry
from edge.aggregator.ledger.ledger import Ledger
from edge.aggregator.ledger.rows import NewRow, chained, digest_of_rest, identity_of, read_body
from edge.aggregator.ledger.tables import entries, snapshots
from edge.errors import StorageError
from edge.payload import encode

ERASED = "erased-"
"""How pseudonyms begin; no gate may give such a name to a visit."""

NAMING = frozenset({"visit", "from_visit", "to_visit"})
"""Fields that hold a visit's name."""

DERIVED = frozenset({"receipt", "corrects", "case"})
"""Fields that may end with the name of one of its receipts."""

EMPTIED = {"hand_distance_m": None, "comment": "", "token": ""}
"""What the part of an entry that names the visit holds afterwards in these fields."""


def erase_visit(
    ledger: Ledger,
    visit: str,
    *,
    reason: str,
    by: str,
    utc_s: float,
    forget: Callable[[frozenset[str]], object] = len,
) -> ErasureEntry:
    """Take a visit out, in one transaction.

    Args:
        ledger: open for writing; another program that writes it notices and reads it anew.
        visit: its name; every stay under that name goes.
        reason: why, for the ledger.
        by: who asked for it.
        utc_s: [s] now.
        forget: takes away what is kept elsewhere of the events that the visit's receipts name; called when
            nothing but the commit is left to do.

    Raises:
        StorageError: no entry names the visit, it has no receipt yet, or the database refuses.
    """
    pseudonym = ERASED + secrets.token_hex(8)
    with ledger.database.transaction("erase from") as connection:
        ledger.refuse_other_writers(connection)
        left: list[tuple[int, str]] = []
        events: set[str] = set()
        has_receipt = False
        for row_id, stored in _rows_naming(connection, visit):
            entry, _ = read_body(stored)
            rest = without(entry, visit, pseudonym)
            if rest == entry:
                continue  # the word stands there for something else
            if isinstance(entry, ReceiptEntry) and entry.receipt.visit == visit:
                has_receipt = True
                events.update(event for line in entry.receipt.lines for event in line.events)
            identity, body = identity_of(rest), encode(rest).decode()
            change = update(entries).where(entries.c.id == row_id)
            connection.execute(change.values(identity=identity, body=body, salt=None))
            left.append((row_id, digest_of_rest(identity, body)))
        _refuse_unknown(visit, left, has_receipt=has_receipt, where=ledger.database.where)
        erasure = ErasureEntry(pseudonym, tuple(left), reason, by)
        rows, head = chained(ledger.head, [NewRow.of(erasure, utc_s)])
        connection.execute(insert(entries), rows)
        connection.execute(delete(snapshots))  # they may hold the name
        forget(frozenset(events))
    ledger.follow(head)
    _scrub(ledger)
    return erasure


def without(entry: LedgerEntry, visit: str, pseudonym: str) -> LedgerEntry:
    """An entry that no longer names the visit; the same when it never did."""
    rest = _renamed(msgspec.to_builtins(entry), visit, pseudonym)
    return msgspec.convert(rest, type(entry))


def _renamed(part: Any, visit: str, pseudonym: str) -> Any:
    if isinstance(part, list | tuple):
        return [_renamed(each, visit, pseudonym) for each in part]
    if not isinstance(part, dict):
        return part
    names = {name: _renamed_string(name, value, visit, pseudonym) for name, value in part.items()}
    if names == part:
        return {name: _renamed(value, visit, pseudonym) for name, value in part.items()}
    emptied = {name: EMPTIED[name] for name in EMPTIED.keys() & part.keys()}
    return {name: _renamed(value, visit, pseudonym) for name, value in (names | emptied).items()}


def _renamed_string(name: str, value: Any, visit: str, pseudonym: str) -> Any:
    if name in NAMING and value == visit:
        return pseudonym
    if name in DERIVED and isinstance(value, str):  # receipts: visit, time of leaving, number
        return re.sub(rf"(?<![\w.-]){re.escape(visit)}(-\d+-\d+)$", rf"{pseudonym}\1", value)
    return value


def _rows_naming(connection: Connection, visit: str) -> list[tuple[int, str]]:
    """(id, body) of rows that hold the name, or the letters of it."""
    letters = encode(visit).decode()[1:-1]  # as JSON writes them
    query = select(entries.c.id, entries.c.body).where(entries.c.body.contains(letters, autoescape=True))
    return [(row.id, row.body) for row in connection.execute(query.order_by(entries.c.id))]


def _refuse_unknown(visit: str, left: list[tuple[int, str]], *, has_receipt: bool, where: str) -> None:
    if not left:
        raise StorageError("no entry names this visit", where=where, found=visit, fix="Check its spelling.")
    if not has_receipt:
        raise StorageError(
            "this visit has no receipt yet", where=where, found=visit, fix="Erase it when it has left."
        )


def _scrub(ledger: Ledger) -> None:
    """Have what was taken away leave the disk too, as far as other readers allow it now."""
    with ledger.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT", reading=True)
        if connection.dialect.name == "postgresql":
            connection.execute(text("VACUUM entries, snapshots"))
        else:  # deleted content is overwritten; the log still holds it
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
