"""A story of three shoppers, told to a store, and what the store then says."""

from __future__ import annotations

import json
import random

import msgspec
from small_store import T0, Shelf

from edge.aggregator.entries import LedgerEntry
from edge.aggregator.report import replay_report
from edge.aggregator.store import Store
from edge.config import AttributionSection, CartSection
from edge.messages import Disturbance, DisturbanceKind, EventKind, KeyPoint, Target, TrackFrame
from edge.planogram import Catalogue, Planogram

WALL = {"0001": (0.05, 0.1, 0.85), "0002": (0.25, 0.1, 0.85), "0003": (0.05, 0.1, 1.25)}  # [m] hands at goods


def make_store(catalogue: Catalogue, planogram: Planogram) -> Store:
    return Store(
        catalogue=catalogue, planogram=planogram, attribution=AttributionSection(), carts=CartSection()
    )


def tell(store: Store, *messages) -> list[LedgerEntry]:
    """Messages received, committed and applied."""
    return [entry for message in messages for entry in commit(store, store.receive(message))]


def commit(store: Store, entries) -> tuple[LedgerEntry, ...]:
    for entry in entries:
        store.apply(entry)
    return entries


def frames(event, **at) -> list[TrackFrame]:
    """Right hands at points around an event."""
    return [
        TrackFrame(
            t=round(event.t_onset - 0.6 + 0.1 * step, 3),
            targets=tuple(Target(visit, {"r_wrist": KeyPoint(point)}) for visit, point in at.items()),
        )
        for step in range(18)
    ]


def reported(store: Store) -> str:
    return json.dumps(replay_report("case", store, data_seconds=0, cpu_seconds=0, plates=6))


def disturbance(seq: int, revision: int = 0, t: float = T0) -> Disturbance:
    return Disturbance(
        node="n1", boot="b1", seq=seq, revision=revision, kind=DisturbanceKind.TOUCH, plates=("wall/1/1",),
        t_onset=t, t_settled=t + 0.5, t_decided=t + 1.0,
    )  # fmt: skip


def story(store: Store, seed: int) -> list[LedgerEntry]:
    """Three shoppers, tracked, picks and returns, a revision, a disturbance; all entries that it made."""
    random_, shelf, told = random.Random(seed), Shelf(), []
    visits = ("anna", "bela", "carl")
    told += tell(store, *(shelf.entered(visit, T0 + number) for number, visit in enumerate(visits)))
    held: dict[str, list[str]] = {visit: [] for visit in visits}
    for seq in range(1, 11):
        visit = random_.choice(visits)
        back = bool(held[visit]) and random_.random() < 0.4
        sku = held[visit].pop() if back else random_.choice(sorted(WALL))
        if not back:
            held[visit].append(sku)
        kind = EventKind.RETURN if back else EventKind.PICK
        event = shelf.event(seq, sku, kind=kind, t=T0 + 10 + 3.0 * seq)
        other = visits[visits.index(visit) - 1]
        near = tuple(round(x + random_.uniform(0.0, 0.3), 3) for x in WALL[sku])
        for frame in frames(event, **{visit: WALL[sku], other: near})[: random_.randint(6, 18)]:
            told += tell(store, frame)
        told += tell(store, event)
        if random_.random() < 0.3:
            told += tell(store, msgspec.structs.replace(event, revision=1, sigma_g=0.8))
    told += tell(store, disturbance(11))
    told += tell(store, *(shelf.left(visit, T0 + 80 + number) for number, visit in enumerate(visits)))
    return told + list(commit(store, store.settle(T0 + 50))) + list(commit(store, store.finish()))
