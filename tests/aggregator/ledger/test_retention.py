"""What is old goes, kind by kind; the chain holds, and what is believed stays."""

from __future__ import annotations

import json

import msgspec
import pytest
from counter_bench import CounterBench
from ledger_places import direct
from small_store import T0
from store_story import WALL, frames, make_store

from edge.aggregator.entries import AccessEntry, AccessKind, ErasureEntry, ReceiptEntry, StatementEntry
from edge.aggregator.ledger import Ledger, retention
from edge.aggregator.ledger.erasure import ERASED
from edge.aggregator.ledger.retention import DAY_S, KINDS, retain
from edge.config import AggregatorConfig, RetentionSection, ReviewSection
from edge.errors import ConfigError
from edge.messages import Dispute, DisputeVerdict
from edge.topics import GATE
from edge.yaml_file import load_yaml

CONFIG = AggregatorConfig(
    store="shop",
    review=ReviewSection(dispute_days=5.0),
    retention=RetentionSection(tracks_days=2.0, disputes_days=12.0, receipts_days=30.0, audit_days=60.0),
)


@pytest.fixture
def kept(place, catalogue, planogram):
    """A ledger of two days with a visit each, and what was said of the first one later."""
    ledger = Ledger(place)
    bench = CounterBench(catalogue, planogram, audit_share=0.0, dispute_days=5.0)
    for day, visit in enumerate(("anna", "bela")):
        t = T0 + day * DAY_S
        event = bench.shelf.event(day + 1, "0001", t=t + 10)
        bench.say(bench.shelf.entered(visit, t), *frames(event, **{visit: WALL["0001"]}), event)
        bench.say(bench.shelf.left(visit, t + 20))
        bench.pass_time(t + 100)
        enter(ledger, bench, t + 100)
    first = bench.store.counter.book.chain(bench.store.receipts()[0].receipt)[0]
    said = Dispute(
        id="dispute-1", t=T0 + 3 * DAY_S, by="shopper", receipt=first.receipt, comment="call me: 555"
    )
    bench.say(said)
    enter(ledger, bench, T0 + 3 * DAY_S)
    bench.say(
        DisputeVerdict(id="verdict-1", t=T0 + 4 * DAY_S, by="kim", dispute="dispute-1", reason="phoned 555")
    )
    bench.entries.append(
        AccessEntry("a-1", T0 + 4 * DAY_S, "kim", AccessKind.SAW_RECEIPT, "anna", first.receipt)
    )
    enter(ledger, bench, T0 + 4 * DAY_S)
    yield ledger
    ledger.close()


def enter(ledger: Ledger, bench: CounterBench, utc_s: float) -> None:
    ledger.append(bench.entries, utc_s)
    bench.entries.clear()


def stored(place) -> str:
    with direct(place) as connection:
        return "".join(str(row) for row in connection.exec_driver_sql("SELECT body FROM entries").fetchall())


def swept(ledger: Ledger, day: float, **more: bool) -> dict[str, int]:
    found = retain(ledger, CONFIG, utc_s=T0 + day * DAY_S + 3600, **more)
    assert ledger.verify().broken is None
    return {each.kind: each.entries for each in found}


def charged(ledger: Ledger, catalogue, planogram) -> list[tuple]:
    store = make_store(catalogue, planogram)
    for row in ledger.entries():
        store.apply(row.entry)
    assert store.settle(T0 + 90 * DAY_S) == (), "nothing is due anew"
    return [
        (each.entered_at, each.left_at, each.total_minor, [line.sku for line in each.lines])
        for each in store.receipts()
    ]


def test_young_entries_stay(kept, place):
    before = stored(place)
    assert set(swept(kept, 1.5).values()) == {0}
    assert stored(place) == before


def test_each_kind_goes_at_its_age_and_no_sooner(kept, place):
    assert '"hand_distance_m":0' in stored(place)
    assert swept(kept, 6)["tracks"] > 0
    assert '"hand_distance_m":0' not in stored(place)
    assert swept(kept, 15.5)["disputes"] == 1
    assert "call me" not in stored(place)
    assert "phoned" in stored(place)
    assert swept(kept, 17) == {"tracks": 0, "disputes": 1, "receipts": 0, "audit": 0}
    assert "phoned" not in stored(place)
    assert "anna" in stored(place)
    assert swept(kept, 32)["receipts"] > 0
    assert "anna" not in stored(place)
    assert "kim" in stored(place)
    assert swept(kept, 65) == {"tracks": 0, "disputes": 0, "receipts": 0, "audit": 1}
    assert not [row for row in kept.entries() if isinstance(row.entry, AccessEntry) and row.entry.by]


