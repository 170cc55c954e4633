"""What programs are answered, besides payloads of ``edge/messages`` and the published picture."""

from __future__ import annotations

from typing import Annotated

import msgspec

from edge.messages import Cart, Receipt, ReceiptStatus

LIMIT_MAX = 500


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing may be asked for."""


class FromPosition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to go on in the ledger."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0  # position; `next` of the page before
    limit: Annotated[int, msgspec.Meta(ge=1, le=LIMIT_MAX)] = 100  # things on a page, about


class OfKinds(FromPosition, frozen=True, forbid_unknown_fields=True):
    """Which notices, from where on."""

    kinds: Annotated[str, msgspec.Meta(max_length=500)] = ""  # types, separated by commas; empty: all


class OfDays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which window."""

    days: Annotated[int, msgspec.Meta(ge=1, le=92)] = 30  # [d] that end now


class CartList(msgspec.Struct, frozen=True, kw_only=True):
    """Running tickets of everybody in the store."""

    items: tuple[Cart, ...]


class ReceiptChain(msgspec.Struct, frozen=True, kw_only=True):
    """A visit's receipts, the first one first; the last one counts."""

    items: tuple[Receipt, ...]


class VisitSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A visit that the store remembers; older ones are in the ledger."""

    visit: str
    entered_at: float | None = None  # [s]
    left_at: float | None = None  # [s]; None: in the store
    receipt: str = ""  # the one that counts
    status: ReceiptStatus | None = None  # None: no receipt yet
    needs_review: bool = False


class VisitList(msgspec.Struct, frozen=True, kw_only=True):
    """Visits of the last hours."""

    items: tuple[VisitSummary, ...]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the aggregator does its work."""

    status: str  # ok or fault
    faults: tuple[str, ...] = ()  # a sentence each
    alarms: tuple[str, ...] = ()  # what somebody should look at, though everything works


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why there is no answer [RFC 9457]."""

    type: str  # urn:steelyard:problem: and a word that stays the same
    title: str
    status: int
    detail: str = ""  # what was wrong, and what to do
