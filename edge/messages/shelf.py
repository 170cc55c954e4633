"""Node to aggregator: what happened on the shelf."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from edge.payload import Count, Grams, Level, Payload, Probability


class EventKind(StrEnum):
    """What an event did to the shelf."""

    PICK = "pick"
    RETURN = "return"


class DisturbanceKind(StrEnum):
    """Why plates moved and nobody is charged."""

    TOUCH = "touch"
    LEAN = "lean"
    BUMP = "bump"
    FOREIGN_OBJECT = "foreign_object"
    SENSOR_FAULT = "sensor_fault"
    OFFLINE_CHANGE = "offline_change"


class ItemCount(msgspec.Struct, frozen=True):
    """So many units of one SKU."""

    sku: str
    quantity: Annotated[int, msgspec.Meta(ge=1, le=100)]  # [units]


class EvidenceTerms(msgspec.Struct, frozen=True):
    """Log-likelihoods of one hypothesis, term by term; they add up to its unnormalised log-weight."""

    weight: float = 0.0  # [nat] measured against expected delta
    layout: float = 0.0  # [nat] where this SKU is planned or was seen
    stock: float = 0.0  # [nat] how many are plausible
    vision: float = 0.0  # [nat] 0 when the camera saw nothing usable

    @property
    def total(self) -> float:
        """Sum of all terms."""
        return self.weight + self.layout + self.stock + self.vision


class Hypothesis(msgspec.Struct, frozen=True):
    """One explanation of a weight change.

    ``items`` empty means "nothing of the catalogue": touch, foreign object or unknown product.
    """

    items: Annotated[tuple[ItemCount, ...], msgspec.Meta(max_length=16)]
    probability: Probability  # [1] posterior given this event alone
    log_likelihood: EvidenceTerms
    expected_g: Grams = 0.0  # [g] delta this hypothesis predicts


class PlateDelta(msgspec.Struct, frozen=True):
    """What one plate did in one event."""

    plate: str
    delta_g: Grams  # [g]
    sigma_g: Grams = 0.0  # [g] one standard deviation


class EventIdentity(msgspec.Struct, frozen=True, order=True):
    """The one name of an event, made at the node."""

    node: Level
    boot: str
    seq: int  # [1] counts from 1 within a boot

    def __str__(self) -> str:
        return f"{self.node}-{self.boot}-{self.seq}"


class NodeRecord(Payload, frozen=True, kw_only=True):
    """What every durable message of a node carries. A higher ``revision`` replaces a lower one."""

    node: Level
    boot: str
    seq: Annotated[int, msgspec.Meta(ge=1, le=2**53)]  # [1] counts from 1 within a boot, without gaps
    revision: Count = 0
    t_onset: float  # [s] first motion
    t_settled: float  # [s] the new level began
    t_decided: float  # [s] last sample used
    utc_synchronized: bool = True  # False: dated before the machine knew the time

    @property
    def identity(self) -> EventIdentity:
        """(node, boot, seq)."""
        return EventIdentity(self.node, self.boot, self.seq)


class ShelfEvent(NodeRecord, frozen=True, kw_only=True, tag="shelf_event"):
    """Goods left a shelf or came onto it."""

    kind: EventKind
    delta_g: Grams  # [g] sum over the item's own plates
    sigma_g: Grams  # [g] its standard deviation
    plates: Annotated[tuple[PlateDelta, ...], msgspec.Meta(min_length=1, max_length=1000)]
    hypotheses: Annotated[
        tuple[Hypothesis, ...], msgspec.Meta(max_length=100)
    ]  # best first; probabilities with the unlisted rest sum to 1
    log_odds: Annotated[float, msgspec.Meta(ge=-1e3, le=1e3)] = (
        20.0  # [nat] that it was this act, of these goods; the rest of the probabilities
    )
    log_odds_goods: Annotated[float, msgspec.Meta(ge=-1e3, le=1e3)] = (
        20.0  # [nat] that goods changed place at these plates at all, in this act or another
    )
    undoes: EventIdentity | None = (
        None  # an earlier event whose change this one takes back: goods moved in both, or a hand moved none
    )


class Disturbance(NodeRecord, frozen=True, kw_only=True, tag="disturbance"):
    """Plates moved, or a sensor failed, and no goods changed place as far as weight can tell."""

    kind: DisturbanceKind
    plates: tuple[str, ...]
    delta_g: Grams = 0.0  # [g] what remained, if anything
    reason: str = ""


NodeMessage = ShelfEvent | Disturbance


class Ack(Payload, frozen=True, kw_only=True):
    """Aggregator to node, after its commit: everything of ``boot`` up to ``upto`` is in the ledger.

    ``revisions`` names single messages that are in the ledger too: later revisions, and those beyond a gap.
    """

    boot: str
    upto: Count  # [1] highest seq below which no gap remains
    revisions: tuple[tuple[Count, Count], ...] = ()  # (seq, highest revision; 0 if there was no other)
