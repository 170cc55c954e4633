"""The store's secret, from which tokens are made: a file that only the aggregator reads."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from edge.errors import StorageError

KEY_BYTES = 32


def store_key(file: Path) -> bytes:
    """Read the key, or make it on the first start.

    Raises:
        StorageError: it cannot be read or made, or is not one.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            key = file.read_bytes()
        else:
            key = secrets.token_bytes(KEY_BYTES)
            with os.fdopen(handle, "wb") as made:
                made.write(key)
                made.flush()
                os.fsync(made.fileno())
    except OSError as error:
        raise StorageError(
            f"cannot use the store's key: {error.strerror}", where=str(file),
            fix="Check path and rights of state_dir.",
        ) from error  # fmt: skip
    if len(key) != KEY_BYTES:
        raise StorageError(
            "the store's key is damaged", where=str(file), found=f"{len(key)} bytes",
            expected=f"{KEY_BYTES} bytes",
            fix="Restore it from its copy, or move it away: later receipts then get tokens of a new key.",
        )  # fmt: skip
    return key
