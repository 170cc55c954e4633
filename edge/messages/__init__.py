"""Every payload that crosses MQTT, once. JSON by msgspec; one unit comment a field.

Rules: fields are added, never renamed or removed, and every added field has a default; unknown fields
are ignored on decoding (an older reader serves a newer sender). ``schema`` is the payload's major
version: a reader refuses a major it does not know, by name, without disturbing anything else.

Signs: ``delta_g`` is settled minus baseline; negative means taken, positive means put.
Times without a suffix are ``utc``: seconds since the Unix epoch, of the store.
"""

from edge.messages.evidence import Crop, CropSide, EventEvidence, NothingSeen, PlateTrace
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
from edge.messages.tickets import Cart, CartLine, Receipt

__all__ = [
    "Ack",
    "CameraHealth",
    "CameraState",
    "Cart",
    "CartLine",
    "Command",
    "CommandVerb",
    "Crop",
    "CropSide",
    "Disturbance",
    "DisturbanceKind",
    "EventEvidence",
    "EventIdentity",
    "EventKind",
    "EvidenceTerms",
    "GateDirection",
    "GateEvent",
    "Hypothesis",
    "ItemCount",
    "KeyPoint",
    "NodeHealth",
    "NodeMessage",
    "NodeRecord",
    "NodeState",
    "NothingSeen",
    "PlateDelta",
    "PlateHealth",
    "PlateTrace",
    "RackHealth",
    "Receipt",
    "Reply",
    "SensorState",
    "ShelfEvent",
    "Target",
    "TrackFrame",
]
