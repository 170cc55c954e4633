"""What the ledger holds: facts in the order in which the aggregator learned them, never changed.

Carts, receipts and stock are folds over these entries (``store.py``). A later entry with the same subject
and a higher revision replaces an earlier one in the fold; both stay in the ledger.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from edge.messages import (
    CounterMessage,
    Disturbance,
    EventIdentity,
    GateEvent,
    Reading,
    Receipt,
    ShelfEvent,
    VisitEnd,
)


class EventEntry(msgspec.Struct, frozen=True, tag="event"):
    """A node's message, as received."""

    message: ShelfEvent | Disturbance


class GateEntry(msgspec.Struct, frozen=True, tag="gate"):
    """A visit began or ended."""

    gate: GateEvent


class VisitLikelihood(msgspec.Struct, frozen=True):
    """How well one hand of a visit, or its head where no hand is tracked, explains an event."""

    visit: str
    log_likelihood: float  # [nat] relative to "nobody who is tracked" at 0
    hand_distance_m: float | None  # [m] nearest approach of the hand, None: not tracked
    hand: str = ""  # key point of the hand, "" when none is tracked


class AttributionEntry(msgspec.Struct, frozen=True, tag="attribution"):
    """Who may have done it, judged by the tracks known at that moment."""

    event: EventIdentity
    event_revision: int
    revision: int  # rises as later tracks arrive
    final: bool  # receipts need not wait any longer
    visits: tuple[VisitLikelihood, ...]
    covered: bool = True  # False: time was up before the tracks came; judged again if they do


class ReceiptEntry(msgspec.Struct, frozen=True, tag="receipt"):
    """A receipt was issued, or a corrected one that names its predecessor."""

    receipt: Receipt


class RefusalEntry(msgspec.Struct, frozen=True, tag="refusal"):
    """A node's message that can never be taken, as it came: it charges nobody, and its node may forget it."""

    event: EventIdentity
    revision: int
    reason: str
    payload: str  # as received; a long one without its end


class ErasureEntry(msgspec.Struct, frozen=True, tag="erasure"):
    """A visit was taken out of earlier entries; it changes nothing that is believed of others."""

    pseudonym: str  # by which those entries now call the visit; says nothing of it
    rows: tuple[tuple[int, str], ...]  # (id, sha256 of what was left, in hex) of every entry that named it
    reason: str
    by: str  # who had it done
    kind: str = ""  # of what is kept for a time, where that time was up
    upto: int = 0  # [id] no entry up to here holds any of that kind any more


class ConversionEntry(msgspec.Struct, frozen=True, tag="conversion"):
    """All entries before this one were hashed anew; the old chain held."""

    rows: int  # [entries] before this one
    head: str  # the old chain's last hash, in hex


class StatementEntry(msgspec.Struct, frozen=True, tag="statement"):
    """What somebody said at the counter."""

    statement: CounterMessage
    gold: Reading | None = None  # what a blind case was known to be; its answer is no evidence


class GivenUpEntry(msgspec.Struct, frozen=True, tag="given_up"):
    """A receipt waits no longer for an answer: what is in doubt is the shopper's."""

    visit: str
    left_at: float  # [s] of the stay
    reason: str


class AccessKind(StrEnum):
    """What somebody did who works here, besides what they said."""

    SIGNED_IN = "signed_in"
    LOCKED_OUT = "locked_out"  # too many wrong passwords for this name
    SAW_EVIDENCE = "saw_evidence"  # pictures and weights of an event
    SAW_RECEIPT = "saw_receipt"  # of a visit that is not their own


class AccessEntry(msgspec.Struct, frozen=True, tag="access"):
    """Somebody came in, or saw what is kept of a shopper."""

    id: str  # unique
    t: float  # [s]
    by: str  # name of the account
    kind: AccessKind
    visit: str = ""  # whose
    receipt: str = ""
    event: EventIdentity | None = None


class ClosingEntry(msgspec.Struct, frozen=True, tag="closing"):
    """A visit was ended though nobody was seen to leave."""

    visit: str
    t: float  # [s]
    end: VisitEnd


LedgerEntry = (
    EventEntry
    | GateEntry
    | AttributionEntry
    | ReceiptEntry
    | RefusalEntry
    | ErasureEntry
    | ConversionEntry
    | StatementEntry
    | GivenUpEntry
    | AccessEntry
    | ClosingEntry
)
