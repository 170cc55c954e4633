"""Taking out of old entries what need not be kept any longer, kind by kind, so that the chain still holds.

Entries stay, and so does what the carts were: what goes is who it was. An entry at the end of the chain
vouches for what is left, as after an erasure. Pictures and weights of events are no part of the ledger; they
have ages of their own.

Names are taken out up to a **quiet** row: one after which nobody was in the store and every visit had its
receipt, and that divides no visit that came back. Each name gets a pseudonym made for one sweep alone, so a
tracker that uses a name again every day links nothing; corrections that came later go along.
"""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, takewhile

import msgspec
from sqlalchemy import Connection, delete, select

from edge.aggregator.entries import (
    AccessEntry,
    AttributionEntry,
    ErasureEntry,
    GivenUpEntry,
    LedgerEntry,
    ReceiptEntry,
    StatementEntry,
)
from edge.aggregator.ledger.erasure import ERASED, leave, names_in, scrub, vouch, without
from edge.aggregator.ledger.ledger import Ledger
from edge.aggregator.ledger.quiet import QuietMoments
from edge.aggregator.ledger.rows import read_body
from edge.aggregator.ledger.tables import IS_ERASURE, entries, snapshots
from edge.config import AggregatorConfig
from edge.messages import AuditVerdict, Dispute, DisputeVerdict

DAY_S = 86_400.0

BY = "retention"
"""Who has it done."""

OF_PEOPLE = ("gate", "attribution", "receipt", "statement", "given_up", "closing", "access")
"""Kinds of entries that may name anybody."""

OF_RECEIPTS = ("receipt", "statement", "given_up", "access")
"""Kinds of entries that may be about the receipt of somebody who has long left."""

PAGE = 2000
"""[entries] read at a time."""

LOT = 5000
"""[entries] changed in one transaction, about."""

_RECEIPT = re.compile(r"-(\d+)-\d+$")  # name of a receipt: visit, time of leaving, number

Row = tuple[int, float, LedgerEntry]
"""(id, when it was learned [s], what it says)."""

Change = tuple[int, LedgerEntry]
"""(id, what is left)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of what is kept."""

    name: str
    what: str  # goes after that time
    days_of: Callable[[AggregatorConfig], float]
    plan: Callable[[Connection, int, float], tuple[list[Change], int]]  # (after row, before [s]); last row


class Sweep(msgspec.Struct, frozen=True):
    """What became of one kind."""

    kind: str
    what: str
    days: float
    entries: int  # that were changed, or would be


def retain(
    ledger: Ledger, config: AggregatorConfig, *, utc_s: float, dry_run: bool = False
) -> tuple[Sweep, ...]:
    """Take out what is older than the configuration keeps it, each kind in a transaction of its own.

    Args:
        ledger: open for writing; another program that writes it notices and reads it anew.
        config: says for how long.
        utc_s: [s] now.
        dry_run: only count.

    Raises:
        StorageError: the database refuses, or somebody else wrote.
    """
    return tuple(_sweep(ledger, kind, kind.days_of(config), utc_s, dry_run=dry_run) for kind in KINDS)


def _sweep(ledger: Ledger, kind: Kind, days: float, utc_s: float, *, dry_run: bool) -> Sweep:
    """One kind, a lot at a time."""
    before_s, after, count = utc_s - days * DAY_S, 0, 0
    while True:
        head = ledger.head
        with ledger.database.transaction("take old entries out of") as connection:
            ledger.refuse_other_writers(connection)
            after = max(after, _swept_upto(connection, kind))
            changes, upto = kind.plan(connection, after, before_s)
            if changes and not dry_run:
                left = tuple(leave(connection, row_id, rest) for row_id, rest in changes)
                name, reason = f"{ERASED}{secrets.token_hex(8)}", f"kept for {days:g} days"
                erasure = ErasureEntry(name, left, reason, BY, kind.name, upto)
                head = vouch(ledger, connection, erasure, utc_s)
                connection.execute(delete(snapshots))  # they may hold it
        ledger.follow(head)
        count += len(changes)
        if upto <= after:
            break
        after = upto
    if count and not dry_run:
        scrub(ledger)
    return Sweep(kind.name, kind.what, days, count)


def _swept_upto(connection: Connection, kind: Kind) -> int:
    """The last row that an earlier sweep has seen."""
    found = (read_body(row.body)[0] for row in connection.execute(select(entries.c.body).where(IS_ERASURE)))
    return max((each.upto for each in found if isinstance(each, ErasureEntry) and each.kind == kind.name),
               default=0)  # fmt: skip


def _rows(
    connection: Connection, after: int, before_s: float = math.inf, kinds: Sequence[str] = OF_PEOPLE
) -> Iterator[Row]:
    """Entries that may name anybody, in order; read some at a time, however many there are."""
    query = select(entries.c.id, entries.c.utc_s, entries.c.body).order_by(entries.c.id).limit(PAGE)
    query = query.where(entries.c.utc_s < before_s, entries.c.kind.in_(kinds))
    while rows := connection.execute(query.where(entries.c.id > after)).all():
        yield from ((row.id, row.utc_s, read_body(row.body)[0]) for row in rows)
        after = rows[-1].id


