"""The real outbox of a node against the writer: what is acknowledged leaves, the rest holds up nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import pytest

from edge.aggregator.writer import Writer
from edge.config import AggregatorConfig
from edge.messages import Ack
from edge.outbox.publisher import Publisher
from edge.outbox.store import Outbox
from edge.payload import decode, encode
from edge.topics import NODE_ACK, NODE_EVENT, TopicNames

NAMES = TopicNames("shop")
IN_FLIGHT = 4


class SteppingClock:
    def __init__(self) -> None:
        self.utc = 1_700_000_000.0

    def mono_ns(self) -> int:
        return int(self.utc * 1e9)

    def utc_s(self) -> float:
        return self.utc


@dataclass
class Link:
    """A node's outbox and publisher, and the aggregator's writer, with nothing but air between them."""

    outbox: Outbox
    writer: Writer
    clock: SteppingClock
    node: str
    acks: list[Ack]
    publisher: Publisher = field(default_factory=lambda: Publisher(in_flight_max=IN_FLIGHT))

    def run(self, seconds: int, *, lose=lambda row: False, spoil=lambda payload: payload) -> None:
        self.publisher.connected(self.clock.mono_ns())
        for _ in range(seconds):
            now = self.clock.mono_ns()
            self.publisher.offer(self.outbox.read(self.publisher.last_id, self.publisher.room), now)
            for row in self.publisher.due(now):
                self.publisher.sent(row, now)
                if not lose(row):
                    self.writer.receive(NAMES.of(NODE_EVENT, node=self.node), spoil(row.payload))
            while self.acks:
                self.publisher.forget(self.outbox.acknowledge(self.acks.pop(0)), now)
            self.clock.utc += 1.0


@pytest.fixture
def link(store_dir, catalogue, planogram, tmp_path):
    clock, acks = SteppingClock(), []

    def publish(topic: str, payload: bytes, retain: bool) -> bool:
        if NAMES.parse(topic)[0] is NODE_ACK:
            acks.append(decode(payload, Ack, source=topic))
        return True

    writer = Writer(
        AggregatorConfig(store="shop", nodes=("n1",)), catalogue=catalogue, planogram=planogram,
        place=store_dir / "ledger.sqlite", state_dir=store_dir, publish=publish, clock=clock,
    )  # fmt: skip
    outbox = Outbox(tmp_path / "outbox.sqlite", max_messages=1000)
    yield Link(outbox, writer, clock, "n1", acks)
    outbox.close()
    writer.close()


def left_over(link) -> list[int]:
    return [row.seq for row in link.outbox.read(0, 1000)]


def test_a_gap_for_ever_holds_up_nothing(link, shelf):
    """Number 1 went with a damaged outbox."""
    link.outbox.append([shelf.event(seq) for seq in range(2, 302)])
    link.run(120)
    assert left_over(link) == []
    assert [(gap.first, gap.last) for gap in link.writer.view(broker_connected=True).gaps] == [(1, 1)]


def test_lost_messages_come_again(link, shelf):
    link.outbox.append([shelf.event(seq) for seq in range(1, 41)])
    losses = iter([True, False, False] * 30)
    link.run(200, lose=lambda row: next(losses, False))
    assert left_over(link) == []
    assert len(link.writer.view(broker_connected=True).decisions) == 40


def test_an_impossible_message_is_entered_as_refused_and_forgotten_by_its_node(link, shelf):
    impossible = msgspec.structs.replace(shelf.event(2), hypotheses=())
    link.outbox.append([shelf.event(1), impossible, shelf.event(3)])
    link.run(5)
    assert left_over(link) == []
    view = link.writer.view(broker_connected=True)
    assert (len(view.decisions), view.gaps) == (2, ())
    assert [(row.sender, row.count) for row in view.refusals] == [("n1", 1)]


def test_an_unreadable_message_of_another_schema_waits_alone(link, shelf):
    link.outbox.append([shelf.event(seq) for seq in range(1, 101)])

    def newer(payload: bytes) -> bytes:
        return payload.replace(b'"schema":1', b'"schema":2') if b'"seq":7,' in payload else payload

    link.run(120, spoil=newer)
    assert left_over(link) == [7]
    link.run(120)
    assert left_over(link) == [], "the aggregator has been updated"


def test_an_unlisted_node_keeps_everything_until_it_is_listed(link, shelf):
    shelf.node = link.node = "n2"
    link.outbox.append([shelf.event(1), shelf.event(2)])
    link.run(60)
    assert left_over(link) == [1, 2]
    assert link.writer.view(broker_connected=True).ledger_rows == 0


def test_refusals_survive_a_restart(link, shelf, store_dir, catalogue, planogram):
    impossible = encode(msgspec.structs.replace(shelf.event(1), hypotheses=()))
    topic = NAMES.of(NODE_EVENT, node="n1")
    link.writer.receive(topic, impossible)
    again = Writer(
        AggregatorConfig(store="shop", nodes=("n1",)), catalogue=catalogue, planogram=planogram,
        place=store_dir / "ledger.sqlite", state_dir=store_dir, publish=lambda *_: True, clock=link.clock,
    )  # fmt: skip
    again.receive(topic, impossible)
    assert again.view(broker_connected=True).ledger_rows == 1
    again.close()
