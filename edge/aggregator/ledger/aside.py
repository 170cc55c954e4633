"""Files of a ledger that are kept under another name, and the mark of who uses the one under its own."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge.aggregator.ledger.database import Place, make_directory
from edge.errors import StorageError


def set_aside(file: Path, why: str) -> Path:
    """Rename a ledger's files to ``<file>.<why>-N``. Raises ``StorageError`` when that cannot be done."""
    number = 1 + max(_numbered(file, why), default=0)
    aside = file.with_name(f"{file.name}.{why}-{number}")
    try:
        for suffix in ("-wal", "-shm", ""):
            with suppress(FileNotFoundError):
                file.with_name(file.name + suffix).rename(aside.with_name(aside.name + suffix))
    except OSError as error:
        raise StorageError(
            f"cannot set the ledger aside: {error.strerror}", where=str(file), fix="Move it away by hand."
        ) from error
    return aside


def files_aside(file: Path, why: str) -> list[Path]:
    """What :func:`set_aside` has renamed here, the latest last."""
    return [aside for _, aside in sorted(_numbered(file, why).items())]


@contextmanager
def in_use(place: Place) -> Iterator[None]:
    """Mark a ledger file as an aggregator's own for as long as the block lasts, or the process lives.

    Raises:
        StorageError: another aggregator uses it, or the mark cannot be made.
    """
    if not isinstance(place, Path):
        yield  # a database server tells its clients apart, and the ledger notices a second writer
        return
    make_directory(place.parent)
    file = place.with_name(f"{place.name}.lock")
    try:
        with file.open("a") as mark:
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StorageError(
                    "an aggregator uses this ledger", where=str(place), fix="Stop it first."
                ) from None
            yield
    except OSError as error:
        raise StorageError(
            f"the ledger cannot be marked as in use: {error.strerror}",
            where=str(file),
            fix="Check its rights.",
        ) from error


def _numbered(file: Path, why: str) -> dict[int, Path]:
    start = f"{file.name}.{why}-"
    found = (each for each in file.parent.glob(f"{start}*") if each.name.removeprefix(start).isdigit())
    return {int(each.name.removeprefix(start)): each for each in found}
