"""A ledger with sales, corrections and shelf events for whoever exports it."""

from __future__ import annotations

import pytest
from counter_bench import LATER, CounterBench
from exchange_story import enter, withdrawn
from small_store import T0

from edge.aggregator.entries import EventEntry
from edge.aggregator.ledger import Ledger


@pytest.fixture
def counter(catalogue, planogram) -> CounterBench:
    return CounterBench(catalogue, planogram, second_share=0.0, audit_share=0.0)


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    yield ledger
    ledger.close()


@pytest.fixture
def told(counter, ledger) -> Ledger:
    """Anna is charged, disputes and is refunded; bela waits for a reviewer; one event is withdrawn."""
    counter.sure_visit("anna")
    first = counter.receipts("anna")[0]
    dispute = counter.dispute(first, "0001")
    counter.say(dispute)
    counter.say(counter.verdict(dispute, ("0001", 1)))
    counter.pass_time(T0 + 2 * LATER)
    counter.doubtful_visit("bela", t=T0 + 300, seq=2)
    (case,) = (case for case in counter.store.cases() if case.event.seq == 2)
    counter.say(counter.answer(case, "0002"))
    counter.pass_time(T0 + 300 + 2 * LATER)
    event = counter.shelf.event(3, "0003", t=T0 + 600)
    enter(ledger, counter.entries)
    enter(ledger, [EventEntry(event), EventEntry(withdrawn(event))])
    return ledger
