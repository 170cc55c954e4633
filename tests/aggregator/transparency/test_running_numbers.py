"""Numbers of a store that is open: the same as the report's, read on and never twice."""

from __future__ import annotations

import pytest
from honest_store import month, receipt_of
from writer_bench import StandingClock

from edge.aggregator.entries import ReceiptEntry
from edge.aggregator.ledger import Ledger
from edge.aggregator.ledger.erasure import erase_visit
from edge.aggregator.ledger.lookup import first_since, last_position, rows_of
from edge.aggregator.transparency import running
from edge.aggregator.transparency.numbers import transparency_of
from edge.aggregator.transparency.running import DAY_S, FRESH_S, KINDS, RunningNumbers
from edge.config import AggregatorConfig
from edge.errors import StorageError
from edge.payload import encode

CONFIG = AggregatorConfig(store="shop")


@pytest.fixture
def clock():
    return StandingClock()


@pytest.fixture
def ledger(tmp_path, clock):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    for row in month(clock.utc, visits=30):
        ledger.append([row.entry], row.utc_s)
    yield ledger
    ledger.close()


@pytest.fixture
def numbers(ledger, clock):
    return RunningNumbers(ledger.database.place, CONFIG, clock)


def reported(ledger, since: float):
    return transparency_of(ledger.entries(), since=since, until=None, audit_share=CONFIG.review.audit_share)


@pytest.mark.parametrize("days", [1, 7, 30])
def test_they_are_the_reports(numbers, ledger, clock, days):
    found = numbers.of(days)
    assert encode(found.numbers) == encode(reported(ledger, clock.utc - days * DAY_S))
    assert found.charged >= found.numbers.visits
    assert found.numbers.visits > 0 or days == 1


def test_they_read_on_where_they_stopped(numbers, ledger, clock, monkeypatch):
    before = numbers.of(30).numbers.with_receipt.numerator
    reads: list[tuple[int, int]] = []
    monkeypatch.setattr(
        running,
        "rows_of",
        lambda ledger, kinds, after, upto: reads.append((after, upto)) or rows_of(ledger, kinds, after, upto),
    )
    head = ledger.head[0]
    ledger.append([ReceiptEntry(receipt_of("new", clock.utc, 0.9, 3))], clock.utc)
    assert numbers.of(30).numbers.with_receipt.numerator == before, "some seconds old"
    assert reads == []
    clock.utc += FRESH_S
    assert numbers.of(30).numbers.with_receipt.numerator == before + 1
    assert reads == [(head, head + 1)]


def test_a_days_old_look_begins_anew_and_says_the_same(numbers, ledger, clock):
    numbers.of(30)
    clock.utc += 1.5 * DAY_S
    assert encode(numbers.of(30).numbers) == encode(reported(ledger, clock.utc - 30 * DAY_S))


def test_an_erased_visit_leaves_the_memory(numbers, ledger, clock):
    numbers.of(30)
    erase_visit(ledger, "v29", reason="asked", by="desk", utc_s=clock.utc)
    for _ in range(2):
        clock.utc += FRESH_S
        found = numbers.of(30).numbers
        assert "v29" not in str(numbers._book._chain_of)
        assert found.visits == reported(ledger, clock.utc - 30 * DAY_S).visits


def test_a_ledger_that_was_replaced_is_read_from_its_beginning(numbers, ledger, clock):
    numbers.of(30)
    place = ledger.database.place
    ledger.close()
    for file in place.parent.glob("ledger.sqlite*"):
        file.unlink()
    fresh = Ledger(place)
    fresh.append([ReceiptEntry(receipt_of("only", clock.utc, 0.9, 1))], clock.utc)
    clock.utc += FRESH_S
    assert numbers.of(30).numbers.with_receipt.numerator == 1
    fresh.close()


def test_a_ledger_that_cannot_be_read_is_said(clock, tmp_path):
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(StorageError):
        RunningNumbers(tmp_path / "ledger.sqlite", CONFIG, clock).of(1)


def test_a_position_by_time_is_that_of_a_search_from_the_beginning(ledger):
    rows = list(ledger.entries())
    for wanted in (0.0, rows[5].utc_s, rows[5].utc_s + 0.001, rows[-1].utc_s + 1):
        expected = next((row.id for row in rows if row.utc_s >= wanted), len(rows) + 1)
        assert first_since(ledger, wanted) == expected
    kept = [row for row in rows if row.entry.__struct_config__.tag in KINDS and 10 < row.id <= 40]
    assert [row.id for row in rows_of(ledger, KINDS, 10, 40)] == [row.id for row in kept]
    assert last_position(ledger) == len(rows)
