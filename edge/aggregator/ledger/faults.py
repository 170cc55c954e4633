"""What the databases' errors mean, in plain words with the next thing to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from edge.errors import StorageError


class AlreadyHeldError(StorageError):
    """The ledger holds an entry of this identity already; nothing of the transaction was written."""


class DamagedError(StorageError):
    """The database is damaged, or its chain is broken: ``rescue.py`` can set a file aside."""


@contextmanager
def named(verb: str, where: str) -> Iterator[None]:
    """Turn a database's errors into ones that say what to do.

    Args:
        verb: what was tried with the ledger: "open", "read", "append to".
        where: which database; without its password.

    Raises:
        AlreadyHeldError, DamagedError, StorageError: by the database's reason.
    """
    try:
        yield
    except DBAPIError as error:
        original = error.orig if error.orig is not None else error
        if isinstance(original, sqlite3.Error):
            code = getattr(original, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # primary result code
            what, fix, kind = _SQLITE.get(code, _OTHER)
        else:
            state = getattr(original, "sqlstate", None) or ""
            what, fix, kind = _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2], _OTHER)
        found = " ".join(str(original).split("\n", 1)[0].split())
        raise kind(f"cannot {verb} the ledger: {what}", where=where, found=found, fix=fix) from error


_Reason = tuple[str, str, type[StorageError]]

_OTHER: _Reason = ("the database refuses", "See the message and the system's log.", StorageError)
_LOCKED: _Reason = ("it is locked", "Stop the program that holds it.", StorageError)
_NO_RIGHT: _Reason = ("it is read-only", "Give the aggregator's user the right to write it.", StorageError)
_FULL: _Reason = (
    "the disk is full", "Free some space; nodes keep what is not acknowledged.", StorageError,
)  # fmt: skip
_FAILS: _Reason = (
    "the disk fails", "Check disk and cable; nodes keep what is not acknowledged.", StorageError,
)  # fmt: skip
_CORRUPT: _Reason = ("it is corrupt", "Restore it from its copy.", DamagedError)
_HELD: _Reason = (
    "it holds this entry already", "Report this fault: a fact is entered once.", AlreadyHeldError,
)  # fmt: skip
_AWAY: _Reason = (
    "the database server cannot be reached", "Check address, network, and that it runs.", StorageError,
)  # fmt: skip
_LOGIN: _Reason = (
    "the database server refuses the login", "Check user and database_password_file.", StorageError,
)  # fmt: skip

_SQLITE: dict[int, _Reason] = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _NO_RIGHT,
    sqlite3.SQLITE_PERM: ("no right to write", _NO_RIGHT[1], StorageError),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "Check path and rights of the database.", StorageError),
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _FAILS,
    sqlite3.SQLITE_CORRUPT: _CORRUPT,
    sqlite3.SQLITE_NOTADB: ("it is no SQLite file", "Check the setting `database`.", DamagedError),
    sqlite3.SQLITE_CONSTRAINT: _HELD,
}

_POSTGRESQL: dict[str, _Reason] = {
    "": _AWAY,  # no answer, so no SQLSTATE
    "08": _AWAY,
    "23505": _HELD,
    "25006": _NO_RIGHT,
    "28": _LOGIN,
    "3D000": ("there is no such database", "Make it with createdb.", StorageError),
    "42501": _NO_RIGHT,
    "53100": _FULL,
    "53300": ("the server has no connection left", "Raise max_connections.", StorageError),
    "55P03": _LOCKED,
    "57": _AWAY,  # shutting down, starting up
    "58": _FAILS,
    "XX001": _CORRUPT,
    "XX002": _CORRUPT,
}
"""By SQLSTATE or its class (PostgreSQL documentation, appendix A)."""
