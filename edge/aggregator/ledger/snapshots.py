"""Snapshots: the folded state after some entry, kept beside the entries so that a restart begins there.

A snapshot proves nothing and is never needed: one that does not belong to this chain, that another release or
another planogram made, or that is damaged is passed over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from sqlalchemy import delete, insert, select

from edge.aggregator.ledger.ledger import Ledger
from edge.aggregator.ledger.rows import Head
from edge.aggregator.ledger.tables import entries, snapshots
from edge.errors import StorageError

logger = logging.getLogger(__name__)

KEPT = 2
"""[snapshots] the newest, and the one before in case it is damaged."""

Folded = TypeVar("Folded")


def save(ledger: Ledger, head: Head, form: str, state: bytes, utc_s: float) -> None:
    """Keep a snapshot, and the one before it.

    Args:
        ledger: of whose entries it is.
        head: last entry that it holds.
        form: what it was made with.
        state: the folded state.
        utc_s: [s] now.

    Raises:
        StorageError: the database refuses.
    """
    row = {
        "entry": head[0], "hash": head[1], "form": form, "utc_s": utc_s, "digest": sha256(state).digest(),
        "state": state,
    }  # fmt: skip
    with ledger.database.transaction("keep a snapshot in") as connection:
        same_entry = select(entries.c.id).where(entries.c.id == head[0], entries.c.hash == head[1])
        if connection.execute(same_entry).first() is None:
            return  # the ledger has been replaced meanwhile
        connection.execute(delete(snapshots).where(snapshots.c.entry == head[0]))
        connection.execute(insert(snapshots), row)
        older = select(snapshots.c.entry).order_by(snapshots.c.entry.desc()).offset(KEPT).limit(100)
        stale = [entry for (entry,) in connection.execute(older)]
        connection.execute(delete(snapshots).where(snapshots.c.entry.in_(stale)))


def load(ledger: Ledger, form: str, read: Callable[[bytes], Folded]) -> tuple[Head, Folded] | None:
    """The newest snapshot that can be used, with the entry after which it was made.

    Args:
        ledger: whose entries go on from there.
        form: what the state must have been made with.
        read: state to fold; its ``StorageError`` passes a snapshot over.
    """
    query = (
        select(snapshots, entries.c.hash.label("chain_hash"))
        .join(entries, entries.c.id == snapshots.c.entry)
        .where(snapshots.c.form == form)
        .order_by(snapshots.c.entry.desc())
    )
    with ledger.database.reading("read") as connection:
        found = connection.execute(query).fetchall()
    for row in found:
        state = bytes(row.state)
        if bytes(row.hash) != bytes(row.chain_hash) or sha256(state).digest() != bytes(row.digest):
            logger.warning("the snapshot after entry %d does not belong to this ledger", row.entry)
            continue
        try:
            return (row.entry, bytes(row.hash)), read(state)
        except StorageError as error:
            logger.warning("the snapshot after entry %d is passed over: %s", row.entry, error)
    return None


def forget(ledger: Ledger) -> None:
    """Drop all snapshots. Raises ``StorageError`` when the database refuses."""
    with ledger.database.transaction("forget snapshots of") as connection:
        connection.execute(delete(snapshots))
