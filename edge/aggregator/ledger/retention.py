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
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

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
    head = ledger.head
    with ledger.database.transaction("take old entries out of") as connection:
        ledger.refuse_other_writers(connection)
        changes, upto = kind.plan(connection, _swept_upto(connection, kind), utc_s - days * DAY_S)
        if changes and not dry_run:
            left = tuple(leave(connection, row_id, rest) for row_id, rest in changes)
            erasure = ErasureEntry(
                f"{ERASED}{secrets.token_hex(8)}", left, f"kept for {days:g} days", BY, kind.name, upto
            )
            head = vouch(ledger, connection, erasure, utc_s)
            connection.execute(delete(snapshots))  # they may hold it
    if head != ledger.head:
        ledger.follow(head)
        scrub(ledger)
    return Sweep(kind.name, kind.what, days, len(changes))


def _swept_upto(connection: Connection, kind: Kind) -> int:
    """The last row that an earlier sweep has seen."""
    found = (read_body(row.body)[0] for row in connection.execute(select(entries.c.body).where(IS_ERASURE)))
    return max((each.upto for each in found if isinstance(each, ErasureEntry) and each.kind == kind.name),
               default=0)  # fmt: skip


def _rows(connection: Connection, after: int, before_s: float) -> Iterator[Row]:
    query = select(entries.c.id, entries.c.utc_s, entries.c.body).where(
        entries.c.id > after, entries.c.utc_s < before_s, entries.c.kind.in_(OF_PEOPLE)
    )
    for row in connection.execute(query.order_by(entries.c.id)):
        yield row.id, row.utc_s, read_body(row.body)[0]


# --- one entry by itself ------------------------------------------------------------------------------


def _each(thin: Callable[[LedgerEntry], LedgerEntry]) -> Callable[..., tuple[list[Change], int]]:
    """The plan of a kind of which nothing depends on other entries."""

    def plan(connection: Connection, after: int, before_s: float) -> tuple[list[Change], int]:
        changes = [
            (row_id, rest) for row_id, _, entry in _rows(connection, after, before_s)
            if (rest := thin(entry)) != entry
        ]  # fmt: skip
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
    moments = QuietMoments()
    rows = list(_rows(connection, after, before_s))
    quiet = [row for row in rows if moments.update(row[2])]
    stays = _long_stays(_rows(connection, after, math.inf))
    quiet = [row for row in quiet if not any(first <= row[0] < last for first, last in stays)]
    if not quiet:
        return [], after
    upto, quiet_s, _ = quiet[-1]
    names = {name for row_id, _, entry in rows if row_id <= upto for name in names_in(entry)}
    pseudonyms = {name: f"{ERASED}{secrets.token_hex(8)}" for name in sorted(names)
                  if not name.startswith(ERASED)}  # fmt: skip
    changes = [
        (row_id, rest) for row_id, _, entry in _rows(connection, after, math.inf)
        if (row_id <= upto or _is_about(entry, quiet_s)) and (rest := without(entry, pseudonyms)) != entry
    ]  # fmt: skip
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
