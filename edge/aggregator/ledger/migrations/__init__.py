"""From any earlier layout to the present one, step by step, by Alembic; all steps in one transaction.

``versions/`` holds a step a file. A step never changes once it has been released: it says for itself what the
tables then were.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

VERSION_TABLE = "ledger_layout"
"""Alembic's note of the present layout; a name of our own, since a PostgreSQL database may be shared."""


def bring_up(connection: Connection, found: str) -> None:
    """Bring a database to the newest layout within the connection's transaction.

    Args:
        connection: to the database, in a transaction.
        found: its layout; "" when it is empty, "v1" also when it has no note of its layout.

    Raises:
        StorageError: rows that break the chain; nothing is changed then.
    """
    config = Config()
    config.set_main_option("script_location", "edge.aggregator.ledger:migrations")
    config.attributes["connection"] = connection
    if found:
        command.stamp(config, found)
    command.upgrade(config, "head")
