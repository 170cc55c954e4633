"""One row per MQTT topic. Root: ``steelyard/v1/{store}/``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from edge.errors import MessageError
from edge.messages import (
    Ack,
    Cart,
    Command,
    CounterMessage,
    EventEvidence,
    GateEvent,
    NodeHealth,
    NodeMessage,
    NodeState,
    NodeTrace,
    Receipt,
    Reply,
    ReviewQueue,
    ShelfStock,
    StockState,
    TrackFrame,
)

ROOT = "steelyard/v1"


@dataclass(frozen=True, slots=True)
class Topic:
    """A row: who says what, how often, and when silence means trouble."""

    pattern: str  # below the root; {name} stands for one level
    payload: Any  # type or tagged union of edge.messages
    retained: bool
    sender: str
    rate: str  # how often it is published
    stale_after_s: float | None  # [s] silence that is a fault; None: silence is normal
    qos: int = 1


NODE_STATE = Topic("node/{node}/state", NodeState, True, "node", "at connect; last will", None)
NODE_EVENT = Topic("node/{node}/event", NodeMessage, False, "node", "as it happens", None)
NODE_EVIDENCE = Topic(
    "node/{node}/evidence/{event}", EventEvidence, False, "node", "once or twice an event", None
)
NODE_HEALTH = Topic("node/{node}/health", NodeHealth, True, "node", "5 s and on change", 20.0)
NODE_TRACE = Topic("node/{node}/trace", NodeTrace, False, "node", "2 Hz while watched", None, qos=0)
NODE_ACK = Topic("node/{node}/ack", Ack, False, "aggregator", "after each commit", None)
NODE_COMMAND = Topic("node/{node}/command", Command, False, "aggregator, operator", "on demand", None)
NODE_REPLY = Topic("node/{node}/reply", Reply, False, "node", "once a command", None)
TRACK = Topic("track", TrackFrame, False, "tracker", "about 10 Hz", 5.0)
GATE = Topic("gate", GateEvent, False, "gate", "as it happens", None)
CART = Topic("cart/{visit}", Cart, True, "aggregator", "on change; cleared after the receipt", None)
RECEIPT = Topic("receipt", Receipt, False, "aggregator", "at exit; on correction", None)
COUNTER = Topic("counter", CounterMessage, False, "page, point of sale", "as it is said", None)
REVIEW = Topic("review", ReviewQueue, True, "aggregator", "on change", None)
STOCK = Topic("stock", StockState, True, "aggregator", "on change", None)
SHELF_STOCK = Topic("stock/{gondola}/{shelf}", ShelfStock, True, "aggregator", "on change", None)

TABLE = (
    NODE_STATE, NODE_EVENT, NODE_EVIDENCE, NODE_TRACE, NODE_HEALTH, NODE_ACK, NODE_COMMAND, NODE_REPLY,
    TRACK, GATE, CART, RECEIPT, COUNTER, REVIEW, STOCK, SHELF_STOCK,
)  # fmt: skip

_NAME = re.compile(r"[^/+#\x00]+")


class TopicNames:
    """Full topic names of one store."""

    def __init__(self, store: str) -> None:
        self.store = store
        self._prefix = f"{ROOT}/{store}/"
        self._rows = [
            (row, re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(row.pattern))))
            for row in TABLE
        ]

    def of(self, row: Topic, **names: str) -> str:
        """Name to publish on, e.g. ``of(NODE_EVENT, node="g1")``; ``"+"`` subscribes to all.

        Raises:
            MessageError: a level holds ``/``, ``#`` or is empty.
        """
        for level, name in names.items():
            if name != "+" and not _NAME.fullmatch(name):
                raise MessageError(
                    f"unusable topic level {level!r}", where=row.pattern, found=repr(name),
                    expected="a name without / + #",
                )  # fmt: skip
        return self._prefix + row.pattern.format(**names)

    def parse(self, topic: str) -> tuple[Topic, dict[str, str]] | None:
        """The row and the named levels of a received topic; ``None`` when it is not one of ours."""
        if not topic.startswith(self._prefix):
            return None
        rest = topic.removeprefix(self._prefix)
        for row, shape in self._rows:
            if match := shape.fullmatch(rest):
                return row, match.groupdict()
        return None