def test_names_go_day_by_day_and_what_was_charged_stays(kept, place, catalogue, planogram):
    before = charged(kept, catalogue, planogram)
    assert swept(kept, 30.5)["receipts"] > 0
    assert "anna" not in stored(place)
    assert "bela" in stored(place)
    found = [row.entry for row in kept.entries()]
    receipts = [each.receipt for each in found if isinstance(each, ReceiptEntry)]
    (dispute,) = [each.statement for each in found
                  if isinstance(each, StatementEntry) and each.statement.id == "dispute-1"]  # fmt: skip
    assert receipts[0].visit.startswith(ERASED)
    assert dispute.receipt == receipts[0].receipt, "what was said later goes along"
    assert charged(kept, catalogue, planogram) == before
    assert swept(kept, 30.6)["receipts"] == 0
    assert swept(kept, 31.5)["receipts"] > 0
    assert "bela" not in stored(place)
    assert charged(kept, catalogue, planogram) == before


def test_a_visit_that_came_back_is_not_divided(place, catalogue, planogram):
    ledger, bench = Ledger(place), CounterBench(catalogue, planogram)
    for day in range(2):
        t = T0 + day * DAY_S
        bench.say(bench.shelf.entered("anna", t), bench.shelf.event(day + 1, t=t + 10))
        bench.say(bench.shelf.left("anna", t + 20))
        bench.pass_time(t + 100)
        enter(ledger, bench, t + 100)
    assert swept(ledger, 30.5)["receipts"] == 0
    assert swept(ledger, 31.5)["receipts"] > 0
    assert "anna" not in stored(place)
    charged(ledger, catalogue, planogram)
    ledger.close()


def test_who_is_in_the_store_keeps_the_name(place, catalogue, planogram):
    ledger = Ledger(place)
    bench = CounterBench(catalogue, planogram)
    bench.say(
        bench.shelf.entered("anna"), bench.shelf.left("anna", T0 + 20), bench.shelf.entered("bela", T0 + 10)
    )
    enter(ledger, bench, T0)
    assert swept(ledger, 300)["receipts"] == 0
    assert "anna" in stored(place)
    ledger.close()


def test_a_dry_run_only_counts(kept, place):
    before = stored(place)
    counted = swept(kept, 400, dry_run=True)
    assert stored(place) == before
    assert all(counted.values())
    assert swept(kept, 400) == counted


def test_a_long_past_is_taken_out_in_lots(kept, place, monkeypatch, catalogue, planogram):
    before = charged(kept, catalogue, planogram)
    counted = swept(kept, 400, dry_run=True)
    monkeypatch.setattr(retention, "LOT", 1)
    monkeypatch.setattr(retention, "PAGE", 2)
    assert swept(kept, 400, dry_run=True) == counted
    assert swept(kept, 400) == counted
    assert len([row for row in kept.entries() if isinstance(row.entry, ErasureEntry)]) > len(KINDS)
    assert not [word for word in ("anna", "bela", "call me", "phoned") if word in stored(place)]
    assert charged(kept, catalogue, planogram) == before


def test_every_kind_has_an_age():
    assert {kind.days_of(CONFIG) for kind in KINDS} == set(msgspec.structs.astuple(CONFIG.retention))


def test_receipts_outlive_their_disputes(tmp_path):
    file = tmp_path / "aggregator.yaml"
    file.write_text(json.dumps({"store": "shop", "retention": {"receipts_days": 14}}))
    with pytest.raises(ConfigError, match="disputed"):
        load_yaml(file, AggregatorConfig)


def test_the_aggregator_sweeps_once_a_day(bench, shelf):
    bench.clock.utc = T0
    bench.say(GATE, shelf.entered("anna", T0))
    bench.say(GATE, shelf.left("anna", T0 + 20))
    for utc in (T0 + 60, T0 + 61, T0 + 100 * DAY_S, T0 + 100 * DAY_S + 700, T0 + 101 * DAY_S + 800):
        bench.clock.utc = utc
        bench.writer.settle()
    bodies = "".join(str(row.entry) for row in bench.writer._held.ledger.entries())
    assert "anna" not in bodies
    assert bench.writer._held.ledger.verify().broken is None
