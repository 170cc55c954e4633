"""The real daemon as a process of its own, and a client that plays nodes and gate over the real broker."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.broker.connection import Connection, Received
from edge.config import BrokerSection
from edge.messages import Ack, Receipt
from edge.payload import decode, encode
from edge.topics import CART, NODE_ACK, NODE_COMMAND, RECEIPT, Topic, TopicNames

PATIENCE_S = 30.0
"""[s] for anything that must come; two orders of magnitude above what it takes."""

NAMES = TopicNames("shop")


def wait_for(what: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    """The first true value of ``what``."""
    deadline = time.monotonic() + patience_s
    while not (value := what()):
        assert time.monotonic() < deadline, f"waited {patience_s} s in vain"
        time.sleep(0.05)
    return value


class AggregatorProcess:
    """Starts, kills and asks ``steelyard aggregator``."""

    def __init__(self, store_dir: Path, broker_port: int, *, nodes: str = "[n1, n2]") -> None:
        self.config = store_dir / "aggregator.yaml"
        self.config.write_text(
            f"store: shop\nstate_dir: var\nnodes: {nodes}\n"
            f"broker: {{port: {broker_port}, reconnect_min_s: 0.05, reconnect_max_s: 0.3}}\n"
            "web: {port: 0}\n"
        )
        self.ledger_file = store_dir / "var" / "ledger.sqlite"
        self.log = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> AggregatorProcess:
        command = "from edge.cli.main import main; main()"
        self._process = subprocess.Popen(
            [sys.executable, "-c", command, "aggregator", "--config", str(self.config)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        lines = self._process.stdout
        self.url = ""
        while line := lines.readline():
            self.log += line
            if line.startswith("page "):
                self.url = line.removeprefix("page ").strip()
                break
        threading.Thread(target=self._read, args=(lines,), daemon=True).start()
        return self

    def _read(self, lines: Any) -> None:
        for line in lines:
            self.log += line

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(timeout=PATIENCE_S)

    def wait(self) -> int:
        assert self._process is not None
        return self._process.wait(timeout=PATIENCE_S)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def get(self, path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(self.url + path, timeout=PATIENCE_S) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def state(self) -> dict[str, Any]:
        return json.loads(self.get("api/v1/state")[1])

    def wait_connected(self) -> AggregatorProcess:
        wait_for(lambda: self.state()["broker_connected"])
        return self


class Client:
    """Nodes and gate: says a message, and says it again until the aggregator has it."""

    def __init__(self, broker_port: int) -> None:
        self.acks: dict[str, Ack] = {}
        self.carts: dict[str, bytes] = {}
        self.receipts: list[Receipt] = []
        self.commands: list[str] = []
        self.connection = Connection(
            BrokerSection(port=broker_port, reconnect_min_s=0.05, reconnect_max_s=0.3),
            client_id=f"client-{os.getpid()}-{id(self)}",
            subscriptions=[
                NAMES.of(NODE_ACK, node="+"), NAMES.of(NODE_COMMAND, node="+"), NAMES.of(RECEIPT),
                NAMES.of(CART, visit="+"),
            ],
        )  # fmt: skip
        self.connection.start()
        wait_for(lambda: self.connection.connected)

    def close(self) -> None:
        self.connection.close()

    def say(self, row: Topic, message: Any, *, retain: bool = False, **names: str) -> None:
        payload = message if isinstance(message, bytes) else encode(message)
        self.connection.publish(NAMES.of(row, **names), payload, retain=retain)

    def hear(self) -> None:
        while True:
            try:
                news = self.connection.inbox.get_nowait()
            except queue.Empty:
                return
            if not isinstance(news, Received):
                continue
            row, names = NAMES.parse(news.topic)
            if row is NODE_ACK:
                self.acks[names["node"]] = decode(news.payload, Ack, source=news.topic)
            elif row is CART:
                self.carts[names["visit"]] = news.payload
            elif row is RECEIPT:
                self.receipts.append(decode(news.payload, Receipt, source=news.topic))
            else:
                self.commands.append(news.topic)

    def upto(self, node: str) -> int:
        self.hear()
        return self.acks[node].upto if node in self.acks else 0

    def insist(
        self,
        say: Callable[[], None],
        done: Callable[[], bool],
        *,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        """Say it again every half second until it is done."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            say()
            for _ in range(10):
                self.hear()
                if done():
                    return
                meanwhile()
                time.sleep(0.05)
            assert time.monotonic() < deadline, "said in vain"
