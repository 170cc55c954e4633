"""Evidence on its way: judged and pinned beside the carts, and counted where it is refused or lost."""

from __future__ import annotations

import pytest
from counter_bench import CounterBench
from evidence_samples import evidence
from small_store import T0
from writer_bench import NAMES, Bench, StandingClock

from edge.aggregator.evidence import intake
from edge.aggregator.evidence.archive import DAY_S, Archive
from edge.aggregator.evidence.intake import Intake
from edge.aggregator.evidence.pins import pins_of_cases, pins_of_entries
from edge.aggregator.ingest import Refusal
from edge.aggregator.writer import Writer
from edge.config import AggregatorConfig
from edge.payload import encode
from edge.topics import NODE_EVIDENCE

CONFIG = AggregatorConfig(store="shop", nodes=("n1", "n2"))


@pytest.fixture
def clock():
    return StandingClock()


@pytest.fixture
def archive(store_dir):
    return Archive(store_dir / "evidence.sqlite", max_bytes=10**7, keep_s=3 * DAY_S)


@pytest.fixture
def desk(archive, clock):
    desk = Intake(archive, CONFIG, clock)
    yield desk
    desk.close()


def test_what_a_receipt_an_answer_and_an_open_case_rest_on_is_pinned(catalogue, planogram):
    bench = CounterBench(catalogue, planogram, second_share=0.0, audit_share=0.0)
    event = str(bench.doubtful_visit().identity)
    (case,) = bench.store.cases()
    assert pins_of_entries(bench.entries, 14 * DAY_S) == {event: T0 + 20 + 14 * DAY_S}
    assert pins_of_cases([case], T0) == {event: T0 + DAY_S}
    answer = bench.answer(case, "0001")
    bench.say(answer)
    assert pins_of_entries(bench.entries[-1:], 14 * DAY_S) == {event: answer.t + 14 * DAY_S}


def test_evidence_is_kept_and_refusals_are_counted(desk, archive):
    desk.offer("n1", "n1-b1-1", encode(evidence()))
    desk.offer("n1", "n1-b1-2", b"{rubbish")
    desk.offer("n3", "n3-b1-1", encode(evidence(node="n3")))
    desk.settle()
    assert archive.of("n1-b1-1") == evidence()
    assert [(each.sender, each.error.reason) for each in desk.take_refused()] == [
        ("n1", Refusal.UNREADABLE), ("n3", Refusal.UNKNOWN_NODE),
    ]  # fmt: skip
    assert desk.take_refused() == ()
    assert (desk.lost_total, desk.fault) == (0, "")


def test_a_flood_costs_evidence_and_holds_up_nobody(archive, clock, monkeypatch):
    monkeypatch.setattr(intake, "WAITING_MAX", 3)
    with archive._lock:  # the disk does not answer
        desk = Intake(archive, CONFIG, clock)
        for seq in range(1, 30):
            desk.offer("n1", f"n1-b1-{seq}", encode(evidence(seq)))
        assert desk.lost_total >= 29 - 3 - intake.LOT
    desk.settle()
    assert archive.held().events == 29 - desk.lost_total
    desk.close()


def test_a_disk_that_refuses_is_said_until_it_takes_again_and_pins_are_kept(desk, archive, store_dir, clock):
    broken = store_dir / "evidence.sqlite"
    broken.mkdir()
    desk.renew(lambda: [])
    desk._pin({"n1-b1-1": clock.utc + 14 * DAY_S})
    desk.offer("n1", "n1-b1-1", encode(evidence()))
    desk.settle()
    assert desk.lost_total == 1
    assert "evidence.sqlite: cannot" in desk.fault
    broken.rmdir()
    desk.offer("n1", "n1-b1-1", encode(evidence()))
    desk.settle()
    assert (desk.fault, archive.held().events) == ("", 1)
    clock.utc += 13 * DAY_S
    desk.offer("n1", "n1-b1-2", encode(evidence(2)))  # wakes it
    desk.settle()
    assert archive.of("n1-b1-1") is not None, "the pin of before the fault holds"


def test_the_writer_hands_evidence_on_and_shows_what_was_refused(
    store_dir, catalogue, planogram, desk, archive
):
    bench = Bench(store_dir, catalogue, planogram)
    bench.writer = Writer(
        CONFIG, catalogue=catalogue, planogram=planogram, place=bench.ledger_file, state_dir=store_dir,
        publish=bench.publish, clock=bench.clock, evidence=desk,
    )  # fmt: skip
    bench.say(NODE_EVIDENCE, evidence(), node="n1", event="n1-b1-1")
    bench.writer.receive(NAMES.of(NODE_EVIDENCE, node="n1", event="n1-b1-7"), encode(evidence()))
    desk.settle()
    bench.writer.settle()
    assert archive.held().events == 1
    (refused,) = bench.writer.view(broker_connected=True).refusals
    assert (refused.sender, refused.reason, refused.count) == ("n1", Refusal.FOREIGN_EVENT, 1)
    assert "n1-b1-7" in refused.detail
