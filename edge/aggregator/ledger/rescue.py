"""A damaged ledger file is set aside, what its chain vouches for goes into a new one, and service resumes.

Nothing is thrown away: the damaged file keeps its rows for whoever looks into it, and as long as it lies
there the page says so. A PostgreSQL database is its administrator's to mend.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path

from edge.aggregator.ledger.aside import files_aside, set_aside
from edge.aggregator.ledger.copies import copy_rows
from edge.aggregator.ledger.database import Place
from edge.aggregator.ledger.faults import DamagedError
from edge.aggregator.ledger.ledger import Ledger
from edge.errors import StorageError

logger = logging.getLogger(__name__)

MAGIC = b"SQLite format 3\0"
"""How such a file begins (sqlite.org/fileformat2.html, 1.3)."""


def damaged_files(place: Place) -> list[Path]:
    """Damaged ledgers that have been set aside here, the latest last."""
    return files_aside(place, "corrupt") if isinstance(place, Path) else []


def rescue(place: Place, error: DamagedError) -> Ledger:
    """A new ledger in place of a damaged one, with the entries that could be saved.

    Args:
        place: of the damaged ledger; it must be closed.
        error: what is wrong with it; raised again where nothing can be done here.

    Raises:
        DamagedError: not a file, or not a file of ours.
        StorageError: the file cannot be renamed, or no new one made.
    """
    if not isinstance(place, Path) or not _is_ours(place):
        raise error
    aside = set_aside(place, "corrupt")
    ledger = Ledger(place)
    try:
        damaged = Ledger(aside)
    except StorageError as unreadable:
        logger.warning("%s", unreadable)
    else:
        with suppress(StorageError):  # a page that cannot be read ends the reading
            copy_rows(damaged, ledger)
        damaged.close()
    logger.error("%s; set aside as %s, %d entries were saved", error, aside, ledger.head[0])
    return ledger


def _is_ours(file: Path) -> bool:
    """Whether it is, or was, an SQLite file; another one was named by mistake and stays where it is."""
    with suppress(OSError):
        return file.suffix == ".sqlite" or file.open("rb").read(len(MAGIC)) == MAGIC
    return False
