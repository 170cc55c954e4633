"""Rows whose content can be erased, and snapshots.

Each row's hash now covers a salted commitment to its content in place of the content itself, so every row is
hashed anew. The old chain is checked row by row on the way, and a conversion entry at its end keeps the old
chain's last hash: a copy or a printed hash from before can still be compared.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION
from sqlalchemy.types import TypeEngine

from edge.aggregator.entries import ConversionEntry
from edge.aggregator.ledger.rows import GENESIS, NewRow, chained
from edge.errors import StorageError
from edge.payload import encode

revision = "v2"
down_revision = "v1"

LOT = 2000
"""[rows] moved at a time."""

_SECONDS: TypeEngine[float] = DOUBLE_PRECISION().with_variant(sa.REAL(), "sqlite")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KEPT = ("id", "utc_s", "kind", "commitment", "prev_hash", "hash")
_TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries WHEN NEW.salt IS NOT NULL"
        + "".join(f" OR NEW.{name} IS NOT OLD.{name}" for name in _KEPT)
        + " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        "CREATE TRIGGER entries_never_go BEFORE DELETE ON entries"
        " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        "PRAGMA user_version = 2",  # the first release looks at it, and refuses what it does not know
    ),
    "postgresql": (
        "CREATE FUNCTION entries_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$",
        "CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries FOR EACH ROW"
        " WHEN (NEW.salt IS NOT NULL"
        + "".join(f" OR NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _KEPT)
        + ") EXECUTE FUNCTION entries_append_only()",
        "CREATE TRIGGER entries_never_go BEFORE DELETE OR TRUNCATE ON entries FOR EACH STATEMENT"
        " EXECUTE FUNCTION entries_append_only()",
    ),
}


def upgrade() -> None:
    """Move every row over, in order."""
    connection = op.get_bind()
    op.rename_table("entries", "entries_v1")
    if connection.dialect.name == "postgresql":  # its keys keep their names, and those are wanted
        op.drop_table("entries_v1")
    entries = op.create_table(
        "entries",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("utc_s", _SECONDS, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("identity", sa.Text, nullable=False, unique=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary),
        sa.Column("commitment", sa.LargeBinary, nullable=False),
        sa.Column("prev_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("hash", sa.LargeBinary, nullable=False, unique=True),
        sqlite_strict=True,
    )
    is_erasure = sa.text("kind = 'erasure'")
    op.create_index(
        "entries_erasures", "entries", ["id"], sqlite_where=is_erasure, postgresql_where=is_erasure
    )
    op.create_table(
        "snapshots",
        sa.Column("entry", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("utc_s", _SECONDS, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    if connection.dialect.name == "sqlite":  # the first release had no other database
        _move_rows(connection, entries)
        op.drop_table("entries_v1")
    for statement in _TRIGGERS[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def _move_rows(connection: Connection, entries: sa.Table) -> None:
    head = (0, GENESIS)
    old_head = GENESIS
    for lot in _old_rows(connection):
        new = [NewRow(row["utc_s"], row["kind"], row["identity"], row["body"]) for row in lot]
        rows, head = chained(head, new)
        connection.execute(sa.insert(entries), rows)
        old_head = lot[-1]["hash"]
    if head[0]:
        converted = ConversionEntry(rows=head[0], head=old_head.hex())
        rows, _ = chained(head, [NewRow.of(converted, time.time())])
        connection.execute(sa.insert(entries), rows)


def _old_rows(connection: Connection) -> Iterator[list[dict[str, Any]]]:
    """All rows in lots, each checked against the old chain.

    Raises:
        StorageError: at the first broken row, naming it.
    """
    query = sa.text("SELECT * FROM entries_v1 WHERE id > :last ORDER BY id LIMIT :lot")
    last, prev_hash = 0, GENESIS
    while lot := [dict(row._mapping) for row in connection.execute(query, {"last": last, "lot": LOT})]:
        for row in lot:
            content = encode((row["id"], row["utc_s"], row["kind"], row["body"]))
            digest = sha256(prev_hash + content).digest()
            if (row["id"], row["prev_hash"], row["hash"]) != (last + 1, prev_hash, digest):
                raise StorageError(
                    "the ledger of an earlier release cannot be brought up: its chain breaks",
                    where=f"row {last + 1}", fix="Restore it from its copy.",
                )  # fmt: skip
            last, prev_hash = row["id"], digest
        yield lot
