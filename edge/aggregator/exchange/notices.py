"""What is told to others as it happens: one notice for each entry of the ledger that concerns them."""

from __future__ import annotations

import msgspec

from edge.aggregator.entries import (
    ErasureEntry,
    EventEntry,
    GateEntry,
    LedgerEntry,
    ReceiptEntry,
    StatementEntry,
)
from edge.messages import (
    AuditVerdict,
    CounterMessage,
    Dispute,
    DisputeVerdict,
    Disturbance,
    GateDirection,
    GateEvent,
    ModeBegun,
    ModeEnded,
    Receipt,
    Retraction,
    ReviewAnswer,
    ShelfEvent,
    StockCount,
)


class NoticeHead(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What all notices share."""

    position: int  # id of the ledger's entry; rises, and is the cursor to read on from
    utc: float  # [s] when the ledger learned it
    store: str


class VisitEntered(NoticeHead, frozen=True, kw_only=True, tag="visit.entered"):
    """A visit began."""

    data: GateEvent


class VisitLeft(NoticeHead, frozen=True, kw_only=True, tag="visit.left"):
    """A visit ended."""

    data: GateEvent


class VisitContinued(NoticeHead, frozen=True, kw_only=True, tag="visit.continued"):
    """A visit goes on under another name."""

    data: GateEvent


class Erased(msgspec.Struct, frozen=True):
    """A visit, or everybody of whom something was kept long enough, that was taken out of the ledger."""

    pseudonym: str  # as it is called now
    positions: tuple[int, ...]  # of the entries that named it
    kind: str = ""  # of what was kept for a time that is up; empty: one visit, because somebody wished it


class VisitErased(NoticeHead, frozen=True, kw_only=True, tag="visit.erased"):
    """Forget a visit too: everything that was told at these positions."""

    data: Erased


class ReceiptIssued(NoticeHead, frozen=True, kw_only=True, tag="receipt.issued"):
    """A visit's first receipt; by its status a question may still be open."""

    data: Receipt


class ReceiptCorrected(NoticeHead, frozen=True, kw_only=True, tag="receipt.corrected"):
    """A receipt that takes the place of the one it names."""

    data: Receipt


class ShelfEventTold(NoticeHead, frozen=True, kw_only=True, tag="shelf.event"):
    """Goods left a shelf or came onto it; a higher revision replaces a lower one."""

    data: ShelfEvent


class ShelfDisturbed(NoticeHead, frozen=True, kw_only=True, tag="shelf.disturbance"):
    """Plates moved, or a sensor failed, and nobody is charged."""

    data: Disturbance


class ReviewAnswered(NoticeHead, frozen=True, kw_only=True, tag="review.answered"):
    """A reviewer answered a case."""

    data: ReviewAnswer


class ReceiptAudited(NoticeHead, frozen=True, kw_only=True, tag="receipt.audited"):
    """A person checked a receipt that nobody had doubted."""

    data: AuditVerdict


class DisputeOpened(NoticeHead, frozen=True, kw_only=True, tag="dispute.opened"):
    """A shopper says that a receipt is wrong."""

    data: Dispute


class DisputeDecided(NoticeHead, frozen=True, kw_only=True, tag="dispute.decided"):
    """Staff decided a dispute."""

    data: DisputeVerdict


class StatementRetracted(NoticeHead, frozen=True, kw_only=True, tag="statement.retracted"):
    """Something that was said was taken back."""

    data: Retraction


class StockCounted(NoticeHead, frozen=True, kw_only=True, tag="stock.counted"):
    """Somebody counted the units on a facing."""

    data: StockCount


class ModeBegan(NoticeHead, frozen=True, kw_only=True, tag="mode.begun"):
    """Staff restock, clean or mend shelves: nobody is charged for what moves there."""

    data: ModeBegun


class ModeOver(NoticeHead, frozen=True, kw_only=True, tag="mode.ended"):
    """They are done."""

    data: ModeEnded


Notice = (
    VisitEntered
    | VisitLeft
    | VisitContinued
    | VisitErased
    | ReceiptIssued
    | ReceiptCorrected
    | ShelfEventTold
    | ShelfDisturbed
    | ReviewAnswered
    | ReceiptAudited
    | DisputeOpened
    | DisputeDecided
    | StatementRetracted
    | StockCounted
    | ModeBegan
    | ModeOver
)

KINDS: dict[str, type[NoticeHead]] = {str(each.__struct_config__.tag): each for each in Notice.__args__}
"""Notices by their ``type``; others are added in time."""


def kind_of(notice: NoticeHead) -> str:
    """Its ``type``."""
    return str(notice.__struct_config__.tag)


_OF_DIRECTION: dict[GateDirection, type[NoticeHead]] = {
    GateDirection.ENTERED: VisitEntered,
    GateDirection.LEFT: VisitLeft,
    GateDirection.CONTINUED: VisitContinued,
}
_OF_STATEMENT: dict[type[CounterMessage], type[NoticeHead]] = {
    ReviewAnswer: ReviewAnswered,
    AuditVerdict: ReceiptAudited,
    Dispute: DisputeOpened,
    DisputeVerdict: DisputeDecided,
    Retraction: StatementRetracted,
    StockCount: StockCounted,
    ModeBegun: ModeBegan,
    ModeEnded: ModeOver,
}


def notice_of(entry: LedgerEntry, *, position: int, utc_s: float, store: str) -> NoticeHead | None:
    """The notice of an entry; ``None``: it is the store's own business.

    Args:
        entry: of the ledger.
        position: its id there.
        utc_s: [s] when it was entered.
        store: name of the store.
    """
    kind: type[NoticeHead] | None
    data: object
    match entry:
        case ReceiptEntry(receipt=data):
            kind = ReceiptCorrected if entry.receipt.corrects else ReceiptIssued
        case EventEntry(message=data):
            kind = ShelfEventTold if isinstance(data, ShelfEvent) else ShelfDisturbed
        case GateEntry(gate=data):
            kind = _OF_DIRECTION[entry.gate.direction]
        case StatementEntry(statement=data):
            kind = _OF_STATEMENT.get(type(entry.statement))
        case ErasureEntry(pseudonym=pseudonym, rows=rows, kind=kept):
            kind, data = VisitErased, Erased(pseudonym, tuple(row_id for row_id, _ in rows), kept)
        case _:
            kind, data = None, None
    if kind is None:
        return None
    return msgspec.convert({"position": position, "utc": utc_s, "store": store, "data": data}, kind)
