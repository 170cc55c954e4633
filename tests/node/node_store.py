"""What the node's tests share: a store on disk, a node as a process, the other end of the line."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from edge.broker.connection import BrokerUp, Connection, Received
from edge.config import BrokerSection
from edge.messages import Ack, Command, CommandVerb, NodeHealth, NodeState, Reply
from edge.payload import decode, encode
from edge.topics import (
    NODE_ACK,
    NODE_COMMAND,
    NODE_EVENT,
    NODE_HEALTH,
    NODE_REPLY,
    NODE_STATE,
    Topic,
    TopicNames,
)

PATIENCE_S = 40.0
STORE, NODE = "s", "n1"
TOPICS = TopicNames(STORE)
BOARD_ID = "57ee17a4d00000aa"
PLATES = ["r/1/1", "r/1/2", "r/1/3", "r/1/4"]
ZERO_COUNTS, COUNTS_PER_GRAM = 80_000.0, 420.0
CAN_G = 400.0


def wait_until(holds: Callable[[], Any], what: str) -> Any:
    """The first truthy value; fails the test when none comes."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if value := holds():
            return value
        time.sleep(0.02)
    pytest.fail(f"{what}: not within {PATIENCE_S} s")


def write_store(folder: Path) -> None:
    """Catalogue, planogram and the board's calibration."""
    (folder / "calibration").mkdir(parents=True)
    (folder / "catalogue.yaml").write_text(
        yaml.safe_dump({"skus": [{"sku": "4000001", "name": "Can", "weight_g": CAN_G, "price": 1.0}]}),
        encoding="utf-8",
    )
    (folder / "planogram.yaml").write_text(
        yaml.safe_dump(
            {
                "version": "1",
                "gondolas": [
                    {
                        "gondola": "r",
                        "corner_m": [0, 0, 0],
                        "shelves": [{"shelf": "1", "z_m": 1.0, "plates": len(PLATES)}],
                    }
                ],
                "facings": [{"plates": [plate], "sku": "4000001"} for plate in PLATES],
            }
        ),
        encoding="utf-8",
    )
    channels = [{"zero_counts": ZERO_COUNTS, "counts_per_gram": COUNTS_PER_GRAM} for _ in PLATES]
    (folder / "calibration" / f"{BOARD_ID}.yaml").write_text(
        yaml.safe_dump({"board_id": BOARD_ID, "date": "2025-01-01", "channels": channels}),
        encoding="utf-8",
    )


def write_config(folder: Path, port: int, **changed: Any) -> Path:
    """The node's configuration; ``changed`` keys replace the usual ones, None removes."""
    content = {
        "store": STORE,
        "node": NODE,
        "broker": {"port": port, "keepalive_s": 2, "reconnect_min_s": 0.05, "reconnect_max_s": 0.5},
        "health_every_s": 1.0,
        "boards": [{"rack": "r", "port": "board", "board_id": BOARD_ID, "plates": PLATES}],
        **changed,
    }
    file = folder / "node.yaml"
    file.write_text(
        yaml.safe_dump({key: value for key, value in content.items() if value is not None}), encoding="utf-8"
    )
    return file


class NodeProcess:
    """``steelyard node`` as a process that a test may kill."""

    def __init__(self, config: Path) -> None:
        self._command = [sys.executable, "-m", "edge.cli", "node", "--config", str(config)]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def stop(self) -> tuple[int, str]:
        """(exit code, what it said) after SIGTERM."""
        self.process.terminate()
        _, said = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said

    def __enter__(self) -> NodeProcess:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()


class Board:
    """A simulated board as a process behind a pty; plates start with ``loads_g``."""

    def __init__(self, link: Path) -> None:
        self._link = link
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "firmware_bridge.simulated_board", "--board-id", BOARD_ID,
                "--channels", str(len(PLATES)), "--link", str(self._link), "--seed", "1",
            ],
            stdin=subprocess.PIPE, text=True,
        )  # fmt: skip

    def put(self, channel: int, grams: float) -> None:
        """So much lies on the plate from now on."""
        assert self.process.stdin is not None
        self.process.stdin.write(f'{{"channel": {channel}, "grams": {grams}}}\n')
        self.process.stdin.flush()

    def unplug(self) -> None:
        """Kill -9; the link goes first, as udev would have it: the pty is soon another board's."""
        self._link.unlink(missing_ok=True)
        self.process.kill()
        self.process.communicate()

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.unplug()


class AcknowledgingAggregator:
    """The far end: keeps every durable message in a dict and acknowledges as the real one does."""

    def __init__(self, port: int) -> None:
        self.messages: dict[tuple[str, int, int], Any] = {}  # by (boot, seq, revision)
        self.received_total = 0
        self.deaf = False  # hears nothing, as if it were not there
        self.states: list[NodeState] = []
        self.healths: list[NodeHealth] = []
        self.replies: list[Reply] = []
        rows = (NODE_EVENT, NODE_STATE, NODE_HEALTH, NODE_REPLY)
        self._connection = Connection(
            BrokerSection(port=port, keepalive_s=2, reconnect_min_s=0.05, reconnect_max_s=0.5),
            client_id="aggregator",
            subscriptions=[TOPICS.of(row, node="+") for row in rows],
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._up = threading.Event()

    def __enter__(self) -> AcknowledgingAggregator:
        self._connection.start()
        self._thread.start()
        assert self._up.wait(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._connection.close()

    @property
    def health(self) -> NodeHealth | None:
        return self.healths[-1] if self.healths else None

    @property
    def state(self) -> NodeState | None:
        return self.states[-1] if self.states else None

    def say(self, row: Topic, payload: bytes) -> None:
        """Publish on one of the node's topics."""
        assert self._connection.publish(TOPICS.of(row, node=NODE), payload, wait_s=PATIENCE_S)

    def command(self, verb: CommandVerb, correlation: str) -> Reply:
        self.say(NODE_COMMAND, encode(Command(correlation=correlation, verb=verb)))
        return wait_until(
            lambda: next((reply for reply in self.replies if reply.correlation == correlation), None),
            f"a reply to {verb}",
        )

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                news = self._connection.inbox.get(timeout=0.05)
            except queue.Empty:
                continue
            if isinstance(news, BrokerUp):
                self._up.set()
            elif isinstance(news, Received):
                self._take(news)

    def _take(self, news: Received) -> None:
        parsed = TOPICS.parse(news.topic)
        assert parsed is not None
        row, levels = parsed
        content: Any = decode(news.payload, row.payload, source=news.topic)
        if row is NODE_STATE:
            self.states.append(content)
        elif row is NODE_HEALTH:
            self.healths.append(content)
        elif row is NODE_REPLY:
            self.replies.append(content)
        elif not self.deaf:
            self.received_total += 1
            self.messages[content.boot, content.seq, content.revision] = content
            upto = 0
            while (content.boot, upto + 1, 0) in self.messages:
                upto += 1
            ack = Ack(boot=content.boot, upto=upto)
            self._connection.publish(TOPICS.of(NODE_ACK, node=levels["node"]), encode(ack))
