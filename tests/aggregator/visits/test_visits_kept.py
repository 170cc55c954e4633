"""Visits of all kinds through a snapshot, in the honest numbers, and by the store's hours."""

from __future__ import annotations

import math

import msgspec
import pytest
from counter_bench import CounterBench
from small_store import T0
from store_story import WALL, frames
from writer_bench import NAMES, StandingClock

from edge.aggregator.ledger import Ledger
from edge.aggregator.ledger.rows import LedgerRow
from edge.aggregator.recall import Recall
from edge.aggregator.transparency.numbers import transparency_of
from edge.aggregator.visits.opening_hours import OpeningHours
from edge.aggregator.writer import Writer
from edge.config import AggregatorConfig, VisitSection
from edge.iso_time import utc_s_of
from edge.messages import (
    GateDirection,
    GateEvent,
    Role,
    StoreClosing,
    Transfer,
    TransferSide,
    VisitEnd,
)
from edge.payload import encode
from edge.topics import GATE


@pytest.fixture
def bench(catalogue, planogram) -> CounterBench:
    """A group, a stocker, somebody renamed, goods handed over, and somebody still there at closing time."""
    bench = CounterBench(catalogue, planogram, audit_share=0.0)
    enter = bench.shelf.entered
    bench.say(*(msgspec.structs.replace(enter(who, T0), group="kim") for who in ("k1", "k2")))
    bench.say(
        msgspec.structs.replace(enter("carl", T0), role=Role.STOCKER), enter("1001", T0), enter("late", T0)
    )
    for seq, (who, sku) in enumerate((("k1", "0001"), ("carl", "0003"), ("1001", "0002")), 1):
        event = bench.shelf.event(seq, sku, t=T0 + 10.0 * seq)
        bench.say(*frames(event, **{who: WALL[sku]}), event)
    bench.say(
        GateEvent(visit="1044", direction=GateDirection.CONTINUED, t=T0 + 40, formerly="1001"),
        Transfer(id="water-to-1044", t=T0 + 45, by="till", transfer="water-k1-1044", side=TransferSide.STAFF,
                 from_visit="k1", to_visit="1044", sku="0001"),
        *(bench.shelf.left(who, T0 + 60) for who in ("k1", "k2", "carl", "1044")),
        StoreClosing(id="closing-1", t=T0 + 100, by="till"),
    )  # fmt: skip
    bench.pass_time(T0 + 300)
    return bench


def test_a_snapshot_holds_all_of_it(bench, tmp_path, catalogue, planogram):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.append(bench.entries, T0 + 300)
    whole = Recall(AggregatorConfig(store="shop"), catalogue, planogram)
    store, ingest = whole.fold(ledger)
    whole.remember(ledger, store, ingest, T0 + 300, now=True)
    begun = Recall(AggregatorConfig(store="shop"), catalogue, planogram)
    again, _ = begun.fold(ledger)
    assert begun._made[0] == len(bench.entries)
    assert again.visits() == store.visits()
    assert again.receipts() == store.receipts() == bench.store.receipts()
    taken = {each.visit: sorted(line.sku for line in each.lines) for each in again.receipts()}
    assert taken == {"kim": [], "1001": ["0001", "0002"], "late": []}
    ledger.close()


def test_the_honest_numbers_count_tickets_and_no_crew(bench):
    rows = [LedgerRow(n, T0 + 30.0 * n, entry) for n, entry in enumerate(bench.entries, 1)]
    found = transparency_of(rows, since=None, until=None, audit_share=0.0)
    assert (found.visits, found.with_receipt.numerator, found.with_receipt.denominator) == (3, 3, 3)


@pytest.mark.parametrize(
    ("now", "closed"),
    [
        ("2026-11-22T23:00:00+01:00", "2026-11-22T22:00:00+01:00"),
        ("2026-11-22T21:59:59+01:00", "2026-11-21T22:00:00+01:00"),
        ("2026-03-29T09:00:00+02:00", "2026-03-28T22:00:00+01:00"),  # the clocks went forward at night
        ("2026-10-25T22:00:00+01:00", "2026-10-25T22:00:00+01:00"),  # and back
    ],
)
def test_the_last_closing_by_local_time(now, closed):
    hours = OpeningHours(("22:00",), "Europe/Berlin")
    assert hours.closed_at(utc_s_of(now)) == utc_s_of(closed)


def test_a_store_without_hours_never_closes():
    assert OpeningHours((), "Europe/Berlin").closed_at(T0) == -math.inf


def test_the_aggregator_ends_visits_by_its_hours(bench, tmp_path, catalogue, planogram):
    clock = StandingClock()
    clock.utc = utc_s_of("2026-11-22T21:30:00Z")
    config = AggregatorConfig(store="shop", visits=VisitSection(closing=("22:00",)))
    writer = Writer(config, catalogue=catalogue, planogram=planogram, place=tmp_path / "ledger.sqlite",
                    state_dir=tmp_path, publish=lambda *_: True, clock=clock)  # fmt: skip
    writer.receive(NAMES.of(GATE), encode(bench.shelf.entered("anna", clock.utc)))
    writer.settle()
    clock.utc += 3600
    for _ in range(3):
        writer.settle()
    (receipt,) = writer.view(broker_connected=True).receipts
    assert (receipt.end, receipt.left_at) == (VisitEnd.STORE_CLOSED, utc_s_of("2026-11-22T22:00:00Z"))
    writer.close()
