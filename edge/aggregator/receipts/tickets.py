"""What a shopper and the page read: decisions, running tickets and receipts, made from what is believed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge.aggregator.carts.account import Contents, Finding
from edge.aggregator.visits.visit import Visit
from edge.config import CartSection
from edge.messages import Cart, CartLine, EventKind, ItemCount, ShelfEvent
from edge.money import amount_of
from edge.planogram import Catalogue


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


class Tickets:
    """Makes tickets.

    Args:
        catalogue: names and prices.
        options: when a person is asked.
    """

    def __init__(self, catalogue: Catalogue, options: CartSection) -> None:
        self._catalogue, self._options = catalogue, options

    def decision(self, event: ShelfEvent, found: Finding | None) -> Decision:
        """What an event is taken for; ``found`` is ``None`` when every account of it was negligible."""
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

    def undecided(self, event: ShelfEvent) -> Decision:
        """An event that came too late to be weighed against the others: a person is asked."""
        likeliest = event.hypotheses[0]
        return Decision(event, event.kind, likeliest.items, None, round(likeliest.probability, 6), True)

    def cart(
        self, visit: Visit, contents: Contents, own: Sequence[Decision], doubts: tuple[str, ...] = ()
    ) -> Cart:
        """The ticket of one visit as it stands.

        Args:
            visit: whose.
            contents: what it may hold.
            own: decisions of which it is taken to be the cause, by onset.
            doubts: what the shelves could not see of it.
        """
        content, probability = contents.best()
        charged = [decision for decision in own if decision.items]
        lines = tuple(self._line(visit, contents, item, charged) for item in content if item.sku)
        holds_unknown = len(lines) < len(content)
        total_minor = total_of(lines)
        return Cart(
            visit=visit.visit,
            t=max([decision.event.t_decided for decision in charged], default=visit.entered_at or 0.0),
            lines=lines,
            total=amount_of(total_minor, self._catalogue.currency),
            total_minor=total_minor,
            currency=self._catalogue.currency,
            probability=round(probability, 6),
            needs_review=holds_unknown or bool(doubts) or probability < self._options.review_below,
            doubts=doubts,
        )

    def _line(self, visit: Visit, contents: Contents, item: ItemCount, own: Iterable[Decision]) -> CartLine:
        sku = self._catalogue.get(item.sku)
        probability = contents.quantity_probability(item)
        behind = [decision.event for decision in own if any(each.sku == item.sku for each in decision.items)]
        unit_price_minor = self._unit_price_minor(visit, item.sku, behind)
        return CartLine(
            sku=item.sku,
            name=sku.name,
            quantity=item.quantity,
            probability=round(probability, 6),
            unit_price=amount_of(unit_price_minor, self._catalogue.currency),
            unit_price_minor=unit_price_minor,
            events=tuple(str(event.identity) for event in behind),
            confidence=in_words(probability),
        )

    def _unit_price_minor(self, visit: Visit, sku: str, behind: Sequence[ShelfEvent]) -> int:
        """The lowest price in force at any of the picks: what the shelf said to this shopper."""
        picks = [event.t_onset for event in behind if event.kind is EventKind.PICK]
        moments = picks or [visit.entered_at or visit.left_at or 0.0]
        return min(self._catalogue.price_minor(sku, t) for t in moments)


def total_of(lines: Iterable[CartLine]) -> int:
    """[smallest unit of the currency] exact."""
    return sum(line.unit_price_minor * line.quantity for line in lines)


def in_words(probability: float) -> str:
    """A probability as a shopper reads it."""
    for least, words in ((0.99, "sure"), (0.95, "very likely"), (0.8, "likely")):
        if probability >= least:
            return words
    return "not sure"
