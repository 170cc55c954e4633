"""What an entry of the ledger changes for somebody who keeps books: what they must void, what they must book.

Books take back nothing in silence. A receipt that is corrected, and an event that is revised, voids what was
booked and books anew; what says the same again changes nothing. Only a final receipt is a sale.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from edge.messages import Disturbance, EventKind, ItemCount, Receipt, ReceiptStatus, ShelfEvent

SaidT = TypeVar("SaidT")


@dataclass(frozen=True, slots=True)
class Said(Generic[SaidT]):
    """A receipt or a node's message, and when the ledger learned it."""

    position: int  # id of its entry
    utc_s: float  # [s]
    what: SaidT


@dataclass(frozen=True, slots=True)
class Booking(Generic[SaidT]):
    """What one entry changes; it voids, or books, or both."""

    said: Said[SaidT]  # by that entry
    voided: Said[SaidT] | None  # booked before, and no longer true
    booked: Said[SaidT] | None  # the entry itself, unless what it says leaves nothing to book


Sale = Booking[Receipt]
Movement = Booking[ShelfEvent | Disturbance]


def sale_of(chain: Sequence[Said[Receipt]]) -> Sale | None:
    """What the last receipt of a chain changes; ``None``: nothing.

    Args:
        chain: the visit's receipts, each correcting the one before.
    """
    if chain[-1].what.status is not ReceiptStatus.FINAL:
        return None
    return _booking([each for each in chain if each.what.status is ReceiptStatus.FINAL], _goods_sold)


def movement_of(chain: Sequence[Said[ShelfEvent | Disturbance]]) -> Movement | None:
    """What the last revision of one event changes; ``None``: nothing.

    Args:
        chain: revisions of the event, rising.
    """
    return _booking(chain, _goods_moved)


def items_of(event: ShelfEvent) -> tuple[ItemCount, ...]:
    """What the node takes the event for; nothing of the catalogue is none."""
    return event.hypotheses[0].items if event.hypotheses else ()


def _booking(chain: Sequence[Said[SaidT]], content: Callable[[SaidT], Hashable]) -> Booking[SaidT] | None:
    before, after = _standing(chain[:-1], content), _standing(chain, content)
    if before is after:
        return None
    return Booking(chain[-1], before, after)


def _standing(chain: Sequence[Said[SaidT]], content: Callable[[SaidT], Hashable]) -> Said[SaidT] | None:
    """What stands in the books after a chain."""
    standing: Said[SaidT] | None = None
    for said in chain:
        now = content(said.what)
        if now is None:
            standing = None
        elif standing is None or content(standing.what) != now:
            standing = said
    return standing


def _goods_sold(receipt: Receipt) -> tuple[tuple[str, int, int], ...] | None:
    return tuple((line.sku, line.quantity, line.unit_price_minor) for line in receipt.lines) or None


def _goods_moved(message: ShelfEvent | Disturbance) -> tuple[EventKind, tuple[ItemCount, ...]] | None:
    if isinstance(message, Disturbance) or not (items := items_of(message)):
        return None
    return message.kind, items
