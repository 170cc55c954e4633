"""What a shopper and the page read: running tickets, made from what is believed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edge.aggregator.carts.contents import Contents
from edge.aggregator.decisions import Decision
from edge.aggregator.receipts.token import Tokens
from edge.aggregator.visits.visit import Visit
from edge.config import CartSection
from edge.messages import Cart, CartLine, EventKind, ItemCount, ShelfEvent, VisitEnd
from edge.money import amount_of
from edge.planogram import Catalogue


class Tickets:
    """Makes tickets.

    Args:
        catalogue: names and prices.
        options: when a person is asked.
        tokens: open tickets without an account.
    """

    def __init__(self, catalogue: Catalogue, options: CartSection, tokens: Tokens) -> None:
        self._catalogue, self._options, self._tokens = catalogue, options, tokens

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
        doubts = (*doubts, *_endings(visit))
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
            token=self._token(visit),
        )

    def _token(self, visit: Visit) -> str:
        """The same for ticket and receipts of a stay, and another one when the name comes again some day.

        Whom no gate let in has none before the receipt: nobody was there to be given one.
        """
        if visit.receipt is not None and visit.receipt.token:
            return visit.receipt.token
        began = visit.first_entered_at
        return "" if began is None else self._tokens.of("visit", f"{visit.visit}-{began!r}")

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
        """The price in force when the visit began, or a lower one that the shelf showed at a pick."""
        moments = [event.t_onset for event in behind if event.kind is EventKind.PICK]
        if visit.entered_at is not None:
            moments.append(visit.entered_at)
        return min(self._catalogue.price_minor(sku, t) for t in moments or [visit.left_at or 0.0])


def _endings(visit: Visit) -> tuple[str, ...]:
    """Why a visit's end is in doubt."""
    if visit.left_at is None or visit.end is VisitEnd.LEFT:
        return ()
    return (_ENDINGS[visit.end],)


_ENDINGS = {
    VisitEnd.TIMEOUT: "nobody saw this visit leave, and nothing was seen of it for a long time",
    VisitEnd.STORE_CLOSED: "nobody saw this visit leave before the store closed",
}


def total_of(lines: Iterable[CartLine]) -> int:
    """[smallest unit of the currency] exact."""
    return sum(line.unit_price_minor * line.quantity for line in lines)


def in_words(probability: float) -> str:
    """A probability as a shopper reads it."""
    for least, words in ((0.99, "sure"), (0.95, "very likely"), (0.8, "likely")):
        if probability >= least:
            return words
    return "not sure"
