"""What changed while a node was off: told plate by plate, read facing by facing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from edge.aggregator.stock.facings import FacingName, Facings
from edge.aggregator.stock.movement import Movement
from edge.aggregator.stock.reading import StockReader
from edge.messages import Disturbance, DisturbanceKind, EventIdentity, ShelfEvent
from edge.planogram import Catalogue

TOLD_MAX = 2000
"""[changes] that stay apart: a node tells the plates of one facing within seconds of its start."""


class UnseenChanges:
    """Changes told by nodes after they were off.

    Args:
        facings: a unit may stand on two plates of one.
        catalogue: what units weigh.
    """

    def __init__(self, facings: Facings, catalogue: Catalogue) -> None:
        self._facings = facings
        self._reader = StockReader(facings, catalogue)
        self._told: dict[EventIdentity, Disturbance] = {}

    def note(self, told: ShelfEvent | Disturbance) -> Iterator[Movement]:
        """Take in a node's message; a later revision may say that it was something else.

        Yields:
            Movements that are too old to stay apart.
        """
        self._told.pop(told.identity, None)
        if not isinstance(told, Disturbance) or told.kind is not DisturbanceKind.OFFLINE_CHANGE:
            return
        self._told[told.identity] = told
        if len(self._told) > 2 * TOLD_MAX:
            by_time = sorted(self._told.values(), key=lambda each: (each.t_onset, each.identity))
            old = by_time[:-TOLD_MAX]
            for each in old:
                del self._told[each.identity]
            yield from self._read(old)

    def changes(self) -> tuple[Disturbance, ...]:
        """As they were told, by time."""
        return tuple(sorted(self._told.values(), key=lambda each: (each.t_onset, each.identity)))

    def movements(self) -> Iterator[Movement]:
        """What they did to the stock."""
        return self._read(self.changes())

    def _read(self, changes: Iterable[Disturbance]) -> Iterator[Movement]:
        lots: dict[tuple[str, str, tuple[FacingName, ...]], list[Disturbance]] = defaultdict(list)
        for told in changes:
            lots[told.node, told.boot, self._facings.at(told.plates)].append(told)
        return (self._reader.unseen(lot) for lot in lots.values())
