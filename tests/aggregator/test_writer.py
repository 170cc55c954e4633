"""The writer without a broker: what it publishes is a list, its clock stands where the test puts it."""

from __future__ import annotations

import sqlite3

import msgspec
from writer_bench import NAMES

from edge.broker.connection import Received
from edge.messages import Ack, Cart, KeyPoint, NodeHealth, NodeState, Receipt, Target, TrackFrame
from edge.payload import encode
from edge.topics import (
    CART,
    GATE,
    NODE_ACK,
    NODE_COMMAND,
    NODE_EVENT,
    NODE_HEALTH,
    NODE_STATE,
    RECEIPT,
    TRACK,
)


def test_order_of_what_is_said(bench, shelf):
    bench.say(GATE, shelf.entered("anna"))
    bench.say(NODE_EVENT, shelf.event(1), node="n1")
    rows = [NAMES.parse(topic)[0] for topic, _, _ in bench.published]
    assert rows == [CART, NODE_ACK, CART]
    assert [retain for _, _, retain in bench.published] == [True, False, True]
    bench.say(GATE, shelf.left("anna", bench.clock.utc + 5))
    bench.clock.utc += 60
    bench.writer.settle()  # the attribution becomes final
    bench.published.clear()
    bench.writer.settle()
    assert [NAMES.parse(topic)[0] for topic, _, _ in bench.published] == [RECEIPT, CART]
    assert bench.published[-1] == (NAMES.of(CART, visit="anna"), b"", True)


def test_acknowledgement_follows_the_commit(bench, shelf):
    seen = []
    publish = bench.publish

    def look(topic: str, payload: bytes, retain: bool) -> bool:
        rows = sqlite3.connect(bench.ledger_file).execute("SELECT count(*) FROM entries").fetchone()[0]
        seen.append((NAMES.parse(topic)[0], rows))
        return publish(topic, payload, retain)

    bench.publish = look
    bench.restart()
    bench.say(NODE_EVENT, shelf.event(1), node="n1")
    assert seen[0][0] is NODE_ACK
    assert seen[0][1] == 2  # the event and its attribution


def test_duplicates_are_acknowledged_and_change_nothing(bench, shelf):
    bench.say(GATE, shelf.entered("anna"))
    for _ in range(3):
        bench.say(NODE_EVENT, shelf.event(1), node="n1")
        bench.say(GATE, shelf.entered("anna"))
    assert [ack.upto for ack in bench.of(NODE_ACK)] == [1, 1, 1]
    view = bench.writer.view(broker_connected=True)
    assert (len(view.decisions), view.duplicates_total) == (1, 5)
    assert [line.quantity for line in view.carts[0].lines] == [1]


def test_a_revision_replaces(bench, shelf):
    bench.say(GATE, shelf.entered("anna"))
    bench.say(NODE_EVENT, shelf.event(1, "0001"), node="n1")
    bench.say(NODE_EVENT, shelf.event(1, "0002", revision=1), node="n1")
    bench.say(NODE_EVENT, shelf.event(1, "0001"), node="n1")
    assert bench.of(NODE_ACK)[-2:] == [Ack(boot="b1", upto=1, revisions=((1, 1),))] * 2
    assert [line.sku for line in bench.of(CART, Cart)[-1].lines] == ["0002"]


def test_rebuilt_from_the_ledger_it_is_the_same(bench, shelf):
    bench.say(GATE, shelf.entered("anna"))
    for seq in (2, 1, 4):
        bench.say(NODE_EVENT, shelf.event(seq, f"000{min(seq, 3)}"), node="n1")
    before = bench.writer.view(broker_connected=True)
    bench.restart()
    after = bench.writer.view(broker_connected=True)
    for part in ("carts", "decisions", "gaps", "flags", "ledger_rows"):
        assert getattr(after, part) == getattr(before, part)


