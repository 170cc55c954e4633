"""From the ledger to what is believed: a snapshot where one fits, then the entries after it."""

from __future__ import annotations

import logging
import threading
from typing import Any

from edge.aggregator.fold_image import FoldImage, packed, unpacked
from edge.aggregator.ingest import Ingest
from edge.aggregator.ledger import Ledger, snapshots
from edge.aggregator.ledger.rows import GENESIS, Head
from edge.aggregator.receipts.token import Tokens
from edge.aggregator.store import Store
from edge.config import AggregatorConfig
from edge.errors import StorageError
from edge.planogram import Catalogue, Planogram

logger = logging.getLogger(__name__)

SNAPSHOT_ENTRIES = 5_000
"""[entries] folded since the last snapshot before the next is made: about a second of a restart."""

SNAPSHOT_WAIT_S = 60.0
"""[s] between two snapshots at least, however many entries come."""


class Recall:
    """Folds ledgers, and remembers folds.

    Args:
        config: the aggregator's options.
        catalogue: SKUs of the store.
        planogram: plates and facings of the store.
        tokens: made for receipts; needed by whoever issues any.
    """

    def __init__(
        self,
        config: AggregatorConfig,
        catalogue: Catalogue,
        planogram: Planogram,
        tokens: Tokens | None = None,
    ) -> None:
        self._nodes, self._catalogue, self._planogram = config.nodes, catalogue, planogram
        self._given: dict[str, Any] = {
            "catalogue": catalogue, "planogram": planogram, "attribution": config.attribution,
            "carts": config.carts, "review": config.review, "tokens": tokens or Tokens(),
        }  # fmt: skip
        options = (config.attribution, config.carts, config.review, config.nodes)
        self._image = FoldImage(self._given, (options, vars(catalogue), vars(planogram)))
        self._made: Head = (0, GENESIS)  # entry of the last snapshot
        self._due_s = 0.0  # [s] before that no other one
        self._writing: threading.Thread | None = None

    def fold(self, ledger: Ledger) -> tuple[Store, Ingest]:
        """Everything that the ledger says.

        Raises:
            StorageError: at the first broken row, naming it.
        """
        found = snapshots.load(ledger, self._image.form, lambda state: self._image.thaw(unpacked(state)))
        self._made, (store, ingest) = found or ((0, GENESIS), self._afresh())
        for row in ledger.entries(self._made):
            store.apply(row.entry)
            ingest.note(row.entry, row.utc_s)
        return store, ingest

    def remember(
        self, ledger: Ledger, store: Store, ingest: Ingest, utc_s: float, *, now: bool = False
    ) -> None:
        """Make a snapshot when one is due; it is packed and written beside the loop.

        Args:
            ledger: all of it is folded.
            store: the fold.
            ingest: the fold.
            utc_s: [s] present time.
            now: at once, and wait for it; for a stop in good order.
        """
        new = ledger.head[0] - self._made[0]
        is_busy = self._writing is not None and self._writing.is_alive()
        if is_busy or not new or (not now and (new < SNAPSHOT_ENTRIES or utc_s < self._due_s)):
            return
        self._made, self._due_s = ledger.head, utc_s + SNAPSHOT_WAIT_S
        try:
            image = self._image.freeze((store, ingest))
        except StorageError as error:
            logger.warning("no snapshot: %s", error)
            return
        if now:
            self._write(ledger, self._made, image, utc_s)
            return
        self._writing = threading.Thread(
            target=self._write, args=(ledger, self._made, image, utc_s), name="snapshot", daemon=True
        )
        self._writing.start()

    def wait(self) -> None:
        """Until a snapshot that is being written is on disk."""
        if self._writing is not None:
            self._writing.join()

    def _write(self, ledger: Ledger, head: Head, image: bytes, utc_s: float) -> None:
        try:
            snapshots.save(ledger, head, self._image.form, packed(image), utc_s)
        except StorageError as error:
            logger.warning("no snapshot: %s", error)

    def _afresh(self) -> tuple[Store, Ingest]:
        ingest = Ingest(self._nodes, self._catalogue, self._planogram)
        return Store(**self._given), ingest
