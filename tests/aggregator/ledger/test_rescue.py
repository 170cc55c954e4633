"""A damaged ledger is set aside, what holds is saved, and the writer goes on with an alarm."""

from __future__ import annotations

import pytest
from ledger_places import tampering
from writer_bench import Bench

from edge.aggregator.ledger import Ledger
from edge.errors import StorageError
from edge.messages import Cart
from edge.topics import CART, GATE, NODE_ACK, NODE_EVENT


@pytest.fixture
def begun(bench, shelf) -> Bench:
    """A writer with a visit and three picks in its ledger; no snapshot."""
    bench.say(GATE, shelf.entered("anna"))
    for seq in (1, 2, 3):
        bench.say(NODE_EVENT, shelf.event(seq), node="n1")
    bench.writer._held.ledger.close()
    return bench


def damage(bench: Bench, at: float) -> None:
    """Overwrite a page of the file, as a failing card does."""
    data = bytearray(bench.ledger_file.read_bytes())
    place = int(at * len(data)) // 4096 * 4096
    data[place : place + 4096] = b"\xde\xad" * 2048
    bench.ledger_file.write_bytes(data)


def rows_saved(bench: Bench) -> int:
    assert [each.name for each in bench.ledger_file.parent.glob("*.corrupt-*[0-9]")] == [
        "ledger.sqlite.corrupt-1"
    ]
    return bench.writer.view(broker_connected=True).ledger_rows


def test_a_changed_row_ends_what_is_saved(begun, shelf):
    with tampering(begun.ledger_file) as connection:
        connection.exec_driver_sql("UPDATE entries SET utc_s = 0 WHERE id = 4")
    begun.restart()
    assert rows_saved(begun) == 3, "gate, first pick and its judgement"
    assert "set aside as ledger.sqlite.corrupt-1" in begun.writer.view(broker_connected=True).ledger_alarm
    begun.published.clear()
    begun.say(NODE_EVENT, shelf.event(2), node="n1")
    begun.say(NODE_EVENT, shelf.event(3), node="n1")
    assert [ack.upto for ack in begun.of(NODE_ACK)] == [2, 3]
    assert [line.quantity for line in begun.of(CART, Cart)[-1].lines] == [3]


@pytest.mark.parametrize("at", [0.0, 0.3, 0.6, 0.9])
def test_a_bad_page_wherever_it_is(begun, shelf, at):
    damage(begun, at)
    begun.restart()
    begun.say(NODE_EVENT, shelf.event(4), node="n1")
    begun.writer.settle()
    begun.writer.retry()
    assert begun.writer.fault == ""
    ledger = Ledger(begun.ledger_file)
    assert ledger.verify().broken is None
    ledger.close()
    if ledger.head[0] < 9:  # gate, and four picks with their judgements: some are lost
        assert rows_saved(begun) >= 2


def test_it_breaks_while_the_writer_runs(bench, shelf):
    bench.say(GATE, shelf.entered("anna"))
    bench.say(NODE_EVENT, shelf.event(1), node="n1")
    with tampering(bench.ledger_file) as connection:
        connection.exec_driver_sql("DELETE FROM entries WHERE id = 2")
        connection.exec_driver_sql("DELETE FROM entries WHERE id = 3")
    bench.say(NODE_EVENT, shelf.event(2), node="n1")
    assert "somebody else wrote" in bench.writer.fault
    bench.writer.retry()
    bench.writer.retry()
    assert bench.writer.fault == ""
    ledger = Ledger(bench.ledger_file)
    assert ledger.verify().broken is None
    ledger.close()


def test_a_file_that_is_no_ledger_is_left_alone(bench, tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_text("dear reader, " * 1000)
    bench.ledger_file = letter
    with pytest.raises(StorageError, match="no SQLite file"):
        bench.restart()
    assert letter.read_text().startswith("dear reader")
