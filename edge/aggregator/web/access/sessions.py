"""Who is signed in: a table of sessions that outlives a restart, and that a sign-out really ends.

The browser holds a random secret, the table its digest: who reads the file cannot sign in with it.
"""

from __future__ import annotations

import secrets
import sqlite3
from hashlib import sha256
from pathlib import Path

from edge.aggregator.web.access.accounts import Account, Accounts
from edge.errors import StorageError

SESSIONS_FILE = "sessions.sqlite"
"""In ``state_dir``. Whoever removes it signs everybody out, and that is all."""

SHIFT_S = 12 * 3600.0
"""[s] after which one signs in again: a working day."""


class Sessions:
    """All sessions. One thread calls all methods.

    Args:
        file: made when absent.
        accounts: a session ends with its account, and when that is changed.

    Raises:
        StorageError: the file cannot be used; so does every method.
    """

    def __init__(self, file: Path, accounts: Accounts) -> None:
        self._accounts = accounts
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            file.chmod(0o600)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS sessions"
                " (digest BLOB PRIMARY KEY, account TEXT NOT NULL, began REAL NOT NULL)"
            )
        except (OSError, sqlite3.Error) as error:
            raise StorageError(
                "the sessions cannot be kept", where=str(file), found=str(error),
                fix="Check state_dir, or remove this file: everybody signs in again.",
            ) from error  # fmt: skip

    def begin(self, account: Account, utc_s: float) -> str:
        """Sign somebody in; the secret for the browser."""
        secret = new_secret()
        self._connection.execute("DELETE FROM sessions WHERE began < ?", (utc_s - SHIFT_S,))
        self._connection.execute(
            "INSERT INTO sessions VALUES (?, ?, ?)", (_digest(secret), account.name, utc_s)
        )
        return secret

    def account(self, secret: str, utc_s: float) -> Account | None:
        """Whose session a secret is."""
        row = self._connection.execute(
            "SELECT account, began FROM sessions WHERE digest = ?", (_digest(secret),)
        ).fetchone()
        if row is None:
            return None
        account = self._accounts.all().get(row[0])
        return account if account and account.since <= row[1] and utc_s - SHIFT_S < row[1] else None

    def end(self, secret: str) -> None:
        """Sign out."""
        self._connection.execute("DELETE FROM sessions WHERE digest = ?", (_digest(secret),))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def new_secret() -> str:
    """What a browser is known by."""
    return secrets.token_urlsafe(24)


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
