"""Ways into a ledger's database past the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine

from edge.aggregator.ledger import Place


@contextmanager
def direct(place: Place) -> Iterator[Connection]:
    """The database without the ledger in between."""
    engine = create_engine(f"sqlite:///{place}" if isinstance(place, Path) else place)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@contextmanager
def tampering(place: Place) -> Iterator[Connection]:
    """Somebody with the database and without manners."""
    table = "" if isinstance(place, Path) else " ON entries"
    with direct(place) as connection:
        for trigger in ("entries_never_change", "entries_never_go"):
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}{table}")
        yield connection
