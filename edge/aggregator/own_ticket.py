"""What a shopper's page shows: one visit and nothing of any other, opened by its token.

While the visit is in the store that is its running ticket; afterwards its receipts, with everything that was
said of them. The carts forget a visit after some hours, the book keeps its receipts until nobody may dispute
them any more.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from edge.aggregator.decisions import Decision
from edge.aggregator.store import Store
from edge.messages import Cart, Dispute, DisputeVerdict, Receipt


class OwnDispute(msgspec.Struct, frozen=True):
    """What the shopper said, and what became of it."""

    dispute: Dispute
    verdict: DisputeVerdict | None = None  # None: nobody has decided yet


class OwnTicket(msgspec.Struct, frozen=True):
    """One visit at one moment."""

    visit: str
    cart: Cart | None = None  # None: it has left
    receipts: tuple[Receipt, ...] = ()  # the first one first; the last one counts
    decisions: tuple[Decision, ...] = ()  # what was taken and put back, by onset; empty when forgotten
    disputes: tuple[OwnDispute, ...] = ()  # in the order in which they were said
    disputable_until: float = 0.0  # [s]

    @property
    def ticket(self) -> Cart | Receipt:
        """What counts now."""
        return self.cart or self.receipts[-1]

    def decision(self, event: str) -> Decision | None:
        """What an event of its own is taken for."""
        return next((each for each in self.decisions if str(each.event.identity) == event), None)


def own_ticket(store: Store, token: str) -> OwnTicket | None:
    """The visit that a token opens; ``None``: none (any more)."""
    return own_tickets(store, (token,))[token]


def own_tickets(store: Store, tokens: Collection[str]) -> dict[str, OwnTicket | None]:
    """Several at once, by token."""
    running = {cart.token: cart for cart in store.carts() if cart.token}
    return {token: _own(store, token, running.get(token)) for token in tokens}


def _own(store: Store, token: str, cart: Cart | None) -> OwnTicket | None:
    receipt = store.counter.book.by_token(token)
    if cart is not None:
        return _present(store, cart, receipt)
    return None if receipt is None else _left(store, receipt)


def _present(store: Store, cart: Cart, receipt: Receipt | None) -> OwnTicket:
    """Somebody in the store; with the receipts of before when they came back."""
    before = store.counter.book.chain(receipt.receipt) if receipt else ()
    said = tuple(OwnDispute(dispute) for dispute in store.counter.book.early(cart.visit))
    return OwnTicket(cart.visit, cart, before, tuple(store.picture.own(cart.visit)), said)


def _left(store: Store, receipt: Receipt) -> OwnTicket:
    book = store.counter.book
    chain = book.chain(receipt.receipt)
    named = {event for each in chain for line in each.lines for event in line.events}
    began = min((each.entered_at for each in chain if each.entered_at is not None), default=None)
    return OwnTicket(
        visit=receipt.visit,
        receipts=chain,
        decisions=tuple(
            decision
            for decision in store.picture.own(receipt.visit)
            if str(decision.event.identity) in named
            or (began is not None and began <= decision.event.t_onset <= receipt.left_at)
        ),
        disputes=tuple(
            OwnDispute(remark, book.verdict(remark.id))
            for remark in book.remarks(receipt.receipt)
            if isinstance(remark, Dispute)
        ),
        disputable_until=book.disputable_until(receipt),
    )
