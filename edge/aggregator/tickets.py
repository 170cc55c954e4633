"""What a shopper and the page read: decisions, running tickets and receipts, made from what is believed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge.aggregator.carts.account import Contents, Finding
from edge.config import CartSection
from edge.messages import Cart, CartLine, EventKind, ItemCount, Receipt, ShelfEvent
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


@dataclass(slots=True)
class Visit:
    """One shopper's stay; of several times at the gate the latest count."""

    visit: str
    entered_at: float | None = None  # [s]
    last_left_at: float | None = None  # [s]
    receipt: Receipt | None = None
    receipts: int = 0
    compared: Contents | None = None  # what its receipt was last found to agree with, ...
    doubts: tuple[str, ...] = ()  # ... and what was in doubt then

    @property
    def left_at(self) -> float | None:
        """[s]; ``None`` while in the store."""
        if self.last_left_at is None or self.last_left_at < (self.entered_at or 0.0):
            return None
        return self.last_left_at

    @property
    def is_open(self) -> bool:
        """Whether the ticket still runs."""
        return self.receipt is None or self.left_at is None


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
        lines = tuple(self._line(contents, item, charged) for item in content if item.sku)
        holds_unknown = len(lines) < len(content)
        return Cart(
            visit=visit.visit,
            t=max([decision.event.t_decided for decision in charged], default=visit.entered_at or 0.0),
            lines=lines,
            total=round(math.fsum((line.unit_price or 0.0) * line.quantity for line in lines), 2),
            probability=round(probability, 6),
            needs_review=holds_unknown or bool(doubts) or probability < self._options.review_below,
            doubts=doubts,
        )

    def _line(self, contents: Contents, item: ItemCount, own: Iterable[Decision]) -> CartLine:
        sku = self._catalogue.get(item.sku)
        probability = contents.quantity_probability(item)
        return CartLine(
            sku=item.sku,
            name=sku.name,
            quantity=item.quantity,
            probability=round(probability, 6),
            unit_price=sku.price,
            events=tuple(
                str(decision.event.identity)
                for decision in own
                if any(each.sku == item.sku for each in decision.items)
            ),
            confidence=in_words(probability),
        )


def receipt_of(visit: Visit, cart: Cart) -> Receipt:
    """The receipt of a visit that left, with the lines of its cart; it names the one that it corrects."""
    left_at = visit.left_at or 0.0
    return Receipt(
        receipt=f"{visit.visit}-{int(left_at)}-{visit.receipts + 1}",  # names of visits may come again
        visit=visit.visit,
        entered_at=visit.entered_at,
        left_at=left_at,
        lines=cart.lines,
        total=cart.total,
        probability=cart.probability,
        needs_review=cart.needs_review,
        doubts=cart.doubts,
        corrects=visit.receipt.receipt if visit.receipt else "",
    )


def is_correct(known: Receipt, present: Receipt) -> bool:
    """Whether an issued receipt still says what one made at present would.

    Doubt that a person was asked about is not taken back because later events make it a little smaller.
    """
    return _said(known) == _said(present) and known.needs_review >= present.needs_review


def _said(receipt: Receipt) -> tuple[object, ...]:
    return receipt.left_at, tuple((line.sku, line.quantity) for line in receipt.lines)


def in_words(probability: float) -> str:
    """A probability as a shopper reads it."""
    for least, words in ((0.99, "sure"), (0.95, "very likely"), (0.8, "likely")):
        if probability >= least:
            return words
    return "not sure"