def test_a_killed_aggregator_recalls_the_tracks(bench, shelf):
    """An event that was judged by tracks stays judged by them when it becomes final after a restart."""
    for visit in ("anna", "bela"):
        bench.say(GATE, shelf.entered(visit))
    t = bench.clock.utc + 10

    def person(visit: str, x: float, y: float) -> Target:
        return Target(visit, {"r_wrist": KeyPoint((x, y, 0.9)), "head": KeyPoint((x, y - 0.4, 1.6))})

    for step in range(20):
        at_shelf, away = person("anna", 0.05, 0.1), person("bela", 3.0, -3.0)
        bench.say(TRACK, TrackFrame(t=t - 1 + step * 0.1, targets=(at_shelf, away)))
    bench.say(NODE_EVENT, shelf.event(1, t=t), node="n1")
    bench.restart()
    bench.clock.utc = t + 60
    bench.writer.settle()
    decision = bench.writer.view(broker_connected=True).decisions[0]
    assert decision.visit == "anna"
    assert decision.probability > 0.95


def test_locked_ledger_waits_and_recovers_in_order(bench, shelf, caplog):
    caplog.set_level("INFO")
    bench.say(GATE, shelf.entered("anna"))
    bench.published.clear()
    holder = sqlite3.connect(bench.ledger_file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    for seq in (1, 2):
        for _ in range(2):
            bench.say(NODE_EVENT, shelf.event(seq), node="n1")
    bench.say(NODE_HEALTH, NodeHealth(node="n1", boot="b1", utc=1.0, backlog=2), node="n1")
    bench.writer.settle()
    bench.writer.retry()
    view = bench.writer.view(broker_connected=True)
    assert "locked" in view.ledger_fault
    assert view.nodes[0].backlog == 2, "all else goes on"
    assert bench.published == []
    holder.execute("ROLLBACK")
    bench.writer.retry()
    assert bench.writer.fault == ""
    assert [ack.upto for ack in bench.of(NODE_ACK)] == [1, 2]
    assert [line.quantity for line in bench.of(CART, Cart)[-1].lines] == [2]
    ledger_words = [row.message for row in caplog.records if row.name == "edge.aggregator.ledgered_store"]
    assert len(ledger_words) == 2, "one line when it starts and one when it ends"


def test_somebody_else_wrote_and_the_writer_starts_from_the_ledger(bench, shelf):
    other = bench.make()
    other.receive(NAMES.of(NODE_EVENT, node="n1"), encode(shelf.event(1)))
    bench.say(NODE_EVENT, shelf.event(1), node="n1")
    assert "somebody else wrote" in bench.writer.fault
    bench.writer.retry()
    assert bench.writer.fault == ""
    assert len(bench.writer.view(broker_connected=True).decisions) == 1


def test_receipts_wait_for_the_broker(bench, shelf):
    bench.say(GATE, shelf.entered("anna"))
    bench.say(GATE, shelf.left("anna", bench.clock.utc + 5))
    bench.online = False
    bench.clock.utc += 60
    bench.writer.settle()
    bench.published.clear()
    bench.online = True
    bench.writer.connected()
    assert [receipt.visit for receipt in bench.of(RECEIPT, Receipt)] == ["anna"]
    assert bench.published[-2] == (NAMES.of(CART, visit="anna"), b"", True)


def test_nodes_are_asked_for_what_is_missing(bench, shelf):
    bench.say(NODE_EVENT, shelf.event(2), node="n1")
    bench.writer.settle()
    assert [command.verb for command in bench.of(NODE_COMMAND)] == ["rebirth"]
    bench.say(NODE_STATE, NodeState(node="n1", online=True, boot="b1", next_seq=4), node="n1")
    bench.published.clear()
    for _ in range(5):
        bench.clock.utc += 1.0
        bench.writer.settle()
    (command,) = bench.of(NODE_COMMAND)
    assert (command.verb, command.arguments) == ("resend", {"boot": "b1", "first": "1"})
    assert bench.writer.view(broker_connected=True).nodes[0].waiting == 3


def test_node_that_was_there_before_is_asked_to_send_again(bench):
    state = NodeState(node="n1", online=True, boot="b1")
    topic = NAMES.of(NODE_STATE, node="n1")
    bench.writer.receive(topic, encode(state))
    assert bench.of(NODE_COMMAND) == []
    bench.writer.receive(topic, encode(state), retained=True)
    assert [command.verb for command in bench.of(NODE_COMMAND)] == ["resend"]


def test_silent_and_offline_nodes(bench):
    bench.say(NODE_STATE, NodeState(node="n1", online=True, boot="b1"), node="n1")
    bench.say(NODE_HEALTH, NodeHealth(node="n1", boot="b1", utc=1.0, backlog=0), node="n1")
    assert not bench.writer.view(broker_connected=True).nodes[0].silent
    bench.clock.utc += 21.0
    node = bench.writer.view(broker_connected=True).nodes[0]
    assert node.silent
    assert node.faults == ("no health report for more than 20 s",)
    bench.say(NODE_STATE, NodeState(node="n1", online=False, boot="b1"), node="n1")
    node = bench.writer.view(broker_connected=True).nodes[0]
    assert (node.online, node.silent) == (False, False)


def test_foreign_topics_and_views_are_harmless(bench):
    bench.writer.receive("elsewhere/v1", b"x")
    bench.writer.receive(NAMES.of(NODE_STATE, node="n1"), b"")
    view = bench.writer.view(broker_connected=False)
    assert view.refusals == ()
    assert msgspec.json.decode(encode(view))["broker_connected"] is False


def received(*messages) -> list[Received]:
    return [Received(NAMES.of(NODE_EVENT, node=each.node), encode(each), retained=False) for each in messages]


def test_events_that_come_together_share_a_commit_and_an_acknowledgement(bench, shelf):
    bench.say(GATE, shelf.entered("anna"))
    bench.published.clear()
    appended = []
    append = bench.writer._held.ledger.append
    bench.writer._held.ledger.append = lambda *args: (appended.append(len(args[0])), append(*args))[1]
    bench.writer.receive_all(received(*(shelf.event(seq) for seq in (1, 2, 3))))
    assert appended == [6]
    assert [ack.upto for ack in bench.of(NODE_ACK)] == [3]
    assert [line.quantity for line in bench.of(CART, Cart)[-1].lines] == [3]


def test_together_or_one_by_one_the_ledger_is_the_same(bench, shelf):
    other = msgspec.structs.replace(shelf.event(1, "0002"), node="n2")
    told = [
        shelf.event(2), shelf.event(1), shelf.event(2), other, shelf.event(1, "0003", revision=1),
        shelf.event(1), other,
    ]  # fmt: skip
    gate = Received(NAMES.of(GATE), encode(shelf.entered("anna")), retained=False)
    messages = received(*told)
    messages[3:3] = [gate, Received(NAMES.of(NODE_EVENT, node="n1"), b"rubbish", retained=False)]
    bench.writer.receive_all(messages)
    together = [row.entry for row in bench.writer._held.ledger.entries()]
    view = bench.writer.view(broker_connected=True)
    bench.writer._held.ledger.close()
    bench.ledger_file = bench.ledger_file.with_name("other.sqlite")
    bench.restart()
    for message in messages:
        bench.writer.receive(message.topic, message.payload)
    assert [row.entry for row in bench.writer._held.ledger.entries()] == together
    assert bench.writer.view(broker_connected=True).decisions == view.decisions
    assert bench.writer.view(broker_connected=True).duplicates_total == view.duplicates_total == 3


def test_what_came_together_waits_together(bench, shelf):
    holder = sqlite3.connect(bench.ledger_file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    bench.writer.receive_all(received(shelf.event(1), shelf.event(2)))
    assert bench.published == []
    holder.execute("ROLLBACK")
    bench.writer.retry()
    assert [ack.upto for ack in bench.of(NODE_ACK)] == [1, 2]
