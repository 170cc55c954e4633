"""What people say at the counter: reviewers, shoppers and staff."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from edge.messages.shelf import EventIdentity, ItemCount
from edge.messages.statement import Sentence, Statement
from edge.messages.stock import ModeBegun, ModeEnded, StockCount
from edge.payload import Level

READINGS_MAX = 16
"""[readings] that one question may offer."""


class Reading(msgspec.Struct, frozen=True, order=True):
    """What an event is taken for."""

    items: Annotated[tuple[ItemCount, ...], msgspec.Meta(max_length=16)]  # empty: nothing of the catalogue
    visit: Level | None  # None: nobody who is tracked
    foreign: bool = False  # a thing that is not the store's
    happened: bool = True  # False: plates moved, and no goods did


class ReviewAnswer(Statement, frozen=True, kw_only=True, tag="answer"):
    """A reviewer's answer to the one question of a case."""

    case: str
    event: EventIdentity
    shown: Annotated[tuple[Reading, ...], msgspec.Meta(min_length=1, max_length=READINGS_MAX)]
    reading: Reading | None = None  # what it was; None: none of those shown, or no idea
    undecided: bool = False  # the evidence does not tell
    seconds: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0.0  # [s] from showing to key


class AuditVerdict(Statement, frozen=True, kw_only=True, tag="audit"):
    """What a person found who looked at everything behind a receipt that nobody had doubted."""

    case: str
    receipt: str
    items: Annotated[tuple[ItemCount, ...], msgspec.Meta(max_length=1000)] = ()  # what was really taken away
    undecided: bool = False
    seconds: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0.0


class Retraction(Statement, frozen=True, kw_only=True, tag="retraction"):
    """Takes a statement back: undo. A retraction may itself be taken back."""

    statement: Level  # id


class Dispute(Statement, frozen=True, kw_only=True, tag="dispute"):
    """A shopper says that a line of a receipt is wrong, or, still in the store, of the running ticket."""

    receipt: str  # "": there is none yet
    sku: str = ""  # "": the receipt as a whole
    comment: Sentence = ""
    visit: str = ""  # whose running ticket it is; the dispute goes to its receipt


class DisputeVerdict(Statement, frozen=True, kw_only=True, tag="verdict"):
    """What staff decided: so many units are given back, or the line stands."""

    dispute: Level  # id
    refund: Annotated[tuple[ItemCount, ...], msgspec.Meta(max_length=100)] = ()  # empty: upheld
    reason: Sentence = ""


class StoreClosing(Statement, frozen=True, kw_only=True, tag="closing"):
    """The store closes: whoever had entered by then is taken to have left."""


class TransferSide(StrEnum):
    """Who says that goods changed hands."""

    GIVER = "giver"
    TAKER = "taker"
    STAFF = "staff"


class Transfer(Statement, frozen=True, kw_only=True, tag="transfer"):
    """Goods changed hands: it counts once giver and taker have said the same, or staff has."""

    transfer: Annotated[Level, msgspec.Meta(min_length=8)]  # its name, the same for both sides
    side: TransferSide
    from_visit: Level
    to_visit: Level
    sku: str
    quantity: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1  # [units]


CounterMessage = (
    ReviewAnswer
    | AuditVerdict
    | Retraction
    | Dispute
    | DisputeVerdict
    | StockCount
    | ModeBegun
    | ModeEnded
    | StoreClosing
    | Transfer
)
