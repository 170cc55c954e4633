from __future__ import annotations

import json
import random
import signal
import sqlite3
import time

import pytest
from aggregator_process import NAMES, AggregatorProcess, Client, wait_for

from edge.aggregator.ledger import Ledger
from edge.broker.embedded import EmbeddedBroker
from edge.messages import EventKind, GateDirection, NodeState
from edge.payload import MAX_PAYLOAD_BYTES, Payload, encode
from edge.topics import CART, GATE, NODE_EVENT, NODE_STATE, TRACK

pytestmark = pytest.mark.slow


def enter(client: Client, shelf, visit: str, t: float) -> None:
    client.insist(lambda: client.say(GATE, shelf.entered(visit, t)), lambda: bool(client.carts.get(visit)))


def receipt_of(aggregator: AggregatorProcess, visit: str) -> dict:
    receipts = [row for row in aggregator.state()["receipts"] if row["visit"] == visit]
    return receipts[-1] if receipts else {}


def quantities(ticket: dict) -> dict[str, int]:
    return {line["sku"]: line["quantity"] for line in ticket.get("lines", ())}


def test_pick_to_receipt(aggregator, client, shelf):
    enter(client, shelf, "anna", 1_700_000_000.0)
    client.say(NODE_EVENT, shelf.event(1), node="n1")
    client.say(NODE_EVENT, shelf.event(2, "0002", quantity=2), node="n1")
    wait_for(lambda: client.upto("n1") == 2)
    wait_for(lambda: [len(cart["lines"]) for cart in aggregator.state()["carts"]] == [2])
    client.say(GATE, shelf.left("anna", 1_700_000_020.0))
    wait_for(lambda: (client.hear(), client.receipts)[1])
    wait_for(lambda: (client.hear(), client.carts["anna"] == b"")[1])
    receipt = client.receipts[-1]
    assert [(line.sku, line.quantity) for line in receipt.lines] == [("0001", 1), ("0002", 2)]
    assert receipt.total == pytest.approx(1.5 + 2 * 2.49)
    assert aggregator.get("healthz")[0] == 200
    assert b"Spring water" in aggregator.get("")[1]
    assert aggregator.end() == 0
    assert aggregator.log.count("\n") == 1, "nothing but the page's address"


def test_bad_payloads_disturb_nothing(aggregator, client, shelf):
    class Future(Payload, frozen=True, kw_only=True):
        schema: int = 2

    bad = [b"", b"{", b"\xff\xfe", b"null", b"[]", b'{"schema":1,"x":' + b"[" * 50_000, encode(Future())]
    bad += [b'{"type":"shelf_event"}', b'{"type":"other","node":"n1"}', b"x" * (MAX_PAYLOAD_BYTES + 1)]
    bad += [encode(shelf.entered("anna")), encode(shelf.event(1)).replace(b'"seq":1', b'"seq":"one"')]
    for payload in bad:
        for row, names in (
            (NODE_EVENT, {"node": "n1"}),
            (GATE, {}),
            (TRACK, {}),
            (NODE_STATE, {"node": "n2"}),
        ):
            if payload != encode(shelf.entered("anna")) or row is not GATE:
                client.say(row, payload, **names)
    shelf.node = "stranger"
    client.say(NODE_EVENT, shelf.event(1), node="stranger")
    shelf.node = "n1"
    client.say(NODE_EVENT, shelf.event(1, "9999", plates=["wall/9/9"]), node="n1")
    wait_for(lambda: client.upto("n1") == 1)
    wait_for(lambda: aggregator.state()["flags"])  # the picture follows the acknowledgement
    state = aggregator.state()
    counts = {(row["sender"], row["reason"]): row["count"] for row in state["refusals"]}
    assert counts["n1", "unreadable payload"] == len(bad)
    assert counts["gate", "unreadable payload"] == len(bad) - 1
    assert counts["track", "unreadable payload"] == len(bad)
    assert counts["stranger", "unknown node"] == 1
    assert {(row["reason"], row["name"]) for row in state["flags"]} == {
        ("unknown plate", "wall/9/9"),
        ("unknown SKU", "9999"),
    }
    assert "stranger" not in client.acks
    assert state["carts"] == []
    assert aggregator.log.count("refused a message of n1: unreadable payload") == 1, "logged once a sender"
    assert "Traceback" not in aggregator.log
    assert aggregator.get("")[0] == 200


