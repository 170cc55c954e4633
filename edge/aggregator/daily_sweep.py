"""Once a day what is old is taken out of the ledger, if possible while nobody is in the store."""

from __future__ import annotations

import logging

from edge.aggregator.ledgered_store import LedgeredStore
from edge.config import AggregatorConfig
from edge.errors import StorageError

logger = logging.getLogger(__name__)

DAY_S = 86_400.0

FIRST_S = 600.0
"""[s] after a start, when what waited for it has been done."""

PATIENCE_S = 6 * 3600.0
"""[s] A sweep waits so long for an empty store: it stops everything else for a moment."""


class DailySweep:
    """Knows when the next sweep is due.

    Args:
        config: for how long what is kept.
    """

    def __init__(self, config: AggregatorConfig) -> None:
        self._config = config
        self._due_s: float | None = None

    def settle(self, held: LedgeredStore, utc_s: float) -> None:
        """Sweep if it is due; a database that refuses is asked again the next day."""
        if self._due_s is None:
            self._due_s = utc_s + FIRST_S
        if utc_s < self._due_s or (utc_s < self._due_s + PATIENCE_S and held.store.carts()):
            return
        self._due_s = utc_s + DAY_S
        try:
            swept = held.sweep(self._config, utc_s)
        except StorageError as error:
            logger.warning("old entries are kept for another day: %s", error)
            return
        for each in swept:
            if each.entries:
                logger.info("%d entries: %s taken out after %g days", each.entries, each.what, each.days)
