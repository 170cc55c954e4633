"""What events moved, and on whose account; made anew only when something about them changes."""

from __future__ import annotations

from collections.abc import Iterable

from edge.aggregator.decisions import Decision
from edge.aggregator.stock.modes import Modes
from edge.aggregator.stock.movement import Cause, Movement
from edge.aggregator.stock.reading import StockReader
from edge.messages import EventIdentity, ShelfMode

_Known = tuple[Decision, Cause, ShelfMode | None, Movement]


class Movements:
    """Remembers movements while nothing about their events changes: most events of a day are settled.

    Args:
        reader: reads decisions.
        modes: in which staff work.
    """

    def __init__(self, reader: StockReader, modes: Modes) -> None:
        self._reader, self._modes = reader, modes
        self._known: dict[EventIdentity, _Known] = {}

    def of(self, decision: Decision, *, pays: bool, works: bool = False, is_open: bool = False) -> Movement:
        """What one event moved.

        Args:
            decision: what it is taken for.
            pays: whether its visit gets a receipt.
            works: whether its visit is that of somebody who works here.
            is_open: tracks may still tell who it was.
        """
        event, mode = decision.event, self._mode_of(decision)
        if works:
            cause = Cause.STAFF
        elif pays:
            cause = Cause.SHOPPER
        elif mode is not None:
            cause = Cause.STAFF
        else:
            cause = Cause.OPEN if is_open else Cause.NOBODY
        known = self._known.get(event.identity)
        if known is None or known[0] is not decision or known[1:3] != (cause, mode):
            movement = self._reader.movement(decision, cause, mode)
            known = self._known[event.identity] = decision, cause, mode, movement
        return known[3]

    def too_late(self, decision: Decision) -> Movement:
        """What an event moved that came when nobody could be asked any more who it was."""
        mode = self._mode_of(decision)
        return self._reader.movement(decision, Cause.OPEN if mode is None else Cause.STAFF, mode)

    def forget(self, events: Iterable[EventIdentity]) -> None:
        """Drop what was made of events that are left to the ledger."""
        for event in events:
            self._known.pop(event, None)

    def _mode_of(self, decision: Decision) -> ShelfMode | None:
        event = decision.event
        period = self._modes.at(tuple(plate.plate for plate in event.plates), event.t_onset)
        return None if period is None else period.kind
