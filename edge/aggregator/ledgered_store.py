"""The store and its ledger, kept alike: what is planned is committed, and only then folded in.

A ledger that cannot be written is a state, not an end: ``fault`` says why, nothing is folded in that is not
on disk, and ``reopen`` tries again. A damaged file is set aside and a new ledger goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.aggregator.entries import LedgerEntry
from edge.aggregator.ledger import AlreadyHeldError, Ledger, Place
from edge.aggregator.ledger.faults import DamagedError
from edge.aggregator.ledger.rescue import damaged_files, rescue
from edge.aggregator.ledger.retention import Sweep, retain
from edge.aggregator.people.track_log import TrackLog
from edge.aggregator.recall import Recall
from edge.config import AggregatorConfig
from edge.errors import StorageError
from edge.messages import TrackFrame

logger = logging.getLogger(__name__)


class LedgeredStore:
    """Owns ledger, store and ingest.

    Args:
        recall: folds ledgers.
        place: where the ledger is.
        tracks_file: holds the memory of tracks.

    Attributes:
        ledger: open.
        store: what the ledger says.
        ingest: what the ledger holds of which node.
        fault: one sentence while the ledger cannot be written.

    Raises:
        StorageError: the ledger cannot be opened, or its chain is broken.
    """

    def __init__(self, recall: Recall, place: Place, tracks_file: Path) -> None:
        self._recall, self._place = recall, place
        self.fault = ""
        self._is_damaged = False  # by what the last fault said: read all of it again
        self._open()
        self._tracks = TrackLog(tracks_file)
        self._rebuild()

    @property
    def alarm(self) -> str:
        """One sentence while a damaged ledger lies beside this one."""
        if not (damaged := damaged_files(self._place)):
            return ""
        return (
            f"A damaged ledger was set aside as {damaged[-1].name}; entries may be missing. "
            "Restore a backup, or keep the file elsewhere to end this alarm."
        )

    def commit(self, plan: Callable[[], Sequence[LedgerEntry]], utc_s: float) -> Sequence[LedgerEntry] | None:
        """Enter what a plan asks for and fold it in; what was entered, or ``None``: see ``fault``."""
        entries = plan()
        try:
            self.ledger.append(entries, utc_s)
        except AlreadyHeldError as error:
            # Never seen unless the store planned one fact twice: the ledger is right, so start from it.
            logger.exception("%s", error.what)
            self._rebuild()
            return ()
        except StorageError as error:
            self._fail(error)
            return None
        for entry in entries:
            self.store.apply(entry)
            self.ingest.note(entry, utc_s)
        return entries

    def track(self, frame: TrackFrame) -> None:
        """Have a frame outlive this process for some minutes."""
        self._tracks.add(frame, until=self.store.tracked_until)

    def reopen(self) -> bool:
        """Try to write again after a fault; whether that can be. The fault stands until it is cleared."""
        try:
            known = self.ledger.head
            self._recall.wait()
            self.ledger.close()
            self._open()
            if self.ledger.head != known or self._is_damaged:
                self._rebuild()  # a commit that seemed to fail did not, or somebody else wrote
            self.ledger.probe()
        except StorageError as error:
            self._fail(error)
            return False
        return True

    def clear_fault(self) -> None:
        """Everything that waited is on disk."""
        logger.info("the ledger can be written again")
        self.fault = ""

    def sweep(self, config: AggregatorConfig, utc_s: float) -> tuple[Sweep, ...]:
        """Take out what is older than it is kept, and remember the fold anew.

        Raises:
            StorageError: the database refuses, or somebody else wrote.
        """
        self._recall.wait()
        swept = retain(self.ledger, config, utc_s=utc_s)
        if any(each.entries for each in swept):
            self._recall.remember(self.ledger, self.store, self.ingest, utc_s, now=True)
        return swept

    def remember(self, utc_s: float) -> None:
        """Keep an image of the fold when one is due."""
        self._recall.remember(self.ledger, self.store, self.ingest, utc_s)

    def close(self, utc_s: float) -> None:
        """Remember the fold, and close the files."""
        self._recall.wait()
        if not self.fault:
            self._recall.remember(self.ledger, self.store, self.ingest, utc_s, now=True)
        self._tracks.close()
        self.ledger.close()

    def _open(self) -> None:
        """Open the ledger; a damaged file is set aside."""
        try:
            self.ledger = Ledger(self._place)
        except DamagedError as error:
            self.ledger = rescue(self._place, error)

    def _fail(self, error: StorageError) -> None:
        if not self.fault:
            logger.error("%s", error)
        self.fault = str(error)
        self._is_damaged = isinstance(error, DamagedError)

    def _rebuild(self) -> None:
        """Fold the ledger anew, and recall where people were."""
        try:
            self.store, self.ingest = self._recall.fold(self.ledger)
        except DamagedError as error:
            self.ledger.close()
            self.ledger = rescue(self._place, error)
            self.store, self.ingest = self._recall.fold(self.ledger)
        self._is_damaged = False
        for frame in self._tracks.frames():
            self.store.receive(frame)  # for the history; what it would enter is planned by `settle`
