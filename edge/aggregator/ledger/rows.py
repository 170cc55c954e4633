"""What a row of the ledger says, how it is named, and how it is chained to the row before it.

    commitment = sha256(salt || JSON array of identity and body)
    hash       = sha256(prev_hash || JSON array of id, utc_s, kind and commitment)

The chain covers the commitment, and that covers the content. When a visit is erased, its content and the
salt go and the commitment stays: the chain holds, and without the salt nobody can try names until one fits.
What is left in the row is vouched for by the digest in the erasure's own entry.

What an earlier release entered stays readable: a message of a node that would be refused at the door today is
read as refused.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from edge.aggregator.entries import (
    AccessEntry,
    AttributionEntry,
    ClosingEntry,
    ConversionEntry,
    ErasureEntry,
    EventEntry,
    GateEntry,
    GivenUpEntry,
    LedgerEntry,
    ReceiptEntry,
    RefusalEntry,
    StatementEntry,
)
from edge.messages import EventIdentity
from edge.payload import encode

GENESIS = bytes(32)
"""``prev_hash`` of the first row."""

SALT_BYTES = 16

Head = tuple[int, bytes]
"""Id and hash of a row; ``(0, GENESIS)`` before the first."""

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
    hash: bytes = b""
    is_erased: bool = False  # a visit was taken out of it


class BrokenRow(msgspec.Struct, frozen=True):
    """The first row at which the chain does not hold, or that cannot be read."""

    id: int
    reason: str
    intact: bool = False  # nobody changed it: another release wrote it


@dataclass(frozen=True, slots=True)
class NewRow:
    """An entry on its way into the ledger, not yet chained."""

    utc_s: float
    kind: str
    identity: str
    body: str

    @classmethod
    def of(cls, entry: LedgerEntry, utc_s: float) -> NewRow:
        """An entry learned at ``utc_s``."""
        return cls(utc_s, kind_of(entry), identity_of(entry), encode(entry).decode())


def chained(head: Head, new: Collection[NewRow]) -> tuple[list[dict[str, Any]], Head]:
    """Rows of the table ``entries`` that follow ``head``, and the head after them."""
    row_id, prev_hash = head
    rows: list[dict[str, Any]] = []
    salts = secrets.token_bytes(SALT_BYTES * len(new))  # a call costs more than the bytes
    for place, row in enumerate(new):
        row_id += 1
        salt = salts[SALT_BYTES * place : SALT_BYTES * (place + 1)]
        commitment = commitment_of(salt, row.identity, row.body)
        digest = row_hash(prev_hash, row_id, row.utc_s, row.kind, commitment)
        rows.append(
            {
                "id": row_id, "utc_s": row.utc_s, "kind": row.kind, "identity": row.identity,
                "body": row.body, "salt": salt, "commitment": commitment, "prev_hash": prev_hash,
                "hash": digest,
            }
        )  # fmt: skip
        prev_hash = digest
    return rows, (row_id, prev_hash)


def commitment_of(salt: bytes, identity: str, body: str) -> bytes:
    """What the chain covers of a row's content."""
    return sha256(salt + encode((identity, body))).digest()


def row_hash(prev_hash: bytes, row_id: int, utc_s: float, kind: str, commitment: bytes) -> bytes:
    """The link to the row before."""
    return sha256(prev_hash + encode((row_id, utc_s, kind, commitment.hex()))).digest()


def digest_of_rest(identity: str, body: str) -> str:
    """What an erasure's entry says of what it left in a row."""
    return sha256(encode((identity, body))).hexdigest()


def checked(stored: Any, expected: Head, vouched: Mapping[int, str]) -> LedgerRow | BrokenRow:
    """One row as stored, checked against the chain.

    Args:
        stored: row of the table ``entries``.
        expected: the row before it.
        vouched: digest of what erasures left, by row id.
    """
    row_id = expected[0] + 1
    if fault := _link_fault(stored, expected) or _content_fault(stored, vouched):
        return BrokenRow(row_id, fault)
    try:
        entry, own = read_body(stored.body)
    except msgspec.MsgspecError as error:
        return BrokenRow(row_id, f"it cannot be read ({error})", intact=True)
    if (stored.kind, stored.identity) != own:
        return BrokenRow(row_id, "kind and identity are not those of its content")
    return LedgerRow(row_id, stored.utc_s, entry, bytes(stored.hash), stored.salt is None)


def _link_fault(stored: Any, expected: Head) -> str:
    """What is wrong with a row's place in the chain; "" when nothing is."""
    row_id, prev_hash = expected[0] + 1, expected[1]
    if stored.id != row_id:
        return f"row {row_id} is missing"
    if bytes(stored.prev_hash) != prev_hash:
        return "it does not follow from the row before it"
    digest = row_hash(prev_hash, row_id, stored.utc_s, stored.kind, bytes(stored.commitment))
    return "" if digest == bytes(stored.hash) else "its content does not match its hash"


def _content_fault(stored: Any, vouched: Mapping[int, str]) -> str:
    """What is wrong with the content that a row commits to; "" when nothing is."""
    if stored.salt is not None:
        commitment = commitment_of(bytes(stored.salt), stored.identity, stored.body)
        return "" if commitment == bytes(stored.commitment) else "its content does not match its hash"
    if stored.id not in vouched:
        return "its content was taken away, and no entry says that a visit was erased"
    is_left = vouched[stored.id] == digest_of_rest(stored.identity, stored.body)
    return "" if is_left else "what its erasure left has been changed"


def kind_of(entry: LedgerEntry) -> str:
    """The entry's tag: event, gate, attribution, receipt, ..."""
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
        case StatementEntry(statement=statement):
            parts = (statement.id,)
        case GivenUpEntry(visit=visit, left_at=left_at):
            parts = (visit, left_at)
        case AccessEntry(id=access):
            parts = (access,)
        case ClosingEntry(visit=visit, t=t):
            parts = (visit, t)
        case ErasureEntry():
            parts = (entry.pseudonym,)
        case ConversionEntry():
            parts = (entry.head,)
    return named(kind_of(entry), *parts)


def named(kind: str, *parts: str | int | float) -> str:
    """The name of an entry of that kind, from what tells it from others."""
    return encode((kind, *parts)).decode()


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
        name = named("event", message.node, message.boot, message.seq, message.revision)
        refused = RefusalEntry(event, message.revision, f"entered by an earlier release ({error})", body)
        return refused, ("event", name)
    return entry, (kind_of(entry), identity_of(entry))
