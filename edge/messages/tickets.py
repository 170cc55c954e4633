"""What the shopper gets."""

from __future__ import annotations

import msgspec

from edge.payload import Level, Payload, Probability


class CartLine(msgspec.Struct, frozen=True):
    """Some units of one SKU in one cart."""

    sku: str
    name: str
    quantity: int  # [units]
    probability: Probability  # [1] that this quantity is right
    unit_price: float | None = None  # currency of the catalogue
    events: tuple[str, ...] = ()  # identities of the events behind it
    confidence: str = ""  # in words


class Cart(Payload, frozen=True, kw_only=True):
    """The running ticket of one visit (retained until the receipt)."""

    visit: Level
    t: float  # [s] of the last change
    lines: tuple[CartLine, ...]
    total: float
    probability: Probability  # [1] that the whole cart is right
    needs_review: bool
    doubts: tuple[str, ...] = ()  # what the shelves could not see of the visit


class Receipt(Payload, frozen=True, kw_only=True):
    """The final lines of one visit."""

    receipt: str
    visit: Level
    entered_at: float | None  # [s]
    left_at: float  # [s]
    lines: tuple[CartLine, ...]
    total: float
    probability: Probability  # [1]
    needs_review: bool
    doubts: tuple[str, ...] = ()  # what the shelves could not see of the visit
    corrects: str = ""  # receipt that this one corrects
