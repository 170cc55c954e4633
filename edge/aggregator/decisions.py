"""What each event is taken for: one reading of it, given everything else that is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.aggregator.carts.contents import Finding
from edge.config import CartSection
from edge.messages import EventIdentity, EventKind, ItemCount, ShelfEvent


@dataclass(frozen=True, slots=True)
class Decision:
    """What an event is taken for, given everything else that is known."""

    event: ShelfEvent
    kind: EventKind
    items: tuple[ItemCount, ...]  # empty: nothing that the catalogue holds
    visit: str | None  # None: nobody who is tracked
    probability: float  # [1] of items and visit together
    needs_review: bool
    foreign: bool = False  # a thing that is not the store's: nobody is charged
    happened: bool = True  # False: plates moved, and no goods did


class Decisions:
    """Makes decisions; the same object as before while nothing changes: most events of a day are settled.

    Args:
        options: when a person is asked.
    """

    def __init__(self, options: CartSection) -> None:
        self._options = options
        self._made: dict[EventIdentity, tuple[Finding | None, Decision]] = {}

    def __len__(self) -> int:
        return len(self._made)

    def of(self, event: ShelfEvent, found: Finding | None) -> Decision:
        """What an event is taken for; ``found`` is ``None`` when every account of it was negligible."""
        made = self._made.get(event.identity)
        if made is None or made[0] is not found or made[1].event is not event:
            made = self._made[event.identity] = found, self._decide(event, found)
        return made[1]

    def forget(self, events: Iterable[EventIdentity]) -> None:
        """Drop what was made of events that are left to the ledger."""
        for event in events:
            self._made.pop(event, None)

    def _decide(self, event: ShelfEvent, found: Finding | None) -> Decision:
        if found is None:
            return Decision(event, event.kind, (), None, 0.0, True)
        choice, probability = found
        return Decision(
            event=event,
            kind=event.kind,
            items=choice.items,
            visit=choice.visit,
            foreign=choice.foreign,
            happened=choice.happened,
            probability=round(probability, 6),
            needs_review=probability < self._options.review_below,
        )


def undecided(event: ShelfEvent) -> Decision:
    """An event that came too late to be weighed against the others: a person is asked."""
    likeliest = event.hypotheses[0]
    return Decision(event, event.kind, likeliest.items, None, round(likeliest.probability, 6), True)
