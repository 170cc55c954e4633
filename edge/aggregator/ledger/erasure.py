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
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, insert, select, text, update

from edge.aggregator.entries import ErasureEntry, GateEntry, LedgerEntry, ReceiptEntry
from edge.aggregator.ledger.ledger import Ledger
from edge.aggregator.ledger.rows import Head, NewRow, chained, digest_of_rest, identity_of, read_body
from edge.aggregator.ledger.tables import entries, snapshots
from edge.errors import StorageError
from edge.payload import encode

ERASED = "erased-"
"""How pseudonyms begin; no gate may give such a name to a visit."""

NAMING = frozenset({"visit", "from_visit", "to_visit", "group", "formerly"})
"""Fields that hold a visit's name, or that of somebody on its ticket."""

DERIVED = frozenset({"receipt", "corrects", "case"})
"""Fields that may end with the name of one of its receipts."""

EMPTIED = {"hand_distance_m": None, "comment": "", "token": "", "credential": ""}
"""What the part of an entry that names the visit holds afterwards in these fields."""

IS_GATE = entries.c.kind == "gate"


def erase_visit(
    ledger: Ledger,
    visit: str,
    *,
    reason: str,
    by: str,
    utc_s: float,
    forget: Callable[[frozenset[str]], object] = len,
) -> ErasureEntry:
    """Take a visit and everybody on its ticket out, in one transaction.

    Args:
        ledger: open for writing; another program that writes it notices and reads it anew.
        visit: name of the ticket; every stay under that name and those of its people goes.
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
        names = _people_of(connection, visit)
        pseudonyms = {name: pseudonym if name == visit else f"{pseudonym}-{number}"
                      for number, name in enumerate(names)}  # fmt: skip
        for row_id, stored in _rows_naming(connection, names):
            entry, _ = read_body(stored)
            rest = without(entry, pseudonyms)
            if rest == entry:
                continue  # the word stands there for something else
            if isinstance(entry, ReceiptEntry) and entry.receipt.visit == visit:
                has_receipt = True
                events.update(event for line in entry.receipt.lines for event in line.events)
            left.append(leave(connection, row_id, rest))
        _refuse_unknown(visit, left, has_receipt=has_receipt, where=ledger.database.where)
        erasure = ErasureEntry(pseudonym, tuple(left), reason, by)
        head = vouch(ledger, connection, erasure, utc_s)
        connection.execute(delete(snapshots))  # they may hold the name
        forget(frozenset(events))
    ledger.follow(head)
    scrub(ledger)
    return erasure


def leave(connection: Connection, row_id: int, rest: LedgerEntry) -> tuple[int, str]:
    """Write what is left of an entry; its id, and the digest for whoever vouches for it."""
    identity, body = identity_of(rest), encode(rest).decode()
    change = update(entries).where(entries.c.id == row_id)
    connection.execute(change.values(identity=identity, body=body, salt=None))
    return row_id, digest_of_rest(identity, body)


def vouch(ledger: Ledger, connection: Connection, erasure: ErasureEntry, utc_s: float) -> Head:
    """Enter what says that entries were changed by right; the new head, to be followed after the commit."""
    rows, head = chained(ledger.head, [NewRow.of(erasure, utc_s)])
    connection.execute(insert(entries), rows)
    return head


def without(entry: LedgerEntry, pseudonyms: Mapping[str, str]) -> LedgerEntry:
    """An entry that has pseudonyms instead of names; the same when it never held one."""
    rest = _renamed(msgspec.to_builtins(entry), pseudonyms)
    return msgspec.convert(rest, type(entry))


def names_in(entry: LedgerEntry) -> frozenset[str]:
    """Names of visits and people that an entry holds."""
    return frozenset(_names_in(msgspec.to_builtins(entry)))


def _names_in(part: Any) -> Iterator[str]:
    if isinstance(part, list | tuple):
        for each in part:
            yield from _names_in(each)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name in NAMING and isinstance(value, str) and value:
                yield value
            yield from _names_in(value)


def _renamed(part: Any, pseudonyms: Mapping[str, str]) -> Any:
    if isinstance(part, list | tuple):
        return [_renamed(each, pseudonyms) for each in part]
    if not isinstance(part, dict):
        return part
    names = {name: _renamed_string(name, value, pseudonyms) for name, value in part.items()}
    if names == part:
        return {name: _renamed(value, pseudonyms) for name, value in part.items()}
    emptied = {name: EMPTIED[name] for name in EMPTIED.keys() & part.keys()}
    return {name: _renamed(value, pseudonyms) for name, value in (names | emptied).items()}


def _renamed_string(name: str, value: Any, pseudonyms: Mapping[str, str]) -> Any:
    if not isinstance(value, str):
        return value
    if name in NAMING:
        return pseudonyms.get(value, value)
    if name in DERIVED:  # receipts: visit, time of leaving, number
        for visit, pseudonym in pseudonyms.items():
            value = re.sub(rf"(?<![\w.-]){re.escape(visit)}(-\d+-\d+)$", rf"{pseudonym}\1", value)
    return value


def _people_of(connection: Connection, visit: str) -> tuple[str, ...]:
    """The visit's name, then those of everybody who was on its ticket, and their later and earlier names."""
    names = {visit: None}
    looked_for: set[str] = set()
    while new := names.keys() - looked_for:
        looked_for |= new
        for _, stored in _rows_naming(connection, sorted(new), IS_GATE):
            entry, _ = read_body(stored)
            if isinstance(entry, GateEntry):
                gate = entry.gate
                if gate.group in new or gate.formerly in new:
                    names[gate.visit] = None
                if gate.visit in new and gate.formerly:
                    names[gate.formerly] = None
    return tuple(names)


def _rows_naming(
    connection: Connection, names: Iterable[str], among: ColumnElement[bool] | None = None
) -> list[tuple[int, str]]:
    """(id, body) of rows that hold one of the names, or the letters of it."""
    letters = [encode(name).decode()[1:-1] for name in names]  # as JSON writes them
    found: dict[int, str] = {}
    for word in letters:
        query = select(entries.c.id, entries.c.body).where(entries.c.body.contains(word, autoescape=True))
        query = query if among is None else query.where(among)
        found.update((row.id, row.body) for row in connection.execute(query))
    return sorted(found.items())


def _refuse_unknown(visit: str, left: list[tuple[int, str]], *, has_receipt: bool, where: str) -> None:
    if not left:
        raise StorageError("no entry names this visit", where=where, found=visit, fix="Check its spelling.")
    if not has_receipt:
        raise StorageError(
            "this visit has no receipt yet", where=where, found=visit, fix="Erase it when it has left."
        )


def scrub(ledger: Ledger) -> None:
    """Have what was taken away leave the disk too, as far as other readers allow it now."""
    with ledger.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT", reading=True)
        if connection.dialect.name == "postgresql":
            connection.execute(text("VACUUM entries, snapshots"))
        else:  # deleted content is overwritten; the log still holds it
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
