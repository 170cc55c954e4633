"""What a reviewer is asked, and everything that is needed to answer."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from edge.messages.counter import Reading
from edge.messages.shelf import EventIdentity, EventKind, ItemCount
from edge.payload import Count, Payload, Probability


class CaseKind(StrEnum):
    """Why a person is asked."""

    DOUBT = "doubt"  # a receipt waits for it
    DISPUTE = "dispute"  # a shopper says that a line is wrong
    SECOND = "second"  # a second reviewer, to measure both
    GOLD = "gold"  # the answer is known; never told to whoever is asked
    AUDIT = "audit"  # nobody doubted this receipt


class Candidate(msgspec.Struct, frozen=True):
    """One possible answer, with what the scales should then have shown."""

    reading: Reading
    name: str  # of the goods
    probability: Probability  # [1] given everything that is known
    expected_g: float | None = None  # [g] change of weight; None: the catalogue does not tell


class PlannedGoods(msgspec.Struct, frozen=True):
    """What should stand on one of the plates that moved."""

    plate: str
    sku: str
    name: str


class ReviewCase(Payload, frozen=True, kw_only=True):
    """One question about one event, or, of an audit, about one receipt."""

    case: str
    kind: CaseKind
    visits: tuple[str, ...]  # whose receipts the answer may change
    receipt: str = ""  # the receipt in question, where there is one
    opened_at: float  # [s] since when somebody waits
    event: EventIdentity | None = None  # None: an audit
    event_kind: EventKind | None = None
    t_onset: float = 0.0  # [s]
    plates: tuple[str, ...] = ()
    delta_g: float = 0.0  # [g] measured
    sigma_g: float = 0.0  # [g]
    candidates: tuple[Candidate, ...] = ()  # best first
    planned: tuple[PlannedGoods, ...] = ()
    cart: tuple[ItemCount, ...] = ()  # what the first of `visits` is believed to hold
    information_nat: float = 0.0  # [nat] an answer is expected to tell about the receipt
    expected_s: float = 0.0  # [s] it is expected to cost
    dispute: str = ""  # id of the dispute, where there is one
    comment: str = ""  # the shopper's


class ReviewQueue(Payload, frozen=True, kw_only=True):
    """All open cases, oldest first; a long queue without its end (retained)."""

    cases: tuple[ReviewCase, ...]
    open: Count  # [cases] with those that are not listed
