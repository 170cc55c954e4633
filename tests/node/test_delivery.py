"""Disk first, then the network; a disk that refuses loses nothing."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from edge.messages import Ack, Disturbance, DisturbanceKind
from edge.node.delivery import RETRY_S, Delivery
from edge.node.faults import Faults
from edge.outbox.store import Outbox
from edge.payload import decode

S = 1_000_000_000


def touch(seq: int) -> Disturbance:
    return Disturbance(
        node="n", boot="b", seq=seq, t_onset=1.0, t_settled=2.0, t_decided=3.0,
        kind=DisturbanceKind.TOUCH, plates=("1/1/1",), reason="x" * 300,
    )  # fmt: skip


class Line:
    """A connection that a test opens and closes."""

    def __init__(self) -> None:
        self.takes = True
        self.sent: list[int] = []

    def send(self, payload: bytes) -> bool:
        if self.takes:
            message: Disturbance = decode(payload, Disturbance, source="line")
            self.sent.append(message.seq)
        return self.takes


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def delivery(tmp_path: Path, line: Line, faults: Faults) -> Delivery:
    made = Delivery(Outbox(tmp_path / "outbox.db", max_messages=100), line.send, faults, in_flight_max=5)
    made.connected(0)
    return made


def test_decisions_go_out_a_window_at_a_time_and_leave_when_acknowledged(
    delivery: Delivery, line: Line
) -> None:
    delivery.accept(touch(seq) for seq in range(1, 9))
    delivery.pump(0)
    assert line.sent == [1, 2, 3, 4, 5]
    assert delivery.backlog == 8
    delivery.acknowledged(Ack(boot="b", upto=3), 0)
    delivery.pump(0)
    assert line.sent == [1, 2, 3, 4, 5, 6, 7, 8]
    delivery.acknowledged(Ack(boot="b", upto=8), 0)
    assert delivery.backlog == 0


def test_what_the_connection_cannot_take_is_sent_later_in_its_order(delivery: Delivery, line: Line) -> None:
    line.takes = False
    delivery.accept([touch(1), touch(2)])
    delivery.pump(0)
    line.takes = True
    delivery.pump(0)
    assert line.sent == [1, 2]


def test_a_locked_disk_sends_nothing_loses_nothing_and_recovers(
    delivery: Delivery, line: Line, faults: Faults, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "outbox.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        delivery.accept([touch(1)])
        delivery.pump(0)
        delivery.accept([touch(2)])
        delivery.pump(0)
        assert line.sent == []
        assert delivery.backlog == 2
        assert "outbox.db: cannot append to the outbox: it is locked" in faults.sentence
        other.execute("ROLLBACK")
    delivery.pump(int(RETRY_S * S))
    assert line.sent == [1, 2]
    assert faults.sentence == ""


def test_a_full_outbox_keeps_the_newest_in_memory_until_there_is_room(
    delivery: Delivery, line: Line, faults: Faults
) -> None:
    delivery.accept(touch(seq) for seq in range(1, 101))
    delivery.pump(0)
    delivery.accept([touch(101)])
    delivery.pump(0)
    assert "the outbox is full" in faults.sentence
    assert delivery.backlog == 101
    delivery.acknowledged(Ack(boot="b", upto=50), S)
    delivery.pump(2 * S)
    assert faults.sentence == ""
    for upto in range(51, 102):
        delivery.acknowledged(Ack(boot="b", upto=upto), 2 * S)
        delivery.pump(2 * S)
    assert line.sent[-1] == 101
    assert delivery.backlog == 0


def test_a_file_that_is_damaged_under_way_is_set_aside(
    delivery: Delivery, line: Line, faults: Faults, tmp_path: Path
) -> None:
    delivery.accept(touch(seq) for seq in range(1, 90))
    delivery.pump(0)
    file = tmp_path / "outbox.db"
    with sqlite3.connect(file) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    garbage = random.Random(3)
    damaged = bytearray(file.read_bytes())
    damaged[4096:] = garbage.randbytes(len(damaged) - 4096)
    file.write_bytes(damaged)
    for attempt in range(1, 5):
        delivery.accept([touch(100 + attempt)])
        delivery.pump(int(attempt * RETRY_S * S))
    assert (tmp_path / "outbox.db.corrupt-1").exists()
    assert "was set aside" in faults.sentence
    assert list(dict.fromkeys(line.sent))[-4:] == [101, 102, 103, 104]
    delivery.acknowledged(Ack(boot="b", upto=104), 10 * S)
    assert delivery.backlog == 0


def test_levels_that_the_disk_refuses_are_left_out(
    delivery: Delivery, faults: Faults, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "outbox.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        delivery.save_levels({"1/1/1": 5.0}, 100.0)
        assert "cannot store levels in the outbox: it is locked" in faults.sentence
        other.execute("ROLLBACK")
    delivery.save_levels({"1/1/1": 6.0}, 101.0)
    assert faults.sentence == ""
