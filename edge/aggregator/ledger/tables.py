"""What the ledger's database holds, declared once for SQLite and PostgreSQL.

``migrations/`` brings an older database here; a test compares the two. It also sets the triggers by which the
database itself refuses to change or delete a row of ``entries``: only what an erasure does passes.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text, literal_column
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION
from sqlalchemy.types import REAL, TypeEngine

metadata = MetaData()

_Number = BigInteger().with_variant(Integer(), "sqlite")
_Seconds: TypeEngine[float] = DOUBLE_PRECISION().with_variant(REAL(), "sqlite")  # 8 bytes in both

entries = Table(
    "entries",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=False),  # from 1 without gaps
    Column("utc_s", _Seconds, nullable=False),  # [s] when the aggregator learned it
    Column("kind", Text, nullable=False),
    Column("identity", Text, nullable=False, unique=True),  # a fact is entered at most once
    Column("body", Text, nullable=False),  # JSON, byte for byte as hashed
    Column("salt", LargeBinary),  # NULL: the body is what an erasure left
    Column("commitment", LargeBinary, nullable=False),
    Column("prev_hash", LargeBinary, nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    sqlite_strict=True,
)

IS_ERASURE = entries.c.kind == literal_column("'erasure'")  # literal: SQLite compares it with the index's own

Index("entries_erasures", entries.c.id, sqlite_where=IS_ERASURE, postgresql_where=IS_ERASURE)

snapshots = Table(
    "snapshots",
    metadata,
    Column("entry", _Number, primary_key=True, autoincrement=False),  # last entry that it holds
    Column("hash", LargeBinary, nullable=False),  # of that entry
    Column("form", Text, nullable=False),  # what the fold was made with
    Column("utc_s", _Seconds, nullable=False),  # [s] when it was made
    Column("digest", LargeBinary, nullable=False),  # sha256 of the state
    Column("state", LargeBinary, nullable=False),
    sqlite_strict=True,
)
