"""Backups: a copy of the ledger as one SQLite file, whichever database it comes from or goes to.

A backup is a ledger itself: it can be verified, and read by an aggregator. Moving from SQLite to PostgreSQL
is a backup and a restore. Rows go over as they are, each checked against the chain on the way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from edge.aggregator.ledger.aside import in_use, set_aside
from edge.aggregator.ledger.database import Place
from edge.aggregator.ledger.faults import DamagedError
from edge.aggregator.ledger.ledger import Ledger, Verification
from edge.aggregator.ledger.rows import BrokenRow
from edge.aggregator.ledger.tables import entries
from edge.errors import StorageError

LOT = 1000
"""[rows] copied in one transaction."""


def copy_rows(source: Ledger, target: Ledger) -> Verification:
    """Copy a ledger into an empty one, as far as its chain holds.

    Raises:
        StorageError: one of the databases refuses; what was copied before stays.
    """
    lot: list[dict[str, Any]] = []
    head, erased, broken = target.head, 0, None

    def write() -> None:
        with target.database.transaction("copy to") as connection:
            target.refuse_other_writers(connection)
            connection.execute(insert(entries), lot)
        target.follow(head)
        lot.clear()

    try:
        for stored, row in source.stored_rows():
            if isinstance(row, BrokenRow):
                broken = row
                break
            lot.append(stored._asdict())
            head, erased = (row.id, row.hash), erased + row.is_erased
            if len(lot) == LOT:
                write()
    finally:
        if lot:
            write()
    return Verification(head[0], erased, head[1].hex(), broken)


def back_up(source: Ledger, file: Path) -> Verification:
    """Copy a ledger to a new file; a running aggregator goes on.

    Raises:
        StorageError: the file exists or cannot be written, or the ledger's chain is broken.
    """
    if file.exists():
        raise StorageError("the backup exists already", where=str(file), fix="Choose another name.")
    with _beside(file) as part:
        target = Ledger(part)
        try:
            copied = copy_rows(source, target)
        finally:
            target.close()
        if copied.broken is not None:
            raise DamagedError(
                f"the ledger's chain breaks: {copied.broken.reason}",
                where=f"{source.database.where} row {copied.broken.id}",
                fix="It is not backed up; restore an earlier backup.",
            )
        _into_place(part, file)
    return copied


def restore(backup: Path, place: Place, *, replace: bool) -> tuple[Verification, Path | None]:
    """Bring a backup back.

    Args:
        backup: as :func:`back_up` made it.
        place: where the ledger shall be; no aggregator may run there.
        replace: whether a ledger that is there may be set aside.

    Returns:
        What was restored, and where the ledger that was there is now.

    Raises:
        StorageError: the backup cannot be used, or a ledger is there that may not be replaced.
    """
    if not backup.is_file():
        raise StorageError("there is no such backup", where=str(backup), fix="Check its name.")
    source = Ledger(backup)
    try:
        found = source.verify()
        if found.broken is not None:
            raise DamagedError(
                f"the backup's chain breaks: {found.broken.reason}", where=f"{backup} row {found.broken.id}",
                fix="Restore another backup.",
            )  # fmt: skip
        if not isinstance(place, Path):
            return _fill(source, place), None
        if place.exists() and not replace:
            raise StorageError(
                "there is a ledger already", where=str(place), fix="Say --replace to have it set aside."
            )
        with in_use(place), _beside(place) as part:
            restored = _fill(source, part)
            old = set_aside(place, "replaced") if place.exists() else None
            _into_place(part, place)
        return restored, old
    finally:
        source.close()


def _fill(source: Ledger, place: Place) -> Verification:
    target = Ledger(place)
    try:
        if target.head[0]:
            raise StorageError(
                "there is a ledger already", where=target.database.where, found=f"{target.head[0]} entries",
                expected="an empty database", fix="Make a new database and name it in `database`.",
            )  # fmt: skip
        return copy_rows(source, target)
    finally:
        target.close()


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A name for a file that is not finished; nothing is left of it in the end."""
    part = file.with_name(f"{file.name}.part")
    try:
        _remove(part)
        yield part
    except OSError as error:
        raise StorageError(
            f"the file cannot be written: {error.strerror}",
            where=str(file),
            fix="Check path, rights and space.",
        ) from error
    finally:
        with suppress(OSError):
            _remove(part)


def _remove(part: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        part.with_name(part.name + suffix).unlink(missing_ok=True)


def _into_place(part: Path, file: Path) -> None:
    """Under its name all at once, and on disk."""
    part.replace(file)
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