def test_an_event_that_cannot_be_is_answered_for_good(aggregator, client, shelf):
    """What nobody can compute with is settled as refused; it stops neither the daemon nor its next start."""
    poison = ({"plates": []}, {"sigma_g": 1e200}, {"delta_g": -1e308})
    for seq, change in enumerate(poison, 1):
        raw = json.loads(encode(shelf.event(seq))) | change
        client.say(NODE_EVENT, json.dumps(raw).encode(), node="n1")
    client.say(
        TRACK, b'{"schema":1,"t":1.7e9,"targets":[{"visit":"v","points":{"head":{"at":[1e300,0,0]}}}]}'
    )
    client.say(NODE_EVENT, shelf.event(4), node="n1")
    wait_for(lambda: client.upto("n1") == 4)
    aggregator.end(signal.SIGKILL)
    aggregator.start().wait_connected()
    wait_for(lambda: len(aggregator.state()["decisions"]) == 1)
    assert "Traceback" not in aggregator.log


def test_gap_is_reported_asked_for_and_closed(aggregator, client, shelf):
    client.say(NODE_STATE, NodeState(node="n1", online=True, boot="b1"), retain=True, node="n1")
    client.say(NODE_EVENT, shelf.event(3), node="n1")
    client.say(NODE_EVENT, shelf.event(1), node="n1")
    gaps = wait_for(lambda: aggregator.state()["gaps"])
    assert [(gap["first"], gap["last"]) for gap in gaps] == [(2, 2)]
    assert client.upto("n1") == 1
    wait_for(lambda: (client.hear(), any("n1/command" in topic for topic in client.commands))[1])
    client.say(NODE_EVENT, shelf.event(2), node="n1")
    wait_for(lambda: client.upto("n1") == 3)
    wait_for(lambda: not aggregator.state()["gaps"])


