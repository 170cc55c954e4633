"""Where Alembic finds the connection that ``bring_up`` gave it."""

from __future__ import annotations

from alembic import context

from edge.aggregator.ledger.migrations import VERSION_TABLE
from edge.aggregator.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,  # of SQLite too: our transactions begin before the first statement
)
with context.begin_transaction():
    context.run_migrations()
