"""The ledger: what the aggregator learned, in order, append-only, hash-chained, in SQLite or PostgreSQL.

``tables.py`` declares what the database holds, ``database.py`` opens it, ``rows.py`` says what a row is and
how the chain is made, ``ledger.py`` appends and reads.
"""

from edge.aggregator.ledger.database import Place
from edge.aggregator.ledger.ledger import AlreadyHeldError, Ledger

__all__ = ["AlreadyHeldError", "Ledger", "Place"]
