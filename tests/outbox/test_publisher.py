"""The publisher against a model: whatever the network loses, doubles or reorders, everything arrives."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from shelf_messages import touch

from edge.messages import Ack, Disturbance
from edge.outbox.publisher import HELD_WINDOWS, RESEND_MAX_S, RESEND_MIN_S, Publisher
from edge.outbox.store import Outbox, OutboxRow
from edge.payload import decode

S = 1_000_000_000
WINDOW = 4

Identity = tuple[str, int, int]


def row(number: int) -> OutboxRow:
    return OutboxRow(number, "b1", number, 0, b"")


def test_sends_a_window_in_order_and_no_more() -> None:
    publisher = Publisher(in_flight_max=3)
    assert publisher.room == 0
    publisher.connected(0)
    assert publisher.room == 3
    publisher.offer([row(1), row(2), row(3)], 0)
    assert publisher.room == 0
    assert [due.id for due in publisher.due(0)] == [1, 2, 3]
    publisher.sent(row(1), 0)
    assert [due.id for due in publisher.due(0)] == [2, 3]
    publisher.forget({1}, 0)
    assert publisher.room == 1


def test_waits_longer_with_each_send() -> None:
    publisher = Publisher(in_flight_max=3)
    publisher.connected(0)
    publisher.offer([row(1)], 0)
    now, waits = 0, []
    for _ in range(8):
        publisher.sent(row(1), now)
        due = publisher.next_due_ns()
        assert due is not None
        assert publisher.due(due - 1) == ()
        waits.append((due - now) / S)
        now = due
    assert waits[0] == RESEND_MIN_S
    assert waits == sorted(waits)
    assert waits[-1] == RESEND_MAX_S


def test_a_new_connection_makes_all_due_at_once_and_a_lost_one_none() -> None:
    publisher = Publisher(in_flight_max=3)
    publisher.connected(0)
    publisher.offer([row(1), row(2)], 0)
    for each in publisher.due(0):
        publisher.sent(each, 0)
    publisher.disconnected()
    assert publisher.due(100 * S) == ()
    assert publisher.next_due_ns() is None
    publisher.connected(S)
    assert [due.id for due in publisher.due(S)] == [1, 2]


def test_acknowledged_ones_give_the_rest_time() -> None:
    publisher = Publisher(in_flight_max=3)
    publisher.connected(0)
    publisher.offer([row(1), row(2)], 0)
    for each in publisher.due(0):
        publisher.sent(each, 0)
    almost = int(RESEND_MIN_S * S) - 1
    publisher.forget({1}, almost)
    assert publisher.due(almost + 1) == ()
    assert [due.id for due in publisher.due(almost + int(RESEND_MIN_S * S))] == [2]


def test_unanswered_rows_let_others_pass_but_not_without_bound() -> None:
    publisher = Publisher(in_flight_max=2)
    publisher.connected(0)
    number = 0
    for now in range(0, 2000 * S, S):
        if publisher.room:
            number += 1
            publisher.offer([row(number)], now)
        for each in publisher.due(now):
            publisher.sent(each, now)
    assert number == 2 * HELD_WINDOWS
    publisher.forget({1}, 2000 * S)
    assert publisher.room == 1


class Network(RuleBasedStateMachine):
    """A node with a real outbox, a network that does what it likes, and an aggregator that keeps a set."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.now = 0
        self.boots = 0
        self.decided: list[Identity] = []
        self.ledger: set[Identity] = set()
        self.uplink: list[bytes] = []
        self.downlink: list[Ack] = []
        self.start_node()

    def start_node(self) -> None:
        self.outbox = Outbox(self.folder / "outbox.db", max_messages=1000)
        self.publisher = Publisher(in_flight_max=WINDOW)
        self.boot = self.outbox.new_boot()
        self.seq = 0

    # --- the node ---

    @rule(count=st.integers(1, 6))
    def decide(self, count: int) -> None:
        messages = [touch(self.seq + 1 + index, boot=self.boot) for index in range(count)]
        self.outbox.append(messages)
        self.seq += count
        self.decided += [(message.boot, message.seq, 0) for message in messages]

    @precondition(lambda self: self.seq > 0)
    @rule(data=st.data())
    def refine(self, data: st.DataObject) -> None:
        seq = data.draw(st.integers(1, self.seq))
        revision = 1 + max(r for boot, s, r in self.decided if (boot, s) == (self.boot, seq))
        self.outbox.append([touch(seq, boot=self.boot, revision=revision)])
        self.decided.append((self.boot, seq, revision))

    @rule()
    def kill_node(self) -> None:
        self.outbox.close()
        self.start_node()

    @rule()
    def connect(self) -> None:
        self.publisher.connected(self.now)

    @rule()
    def disconnect(self) -> None:
        self.publisher.disconnected()
        self.uplink.clear()
        self.downlink.clear()

    @rule()
    def pump(self) -> None:
        self.publisher.offer(self.outbox.read(self.publisher.last_id, self.publisher.room), self.now)
        due = self.publisher.due(self.now)
        assert [each.id for each in due] == sorted(each.id for each in due)
        for each in due:
            self.publisher.sent(each, self.now)
            self.uplink.append(each.payload)

    @rule(seconds=st.floats(0.1, 40))
    def wait(self, seconds: float) -> None:
        self.now += int(seconds * S)

    # --- the network ---

    @precondition(lambda self: self.uplink)
    @rule(data=st.data(), fate=st.sampled_from(["deliver", "deliver twice", "lose"]))
    def carry_up(self, data: st.DataObject, fate: str) -> None:
        payload = self.uplink.pop(data.draw(st.integers(0, len(self.uplink) - 1)))
        if fate == "deliver twice":
            self.uplink.append(payload)
        if fate != "lose":
            self.receive(payload)

    @precondition(lambda self: self.downlink)
    @rule(data=st.data(), fate=st.sampled_from(["deliver", "deliver twice", "lose"]))
    def carry_down(self, data: st.DataObject, fate: str) -> None:
        ack = self.downlink.pop(data.draw(st.integers(0, len(self.downlink) - 1)))
        if fate == "deliver twice":
            self.downlink.append(ack)
        if fate != "lose":
            self.publisher.forget(self.outbox.acknowledge(ack), self.now)

    # --- the aggregator ---

    def receive(self, payload: bytes) -> None:
        message: Disturbance = decode(payload, Disturbance, source="uplink")
        self.ledger.add((message.boot, message.seq, message.revision))
        held = {(seq, revision) for boot, seq, revision in self.ledger if boot == message.boot}
        upto = 0
        while any(seq == upto + 1 for seq, _ in held):
            upto += 1
        highest = tuple(
            (seq, max(r for s, r in held if s == seq))
            for seq in sorted({s for s, r in held if r and s <= upto})
        )
        self.downlink.append(Ack(boot=message.boot, upto=upto, revisions=highest))

    # --- what must hold ---

    @invariant()
    def only_what_the_ledger_replaces_has_left(self) -> None:
        waiting = {(each.boot, each.seq, each.revision) for each in self.outbox.read(0, 1000)}
        assert len(waiting) == self.outbox.backlog
        for boot, seq, revision in set(self.decided) - waiting:
            assert any(b == boot and s == seq and r >= revision for b, s, r in self.ledger)

    def teardown(self) -> None:
        """The network heals: everything arrives, and the outbox empties."""
        self.connect()
        for _ in range(200):
            self.pump()
            for payload in self.uplink:
                self.receive(payload)
            self.uplink.clear()
            for ack in self.downlink:
                self.publisher.forget(self.outbox.acknowledge(ack), self.now)
            self.downlink.clear()
            if not self.outbox.backlog:
                break
            self.now += int(RESEND_MIN_S * S)
        assert self.outbox.backlog == 0
        assert self.publisher.next_due_ns() is None
        latest: dict[tuple[str, int], int] = {}
        for boot, seq, revision in self.decided:
            latest[boot, seq] = max(revision, latest.get((boot, seq), 0))
        assert {(boot, seq, revision) for (boot, seq), revision in latest.items()} <= self.ledger
        assert self.ledger <= set(self.decided)
        self.outbox.close()
        shutil.rmtree(self.folder)


TestNetwork = Network.TestCase
TestNetwork.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
