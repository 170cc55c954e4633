"""The real aggregator, killed by its receiver between a delivery and the note of it."""

from __future__ import annotations

import json
import signal

import pytest
from aggregator_process import AggregatorProcess, Client, wait_for
from receiver import Receiver
from small_store import T0, Shelf

from edge.aggregator.exchange.webhooks.signature import new_secret
from edge.topics import GATE

pytestmark = pytest.mark.slow


def test_what_was_told_when_it_was_killed_is_told_again(store_dir, broker):
    receiver = Receiver()
    daemon = AggregatorProcess(store_dir, broker.port)
    (store_dir / "hook.secret").write_text(new_secret())
    with daemon.config.open("a") as file:
        file.write(
            f"webhooks: [{{name: till, url: '{receiver.url}', secret_file: hook.secret, from_start: true,"
            " kinds: [visit.entered]}]\n"
        )
    receiver.behaviours.append(lambda _: daemon.end(signal.SIGKILL))
    daemon.start().wait_connected()
    client = Client(broker.port)
    try:
        client.insist(lambda: client.say(GATE, Shelf.entered("anna", T0)), lambda: not daemon.running)
        daemon.start().wait_connected()
        wait_for(lambda: len(receiver.got) > 1)
        assert len({got.id for got in receiver.got}) == 1
        assert json.loads(receiver.got[1].body)["data"]["visit"] == "anna"
        assert json.loads(daemon.get("healthz")[1])["alarms"] == []
    finally:
        client.close()
        if daemon.running:
            daemon.end()
        receiver.close()