# --- one entry by itself ------------------------------------------------------------------------------


def _each(thin: Callable[[LedgerEntry], LedgerEntry]) -> Callable[..., tuple[list[Change], int]]:
    """The plan of a kind of which nothing depends on other entries."""

    def plan(connection: Connection, after: int, before_s: float) -> tuple[list[Change], int]:
        changed = ((row_id, rest) for row_id, _, entry in _rows(connection, after, before_s)
                   if (rest := thin(entry)) != entry)  # fmt: skip
        changes = list(islice(changed, LOT))
        return changes, changes[-1][0] if changes else after

    return plan


def _without_tracks(entry: LedgerEntry) -> LedgerEntry:
    if not isinstance(entry, AttributionEntry):
        return entry
    visits = tuple(msgspec.structs.replace(who, hand_distance_m=None) for who in entry.visits)
    return msgspec.structs.replace(entry, visits=visits)


def _without_words(entry: LedgerEntry) -> LedgerEntry:
    match entry:
        case StatementEntry(statement=Dispute() as said):
            return msgspec.structs.replace(entry, statement=msgspec.structs.replace(said, comment=""))
        case StatementEntry(statement=DisputeVerdict() as said):
            return msgspec.structs.replace(entry, statement=msgspec.structs.replace(said, reason=""))
    return entry


def _without_accounts(entry: LedgerEntry) -> LedgerEntry:
    if not isinstance(entry, AccessEntry):
        return entry
    return msgspec.structs.replace(entry, by="", visit="", receipt="", event=None)


# --- names --------------------------------------------------------------------------------------------


def _names(connection: Connection, after: int, before_s: float) -> tuple[list[Change], int]:
    """The plan of taking names out."""
    stays = _long_stays(_rows(connection, after, kinds=("receipt",)))
    moments, seen = QuietMoments(), set[str]()
    names, upto, quiet_s = frozenset[str](), after, -math.inf
    for number, (row_id, utc_s, entry) in enumerate(_rows(connection, after, before_s)):
        seen |= names_in(entry)
        if moments.update(entry) and not any(first <= row_id < last for first, last in stays):
            names, upto, quiet_s = frozenset(seen), row_id, utc_s
            if number >= LOT:
                break
    if not names:
        return [], upto
    pseudonyms = {name: f"{ERASED}{secrets.token_hex(8)}" for name in sorted(names)
                  if not name.startswith(ERASED)}  # fmt: skip
    own = takewhile(lambda row: row[0] <= upto, _rows(connection, after, before_s))
    later = (row for row in _rows(connection, upto, kinds=OF_RECEIPTS) if _is_about(row[2], quiet_s))
    changes = [(row_id, rest) for row_id, _, entry in chain(own, later)
               if (rest := without(entry, pseudonyms)) != entry]  # fmt: skip
    return changes, upto


def _long_stays(rows: Iterable[Row]) -> list[tuple[int, int]]:
    """(first row, last row) of receipts of visits that came back: between them, nothing divides."""
    first: dict[str, tuple[int, float]] = {}  # by receipt
    found: list[tuple[int, int]] = []
    for row_id, _, entry in rows:
        if isinstance(entry, ReceiptEntry):
            receipt = entry.receipt
            begun, left_at = first.get(receipt.corrects, (row_id, receipt.left_at))
            first[receipt.receipt] = begun, left_at
            if left_at != receipt.left_at:
                found.append((begun, row_id))
    return found


def _is_about(entry: LedgerEntry, before_s: float) -> bool:
    """Whether an entry that came later is about a receipt of somebody who had left by then."""
    match entry:
        case ReceiptEntry(receipt=receipt):
            return receipt.left_at <= before_s
        case GivenUpEntry():
            return entry.left_at <= before_s
        case StatementEntry(statement=(Dispute() | AuditVerdict()) as said):
            return _left_s(said.receipt) <= before_s
        case AccessEntry():
            return _left_s(entry.receipt) <= before_s
    return False


def _left_s(receipt: str) -> float:
    """[s] when the visit of a receipt left, by the receipt's name; inf: it does not say."""
    found = _RECEIPT.search(receipt)
    return float(found[1]) if found else math.inf


KINDS = (
    Kind("tracks", "how near whose hands were", lambda config: config.retention.tracks_days,
         _each(_without_tracks)),
    Kind("disputes", "what was written in disputes and verdicts",
         lambda config: config.retention.disputes_days, _each(_without_words)),
    Kind("receipts", "names of visits and people, tokens, credentials",
         lambda config: config.retention.receipts_days, _names),
    Kind("audit", "who of the staff came in and saw what", lambda config: config.retention.audit_days,
         _each(_without_accounts)),
)  # fmt: skip
"""Everything in the ledger that has an age."""
