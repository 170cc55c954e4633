"""Entering rows a second apart, and what becomes of an event."""

from __future__ import annotations

import msgspec
from small_store import T0

from edge.aggregator.ledger import Ledger
from edge.messages import Disturbance, DisturbanceKind, ShelfEvent


def enter(ledger: Ledger, entries) -> None:
    """A row each, a second apart."""
    for entry in entries:
        ledger.append([entry], T0 + 1000 + ledger.head[0])


def withdrawn(event: ShelfEvent) -> Disturbance:
    return Disturbance(
        node=event.node, boot=event.boot, seq=event.seq, revision=event.revision + 1,
        kind=DisturbanceKind.TOUCH, plates=("wall/1/1",), t_onset=event.t_onset, t_settled=event.t_settled,
        t_decided=event.t_decided,
    )  # fmt: skip


def revised(event: ShelfEvent, items) -> ShelfEvent:
    best = msgspec.structs.replace(event.hypotheses[0], items=tuple(items))
    return msgspec.structs.replace(event, revision=event.revision + 1, hypotheses=(best, event.hypotheses[1]))
