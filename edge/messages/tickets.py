"""What the shopper gets."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from edge.messages.shelf import ItemCount
from edge.payload import Level, Payload, Probability


class CartLine(msgspec.Struct, frozen=True):
    """Some units of one SKU in one cart."""

    sku: str
    name: str
    quantity: int  # [units]
    probability: Probability  # [1] that this quantity is right
    unit_price: float | None = None  # currency of the catalogue, for display
    events: tuple[str, ...] = ()  # identities of the events behind it
    confidence: str = ""  # in words
    unit_price_minor: int = 0  # [smallest unit of the currency]


class Cart(Payload, frozen=True, kw_only=True):
    """The running ticket of one visit (retained until the receipt)."""

    visit: Level
    t: float  # [s] of the last change
    lines: tuple[CartLine, ...]
    total: float  # for display
    probability: Probability  # [1] that the whole cart is right
    needs_review: bool
    total_minor: int = 0  # [smallest unit of the currency] exact
    currency: str = ""  # ISO 4217
    doubts: tuple[str, ...] = ()  # what the shelves could not see of the visit
    token: str = ""  # opens it, and later its receipt, without an account


class ReceiptStatus(StrEnum):
    """Whether anything may still be asked."""

    FINAL = "final"  # changed only by a correction that says why
    QUESTION_OPEN = "question_open"  # a person is asked one thing; the lines are the best answer so far


class CorrectionReason(StrEnum):
    """Why a receipt replaces another one."""

    NONE = ""  # it replaces none
    LATER_EVIDENCE = (
        "later_evidence"  # events or tracks that came late, or weigh otherwise by what came since
    )
    CAME_BACK = "came_back"  # through the gate, under the same name
    ANSWER = "answer"  # of a reviewer
    GIVEN_UP = "given_up"  # nobody answered in time
    VERDICT = "verdict"  # on a dispute
    AUDIT = "audit"
    RETRACTION = "retraction"  # of one of the last three


class Receipt(Payload, frozen=True, kw_only=True):
    """The lines of one visit, never changed: a correction is a receipt of its own."""

    receipt: str
    visit: Level
    entered_at: float | None  # [s]
    left_at: float  # [s]
    lines: tuple[CartLine, ...]
    total: float  # for display
    probability: Probability  # [1] that the lines were right before anything was waived
    needs_review: bool  # doubt remains
    corrects: str = ""  # receipt that this one corrects
    status: ReceiptStatus = ReceiptStatus.FINAL
    total_minor: int = 0  # [smallest unit of the currency] exact
    currency: str = ""  # ISO 4217
    waived: tuple[ItemCount, ...] = ()  # believed taken, not charged: in doubt, or given back
    reason: CorrectionReason = CorrectionReason.NONE
    by: str = ""  # who said what led to the correction
    said_at: float | None = None  # [s] when; None: nobody did
    statements: tuple[str, ...] = ()  # ids of answers and verdicts that stand behind it
    doubts: tuple[str, ...] = ()  # what the shelves could not see of the visit
    token: str = ""  # opens it without an account; the same for all corrections
