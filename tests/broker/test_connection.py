"""The connection against real brokers that come, go and die."""

from __future__ import annotations

import queue
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.broker.connection import BrokerDown, BrokerNews, BrokerUp, Connection, Received, Will
from edge.broker.embedded import EmbeddedBroker
from edge.config import BrokerSection
from edge.errors import BrokerError

PATIENCE_S = 20.0


def section(broker: EmbeddedBroker) -> BrokerSection:
    return BrokerSection(port=broker.port, keepalive_s=2, reconnect_min_s=0.05, reconnect_max_s=0.5)


def next_news(connection: Connection, wanted: Callable[[BrokerNews], bool]) -> Any:
    """The next news that is wanted; fails the test when it does not come."""
    deadline = time.monotonic() + PATIENCE_S
    while (left := deadline - time.monotonic()) > 0:
        try:
            news = connection.inbox.get(timeout=left)
        except queue.Empty:
            break
        if wanted(news):
            return news
    pytest.fail(f"no such news within {PATIENCE_S} s")


def is_up(news: BrokerNews) -> bool:
    return isinstance(news, BrokerUp)


def is_message(news: BrokerNews) -> bool:
    return isinstance(news, Received)


def test_what_one_publishes_another_receives(broker: EmbeddedBroker) -> None:
    with (
        Connection(section(broker), client_id="reader", subscriptions=["s/+/event"]) as reader,
        Connection(section(broker), client_id="writer") as writer,
    ):
        next_news(reader, is_up)
        next_news(writer, is_up)
        for number in range(200):
            assert writer.publish("s/node.1:a/event", b"%d" % number, wait_s=PATIENCE_S)
        got = [next_news(reader, is_message) for _ in range(200)]
        assert got == [Received("s/node.1:a/event", b"%d" % number, False) for number in range(200)]
        assert writer.drain(PATIENCE_S)


def test_retained_state_reaches_a_late_plus_subscriber_and_can_be_cleared(broker: EmbeddedBroker) -> None:
    with Connection(section(broker), client_id="writer") as writer:
        next_news(writer, is_up)
        writer.publish("s/cart/1", b"one", retain=True)
        writer.publish("s/cart/2", b"two", retain=True)
        writer.publish("s/cart/1", b"", retain=True)
        assert writer.drain(PATIENCE_S)
        with Connection(section(broker), client_id="late", subscriptions=["s/cart/+"]) as late:
            assert next_news(late, is_message) == Received("s/cart/2", b"two", True)


MORTAL = """
import sys, time
from edge.broker.connection import BrokerUp, Connection, Will
from edge.config import BrokerSection
connection = Connection(
    BrokerSection(port=int(sys.argv[1])), client_id="mortal", will=Will("s/state/mortal", b"gone")
)
connection.start()
assert connection.inbox.get() == BrokerUp()
print("up", flush=True)
time.sleep(600)
"""


def test_last_will_is_published_on_loss_and_not_on_close(broker: EmbeddedBroker) -> None:
    with Connection(section(broker), client_id="watch", subscriptions=["s/state/+"]) as watch:
        next_news(watch, is_up)
        polite = Connection(section(broker), client_id="polite", will=Will("s/state/polite", b"gone"))
        with polite:
            next_news(polite, is_up)
        with subprocess.Popen(
            [sys.executable, "-c", MORTAL, str(broker.port)], stdout=subprocess.PIPE
        ) as mortal:
            assert mortal.stdout is not None
            assert mortal.stdout.readline() == b"up\n"
            mortal.kill()
        assert next_news(watch, is_message).topic == "s/state/mortal"


def test_publishing_without_a_connection_is_refused_and_nothing_of_it_arrives_later(
    broker: EmbeddedBroker,
) -> None:
    with (
        Connection(section(broker), client_id="writer", subscriptions=["s/x"]) as writer,
    ):
        next_news(writer, is_up)
        broker.kill()
        next_news(writer, lambda news: isinstance(news, BrokerDown))
        assert not writer.connected
        assert not writer.publish("s/x", b"lost")
        broker.start()
        next_news(writer, is_up)
        assert writer.publish("s/x", b"kept")
        assert next_news(writer, is_message).payload == b"kept"


def test_first_connection_is_retried_and_subscriptions_are_renewed_after_each_death(
    broker: EmbeddedBroker,
) -> None:
    broker.stop()
    with Connection(section(broker), client_id="patient", subscriptions=["s/echo"]) as patient:
        assert "cannot connect" in next_news(patient, lambda news: isinstance(news, BrokerDown)).reason
        for round_number in range(3):
            broker.start()
            next_news(patient, is_up)
            assert patient.publish("s/echo", b"%d" % round_number)
            assert next_news(patient, is_message).payload == b"%d" % round_number
            broker.kill()
            next_news(patient, lambda news: isinstance(news, BrokerDown))


def test_a_full_inbox_drops_but_the_connection_lives_on(broker: EmbeddedBroker) -> None:
    small: queue.Queue[BrokerNews] = queue.Queue(maxsize=2)
    reader = Connection(section(broker), client_id="reader", subscriptions=["s/flood"], inbox=small)
    with reader, Connection(section(broker), client_id="writer") as writer:
        next_news(reader, is_up)
        next_news(writer, is_up)
        for _ in range(4):
            assert writer.publish("s/flood", b"x", wait_s=PATIENCE_S)
        time.sleep(3.0)  # two fit, two are given up after a second each
        assert small.qsize() == 2
        next_news(reader, is_message)
        next_news(reader, is_message)
        assert writer.publish("s/flood", b"after")
        assert next_news(reader, lambda news: is_message(news) and news.payload == b"after")


def test_unconfirmed_messages_are_bounded(broker: EmbeddedBroker) -> None:
    with Connection(section(broker), client_id="writer", unconfirmed_max=3) as writer:
        next_news(writer, is_up)
        assert all(writer.publish("s/x", b"x", wait_s=PATIENCE_S) for _ in range(50))
        assert writer.drain(PATIENCE_S)


def test_a_server_that_never_answers_is_reported() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        silent = BrokerSection(port=mute.getsockname()[1], keepalive_s=2)
        with Connection(silent, client_id="hopeful") as hopeful:
            reason = next_news(hopeful, lambda news: isinstance(news, BrokerDown)).reason
            assert "no answer" in reason or "Keep alive" in reason


@pytest.mark.parametrize("option", ["password_file", "ca_file"])
def test_unreadable_credentials_are_named(option: str, tmp_path: Path) -> None:
    broken = BrokerSection(**{option: "missing.pem"})
    with pytest.raises(BrokerError, match=r"missing\.pem.*broker\." + option):
        Connection(broken, client_id="x", base_dir=tmp_path)