def test_locked_ledger_stops_acknowledging_and_loses_nothing(aggregator, client, shelf):
    enter(client, shelf, "anna", 1_700_000_000.0)
    holder = sqlite3.connect(aggregator.ledger_file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    client.say(NODE_EVENT, shelf.event(1), node="n1")
    client.say(NODE_EVENT, shelf.event(2), node="n1")
    wait_for(lambda: aggregator.state()["ledger_fault"])
    assert client.upto("n1") == 0
    status, body = aggregator.get("healthz")
    assert status == 503
    assert b"locked" in body
    assert b"Nothing is being entered" in aggregator.get("")[1]
    holder.execute("ROLLBACK")
    holder.close()
    wait_for(lambda: client.upto("n1") == 2)
    wait_for(lambda: not aggregator.state()["ledger_fault"])
    wait_for(lambda: aggregator.get("healthz")[0] == 200)
    wait_for(lambda: [quantities(cart) for cart in aggregator.state()["carts"]] == [{"0001": 2}])


def test_kill_in_mid_stream_loses_and_doubles_nothing(aggregator, client, shelf):
    rng = random.Random(11)
    t, seq, kills = 1_700_000_000.0, 0, 0
    for number in range(4):
        visit, expected = f"visit-{number}", {}
        t += 60.0
        enter(client, shelf, visit, t)
        events = {}
        for _ in range(12):
            seq, t = seq + 1, t + 1.5
            sku = rng.choice(("0001", "0002", "0003"))
            back = expected.get(sku, 0) > 0 and rng.random() < 0.3
            kind = EventKind.RETURN if back else EventKind.PICK
            expected[sku] = expected.get(sku, 0) + (-1 if back else 1)
            events[seq] = shelf.event(seq, sku, kind=kind, t=t)
        order = list(events)
        rng.shuffle(order)

        def say(events=events, order=order) -> None:
            for seq in order:
                if seq > client.upto("n1"):
                    client.say(NODE_EVENT, events[seq], node="n1")

        for _ in range(2):
            say()
            time.sleep(rng.random() * 0.08)  # anywhere in the stream, also before its first message
            aggregator.end(signal.SIGKILL)
            kills += 1
            aggregator.start()
        client.insist(say, lambda last=seq: client.upto("n1") >= last)
        t += 5.0
        client.insist(
            lambda visit=visit, t=t: client.say(GATE, shelf.left(visit, t)),
            lambda visit=visit: client.carts[visit] == b"",
        )
        holds = {sku: n for sku, n in expected.items() if n}
        wait_for(lambda visit=visit, holds=holds: quantities(receipt_of(aggregator, visit)) == holds)
    assert kills == 8
    before = aggregator.state()
    assert len(before["receipts"]) == 4
    aggregator.end(signal.SIGKILL)
    ledger = Ledger(aggregator.ledger_file)
    assert ledger.verify().broken is None
    facts = [row.entry.message.seq for row in ledger.entries() if hasattr(row.entry, "message")]
    assert sorted(facts) == list(range(1, seq + 1))
    ledger.close()
    aggregator.start().wait_connected()
    after = aggregator.state()
    for part in ("carts", "receipts", "decisions"):
        assert after[part] == before[part]


def test_ticket_of_a_closed_visit_is_cleared_after_a_kill(aggregator, client, shelf):
    enter(client, shelf, "anna", 1_700_000_000.0)
    client.say(GATE, shelf.left("anna", 1_700_000_010.0))
    wait_for(lambda: (client.hear(), client.carts["anna"] == b"")[1])
    aggregator.end(signal.SIGKILL)
    client.connection.publish(NAMES.of(CART, visit="anna"), b'{"stale":1}', retain=True)
    wait_for(lambda: (client.hear(), client.carts["anna"] != b"")[1])
    told = len(client.receipts)
    aggregator.start()
    wait_for(lambda: (client.hear(), client.carts["anna"] == b"")[1])
    wait_for(lambda: (client.hear(), len(client.receipts) > told)[1])
    assert client.receipts[-1] == client.receipts[0]


@pytest.mark.parametrize("kind", ["nats", pytest.param("mosquitto", marks=pytest.mark.mosquitto)])
def test_broker_restart_brings_the_tickets_back(store_dir, tmp_path, shelf, kind):
    with EmbeddedBroker(kind, tmp_path / "own-broker") as broker:
        aggregator = AggregatorProcess(store_dir, broker.port).start().wait_connected()
        client = Client(broker.port)
        try:
            enter(client, shelf, "anna", 1_700_000_000.0)
            client.carts.clear()
            broker.kill()
            wait_for(lambda: not aggregator.state()["broker_connected"])
            assert aggregator.get("healthz")[0] == 503
            broker.start()
            aggregator.wait_connected()
            wait_for(lambda: (client.hear(), client.carts.get("anna"))[1])
        finally:
            client.close()
            assert aggregator.end(signal.SIGINT) == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("store: shop\nnods: [n1]\n", "aggregator.yaml:2: nods: unknown key"),
        ("store: shop\ncatalogue: nowhere.yaml\n", "nowhere.yaml"),
        ("store: shop\nweb: {host: 192.0.2.1, port: 0}\n", "the page cannot listen"),
    ],
)
def test_bad_start_is_one_sentence(store_dir, broker, content, said):
    process = AggregatorProcess(store_dir, broker.port)
    process.config.write_text(content)
    process.start()
    assert process.wait() == 1
    wait_for(lambda: said in process.log)
    assert "Traceback" not in process.log


def test_a_broken_ledger_is_set_aside_and_service_resumes(aggregator, client, shelf):
    enter(client, shelf, "anna", 1_700_000_000.0)
    aggregator.end()
    with sqlite3.connect(aggregator.ledger_file) as connection:
        connection.execute("DROP TRIGGER entries_never_change")
        connection.execute("UPDATE entries SET utc_s = 0 WHERE id = 1")
        connection.execute("DELETE FROM snapshots")
    aggregator.start().wait_connected()
    assert "row 1: the ledger's chain breaks" in aggregator.log
    assert "ledger.sqlite.corrupt-1" in aggregator.state()["ledger_alarm"]
    assert GateDirection.ENTERED not in aggregator.log
    enter(client, shelf, "bela", 1_700_000_100.0)
    assert aggregator.ledger_file.with_name("ledger.sqlite.corrupt-1").exists()


def test_a_second_aggregator_on_the_same_file_is_refused(aggregator, broker):
    second = AggregatorProcess(aggregator.config.parent, broker.port).start()
    assert second.wait() == 1
    wait_for(lambda: "an aggregator uses this ledger" in second.log)
