"""What a row of the ledger says, and how it is named and hashed.

What an earlier release entered stays readable: a message of a node that would be refused at the door today is
read as refused.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec

from edge.aggregator.entries import (
    AttributionEntry,
    EventEntry,
    GateEntry,
    LedgerEntry,
    ReceiptEntry,
    RefusalEntry,
)
from edge.messages import EventIdentity
from edge.payload import encode

GENESIS = bytes(32)
"""``prev_hash`` of the first row."""

_decoder: msgspec.json.Decoder[LedgerEntry] = msgspec.json.Decoder(LedgerEntry)


class _Numbered(msgspec.Struct, frozen=True):
    """A node's message of whatever content."""

    node: str
    boot: str
    seq: int
    revision: int = 0


class _NumberedEvent(msgspec.Struct, frozen=True, tag="event"):
    """An :class:`EventEntry` of an earlier release, which knew fewer limits."""

    message: _Numbered


_numbered_decoder = msgspec.json.Decoder(_NumberedEvent)


class LedgerRow(msgspec.Struct, frozen=True):
    """One committed entry."""

    id: int  # [1] from 1 without gaps
    utc_s: float  # [s] when the aggregator learned it
    entry: LedgerEntry


class BrokenRow(msgspec.Struct, frozen=True):
    """The first row at which the chain does not hold, or that cannot be read."""

    id: int
    reason: str
    intact: bool = False  # nobody changed it: another release wrote it


def kind_of(entry: LedgerEntry) -> str:
    """The entry's tag: event, gate, attribution, receipt or refusal."""
    return str(entry.__struct_config__.tag)


def identity_of(entry: LedgerEntry) -> str:
    """The name under which the ledger holds an entry at most once: a JSON array starting with its kind."""
    parts: tuple[str | int | float, ...]
    match entry:
        case EventEntry(message=message):
            parts = (message.node, message.boot, message.seq, message.revision)
        case GateEntry(gate=gate):
            parts = (gate.visit, gate.direction.value, gate.t)
        case AttributionEntry(event=event):
            parts = (event.node, event.boot, event.seq, entry.event_revision, entry.revision)
        case ReceiptEntry(receipt=receipt):
            parts = (receipt.receipt,)
        case RefusalEntry(event=event):
            parts = (event.node, event.boot, event.seq, entry.revision)
    return encode((kind_of(entry), *parts)).decode()


def read_body(body: str) -> tuple[LedgerEntry, tuple[str, str]]:
    """An entry, with the kind and identity under which it was entered.

    Raises:
        msgspec.MsgspecError: no entry that this release knows.
    """
    try:
        entry = _decoder.decode(body)
    except msgspec.ValidationError as error:
        try:
            message = _numbered_decoder.decode(body).message
        except msgspec.MsgspecError:
            raise error from None
        event = EventIdentity(message.node, message.boot, message.seq)
        name = encode(("event", message.node, message.boot, message.seq, message.revision)).decode()
        refused = RefusalEntry(event, message.revision, f"entered by an earlier release ({error})", body)
        return refused, ("event", name)
    return entry, (kind_of(entry), identity_of(entry))


def row_hash(prev_hash: bytes, row_id: int, utc_s: float, kind: str, body: str) -> bytes:
    """sha256(prev_hash || JSON array of id, utc_s, kind, body)."""
    return sha256(prev_hash + encode((row_id, utc_s, kind, body))).digest()
