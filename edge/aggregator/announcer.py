"""What the aggregator says: acknowledgements, running tickets, receipts, requests to nodes.

Retained tickets are state: they are published when they change, all of them on every connect, and cleared
after their receipt. A ticket that the broker still holds for a closed visit means that this process died in
between: the receipt is said again (its id makes that harmless) and the ticket is cleared.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from edge.aggregator.review.queue import published
from edge.aggregator.stock.state import StockView
from edge.aggregator.store import Store
from edge.errors import MessageError
from edge.messages import Ack, Cart, Command, CommandVerb, Receipt, ReviewQueue, ShelfStock, StockState
from edge.payload import encode
from edge.topics import CART, NODE_ACK, NODE_COMMAND, RECEIPT, REVIEW, SHELF_STOCK, STOCK, TopicNames

logger = logging.getLogger(__name__)

Publish = Callable[[str, bytes, bool], bool]
"""(topic, payload, retain) -> handed to the broker; False while it is not connected."""

ASK_AGAIN_MIN_NS, ASK_AGAIN_MAX_NS = 10_000_000_000, 3_600_000_000_000
"""[ns] a node that has not yet done what it was asked is asked again, its link may be slow; later and later,
for it may not have any more what is missing."""


class Announcer:
    """Publishes, and remembers what the broker has been told.

    Args:
        names: topics of this store.
        publish: see :data:`Publish`.
    """

    def __init__(self, names: TopicNames, publish: Publish) -> None:
        self._names = names
        self._publish = publish
        self._told: dict[str, Cart | None] = {}  # by visit; None: to be cleared
        self._receipts: list[Receipt] = []  # not yet handed to the broker
        self._queue: ReviewQueue | None = published(())  # as the broker has it; None: not known
        self._stock: dict[str, StockState | ShelfStock] = {}  # by topic, as the broker has it
        self._asked: dict[tuple[str, CommandVerb, str, str], tuple[int, int]] = {}  # (when, wait) [ns]

    def acknowledge(self, node: str, ack: Ack) -> None:
        """Tell a node what the ledger holds; a lost one is repeated when the node repeats its message."""
        self._publish(self._names.of(NODE_ACK, node=node), encode(ack), False)

    def add_receipts(self, receipts: Iterable[Receipt]) -> None:
        """Have receipts published, now or on the next connect."""
        self._receipts.extend(receipts)

    def update(self, store: Store) -> None:
        """Publish what the broker has not been told yet: receipts first, then tickets and clearings."""
        while self._receipts:
            if not self._publish(self._names.of(RECEIPT), encode(self._receipts[0]), False):
                return
            self._receipts.pop(0)
        carts = {cart.visit: cart for cart in store.carts()}
        for visit, cart in carts.items():
            if self._told.get(visit) != cart and self._publish(self._cart_topic(visit), encode(cart), True):
                self._told[visit] = cart
        for visit in [visit for visit in self._told if visit not in carts]:
            if self._publish(self._cart_topic(visit), b"", True):
                del self._told[visit]

    def update_review(self, store: Store) -> None:
        """Publish the open cases, if they have changed; not with every event, people are not that quick."""
        queue = published(store.cases())
        if queue != self._queue and self._publish(self._names.of(REVIEW), encode(queue), True):
            self._queue = queue

    def update_stock(self, stock: StockView) -> None:
        """Publish what has changed of the stock: the store's list, and shelf by shelf what stands there."""
        told: dict[str, StockState | ShelfStock] = {self._names.of(STOCK): stock.state}
        for shelf in stock.shelves:
            gondola, _, name = shelf.shelf.partition("/")
            told[self._names.of(SHELF_STOCK, gondola=gondola, shelf=name)] = shelf
        for topic, payload in told.items():
            if self._stock.get(topic) != payload and self._publish(topic, encode(payload), True):
                self._stock[topic] = payload

    def connected(self, store: Store) -> None:
        """A new connection: the broker may have lost everything, so tell it all."""
        self._told = dict.fromkeys(self._told)
        self._queue = None
        self._stock.clear()
        self.update(store)
        self.update_review(store)

    def hear_cart(self, visit: str, payload: bytes, store: Store) -> None:
        """Compare a retained ticket of the broker with the store; one of a closed visit is cleared."""
        if not payload or visit in self._told or any(cart.visit == visit for cart in store.carts()):
            return
        logger.info("clearing the ticket that the broker still holds of visit %s", visit)
        self.add_receipts(receipt for receipt in store.receipts() if receipt.visit == visit)
        self._told[visit] = None
        self.update(store)

    def ask(self, node: str, verb: CommandVerb, mono_ns: int, **arguments: str) -> None:
        """Send a command to a node, unless it was asked the same just before."""
        key = (node, verb, arguments.get("boot", ""), arguments.get("first", ""))
        asked_ns, wait_ns = self._asked.get(key, (mono_ns, 0))
        if mono_ns - asked_ns < wait_ns:
            return
        command = Command(correlation=f"{verb.value}-{mono_ns}", verb=verb, arguments=arguments)
        if self.command(node, command):
            self._asked[key] = mono_ns, min(max(2 * wait_ns, ASK_AGAIN_MIN_NS), ASK_AGAIN_MAX_NS)

    def command(self, node: str, command: Command) -> bool:
        """Send a command to a node; False: not connected, or it has no usable name."""
        try:
            topic = self._names.of(NODE_COMMAND, node=node)
        except MessageError:
            return False  # the ledger may hold a node whose name an earlier release allowed
        return self._publish(topic, encode(command), False)

    def _cart_topic(self, visit: str) -> str:
        return self._names.of(CART, visit=visit)
