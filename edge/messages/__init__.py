"""Every payload that crosses MQTT, once. JSON by msgspec; one unit comment a field.

Rules: fields are added, never renamed or removed, and every added field has a default; unknown fields
are ignored on decoding (an older reader serves a newer sender). ``schema`` is the payload's major
version: a reader refuses a major it does not know, by name, without disturbing anything else.

Signs: ``delta_g`` is settled minus baseline; negative means taken, positive means put.
Times without a suffix are ``utc``: seconds since the Unix epoch, of the store.
"""

from edge.messages.counter import (
    AuditVerdict,
    CounterMessage,
    Dispute,
    DisputeVerdict,
    Reading,
    Retraction,
    ReviewAnswer,
)
from edge.messages.evidence import Crop, CropSide, EventEvidence, NodeTrace, NothingSeen, PlateTrace
from edge.messages.node import (
    CameraHealth,
    CameraState,
    Command,
    CommandVerb,
    NodeHealth,
    NodeState,
    PlateHealth,
    RackHealth,
    Reply,
    SensorState,
)
from edge.messages.people import GateDirection, GateEvent, KeyPoint, Target, TrackFrame
from edge.messages.review import Candidate, CaseKind, PlannedGoods, ReviewCase, ReviewQueue
from edge.messages.shelf import (
    Ack,
    Disturbance,
    DisturbanceKind,
    EventIdentity,
    EventKind,
    EvidenceTerms,
    Hypothesis,
    ItemCount,
    NodeMessage,
    NodeRecord,
    PlateDelta,
    ShelfEvent,
)
from edge.messages.statement import Statement
from edge.messages.stock import (
    FacingStock,
    MisplacedGoods,
    ModeBegun,
    ModeEnded,
    ModeSummary,
    RunningMode,
    ShelfMode,
    ShelfStock,
    StockCount,
    StockState,
)
from edge.messages.tickets import Cart, CartLine, CorrectionReason, Receipt, ReceiptStatus

__all__ = [
    "Ack",
    "AuditVerdict",
    "CameraHealth",
    "CameraState",
    "Candidate",
    "Cart",
    "CartLine",
    "CaseKind",
    "Command",
    "CommandVerb",
    "CorrectionReason",
    "CounterMessage",
    "Crop",
    "CropSide",
    "Dispute",
    "DisputeVerdict",
    "Disturbance",
    "DisturbanceKind",
    "EventEvidence",
    "EventIdentity",
    "EventKind",
    "EvidenceTerms",
    "FacingStock",
    "GateDirection",
    "GateEvent",
    "Hypothesis",
    "ItemCount",
    "KeyPoint",
    "MisplacedGoods",
    "ModeBegun",
    "ModeEnded",
    "ModeSummary",
    "NodeHealth",
    "NodeMessage",
    "NodeRecord",
    "NodeState",
    "NodeTrace",
    "NothingSeen",
    "PlannedGoods",
    "PlateDelta",
    "PlateHealth",
    "PlateTrace",
    "RackHealth",
    "Reading",
    "Receipt",
    "ReceiptStatus",
    "Reply",
    "Retraction",
    "ReviewAnswer",
    "ReviewCase",
    "ReviewQueue",
    "RunningMode",
    "SensorState",
    "ShelfEvent",
    "ShelfMode",
    "ShelfStock",
    "Statement",
    "StockCount",
    "StockState",
    "Target",
    "TrackFrame",
]
