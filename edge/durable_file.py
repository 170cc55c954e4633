"""Files that people rely on: replaced in one instant, on disk before it is said, one writer at a time."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import StorageError


def write_atomically(file: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace a file in one instant: whoever reads, and whatever fails meanwhile, finds the old or the new.

    The bytes are on disk before the name points to them, and the name is before this returns. A link stays:
    what it points to is replaced.

    Raises:
        StorageError: the directory cannot be made or written; the old file stands.
    """
    try:
        file = file.resolve()
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as fresh:
            try:
                fresh.write(content)
                fresh.flush()
                os.fchmod(fresh.fileno(), mode)
                os.fsync(fresh.fileno())
                Path(fresh.name).replace(file)
            except BaseException:
                Path(fresh.name).unlink(missing_ok=True)
                raise
        directory = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise StorageError(
            f"cannot write: {error.strerror}", where=str(file), fix="Check the directory and the disk."
        ) from error


def refuse_unwritable(folder: Path) -> None:
    """Say before an hour of work, and not after, that its outcome cannot be kept; makes nothing.

    Raises:
        StorageError: the folder cannot be made, or no file in it.
    """
    try:
        nearest = next(each for each in (folder, *folder.resolve().parents) if each.exists())
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise StorageError(
            f"cannot write: {error.strerror or error}", where=str(folder),
            fix="Check the directory and the disk.",
        ) from error  # fmt: skip


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Keep others who use it out of a folder: who reads, adds and replaces a file would lose what they add.

    Raises:
        StorageError: the folder cannot be made or locked.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise StorageError(
            f"cannot write: {error.strerror or error}", where=str(folder), fix="Check the directory."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
