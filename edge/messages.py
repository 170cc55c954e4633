"""Every payload that crosses MQTT, once. JSON by msgspec; one unit comment a field.

Rules: fields are added, never renamed or removed, and every added field has a default; unknown fields
are ignored on decoding (an older reader serves a newer sender). ``schema`` is the payload's major
version: a reader refuses a major it does not know, by name, without disturbing anything else.

Signs: ``delta_g`` is settled minus baseline; negative means taken, positive means put.
Times without a suffix are ``utc``: seconds since the Unix epoch, of the store.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from edge.payload import Count, Grams, Level, Payload, Point, Probability

# --- node to aggregator: what happened on the shelf ---------------------------------------------


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
        20.0  # [nat] that it was one act and moved goods at all; the rest of the probabilities
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


# --- node state -----------------------------------------------------------------------------------


class SensorState(StrEnum):
    """What a plate's readings are worth. Only ``ok`` may charge anybody."""

    OK = "ok"
    SATURATED = "saturated"
    STUCK = "stuck"
    NOISY = "noisy"
    STALE = "stale"
    DISCONNECTED = "disconnected"
    UNCALIBRATED = "uncalibrated"
    CALIBRATING = "calibrating"  # by somebody, now


class NodeState(Payload, frozen=True, kw_only=True):
    """Birth message, and the last will with ``online`` false."""

    node: Level
    online: bool
    boot: str
    version: str = ""
    config_hash: str = ""
    plates: tuple[str, ...] = ()
    next_seq: Count = 1  # [1] the seq that the next new message will carry


class PlateHealth(msgspec.Struct, frozen=True):
    """One plate as the node sees it now."""

    plate: str
    state: SensorState
    level_g: float = 0.0  # [g] last settled level, not zeroed
    noise_g: float = 0.0  # [g] one standard deviation of hop means
    settled: bool = True  # False before the first level, and while the plate is disturbed


class RackHealth(msgspec.Struct, frozen=True):
    """One rack's link."""

    rack: str
    connected: bool
    rate_hz: float  # [Hz] measured
    samples_lost: Count = 0  # [samples] since boot
    frames_corrupt: Count = 0  # [frames] since boot
    drift_ppm: float = 0.0  # [1e-6] by how much the board's clock is faster than nominal
    jitter_ms: float = 0.0  # [ms] mean lateness of arrivals beyond the promptest


class NodeHealth(Payload, frozen=True, kw_only=True):
    """A node's retained health report, every few seconds and at once on a change of state."""

    node: Level
    boot: str
    utc: float  # [s]
    backlog: Count  # [messages] in the outbox, unacknowledged
    plates: tuple[PlateHealth, ...] = ()
    racks: tuple[RackHealth, ...] = ()
    fault: str = ""  # one sentence while something is wrong with the node itself


class CommandVerb(StrEnum):
    """What the aggregator or an operator may ask of a node."""

    REBIRTH = "rebirth"
    RESEND = "resend"
    CALIBRATE = "calibrate"  # plate, lease_s: set it aside for so long at least
    CAPTURE = "capture"  # plate, seconds: counts of a plate that is set aside; the reply comes when they have
    RELEASE = "release"  # plate: it weighs again
    RELOAD = "reload"  # read the calibration files again


class Command(Payload, frozen=True, kw_only=True):
    """Request to a node."""

    correlation: str
    verb: CommandVerb
    arguments: dict[str, str] = msgspec.field(default_factory=dict)


class Reply(Payload, frozen=True, kw_only=True):
    """Answer of a node to the command with the same correlation id."""

    correlation: str
    ok: bool
    detail: str = ""
    counts: tuple[int, ...] = ()  # [counts] consecutive samples, the answer to a capture
    rate_hz: float = 0.0  # [Hz] of them, measured
    lost: Count = 0  # [samples] missing between them


# --- people -----------------------------------------------------------------------------------------


class KeyPoint(msgspec.Struct, frozen=True):
    """A tracked body point. Lost points are left out of their target."""

    at: Point  # [m] store frame
    score: float = 1.0  # [1] tracker's confidence


class Target(msgspec.Struct, frozen=True):
    """One tracked person in one frame: positions only, no appearance."""

    visit: Level
    points: dict[str, KeyPoint]  # head, neck, l_wrist, r_wrist, l_elbow, ...


class TrackFrame(Payload, frozen=True, kw_only=True):
    """All tracked people at one instant."""

    t: float  # [s] time of the frame, not of its arrival
    targets: tuple[Target, ...]


class GateDirection(StrEnum):
    """Which way somebody went through the gate."""

    ENTERED = "entered"
    LEFT = "left"


class GateEvent(Payload, frozen=True, kw_only=True):
    """A visit began or ended."""

    visit: Level
    direction: GateDirection
    t: float  # [s]


# --- what the shopper gets -----------------------------------------------------------------------


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
    corrects: str = ""  # receipt that this one corrects
