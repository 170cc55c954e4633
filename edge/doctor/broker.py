"""Whether the broker answers, and what it remembers of a node that runs."""

from __future__ import annotations

import queue
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from edge.broker.connection import BrokerDown, BrokerUp, Connection, Received
from edge.config import BrokerSection
from edge.doctor.check import Check, Outcome, failed
from edge.errors import BrokerError, MessageError
from edge.messages import NodeHealth, NodeState
from edge.payload import decode
from edge.topics import NODE_HEALTH, NODE_STATE, TopicNames

PayloadT = TypeVar("PayloadT")

CONNECT_S = 5.0
"""[s] for the broker to answer."""

RETAINED_S = 0.5
"""[s] after the last retained message none will follow."""


def ask_broker(
    section: BrokerSection, base_dir: Path, *, store: str, node: str
) -> tuple[Check, NodeState | None, NodeHealth | None]:
    """(how the broker is, what it retains of a node: state and health).

    Args:
        section: where it is.
        base_dir: that relative paths of the section start from.
        store: name of the store.
        node: name of the node; empty: only the broker is looked at.
    """
    names = TopicNames(store)
    topics = {row: names.of(row, node=node) for row in (NODE_STATE, NODE_HEALTH)} if node else {}
    try:
        connection = Connection(
            section, client_id=f"steelyard-doctor-{uuid.uuid4().hex[:8]}",
            subscriptions=tuple(topics.values()), base_dir=base_dir,
        )  # fmt: skip
    except BrokerError as error:
        return failed("broker", f"{section.host}:{section.port}", error), None, None
    with connection:
        reason, heard = _listen(connection, set(topics.values()))
    if reason:
        check = Check(
            "broker", connection.where, Outcome.FAILURE, reason,
            "Start it, or correct `broker` in the configuration.",
        )  # fmt: skip
        return check, None, None
    check = Check("broker", connection.where, Outcome.OK, "answers and grants its topics")
    try:
        state = _read(heard, topics.get(NODE_STATE, ""), NodeState)
        health = _read(heard, topics.get(NODE_HEALTH, ""), NodeHealth)
    except MessageError as error:
        return failed("broker", connection.where, error), None, None
    return check, state, health


def _listen(connection: Connection, wanted: set[str]) -> tuple[str, dict[str, bytes]]:
    """(why not connected, or empty; retained payload by topic)."""
    heard: dict[str, bytes] = {}
    up = False
    deadline = time.monotonic() + CONNECT_S
    while (left_s := deadline - time.monotonic()) > 0 and not (up and wanted <= heard.keys()):
        try:
            news = connection.inbox.get(timeout=left_s)
        except queue.Empty:
            break
        if isinstance(news, BrokerUp):
            up, deadline = True, time.monotonic() + RETAINED_S
        elif isinstance(news, BrokerDown):
            return news.reason, heard
        elif isinstance(news, Received):
            heard[news.topic] = news.payload
    return ("" if up else f"no answer within {CONNECT_S:g} s"), heard


def _read(heard: Mapping[str, bytes], topic: str, kind: type[PayloadT]) -> PayloadT | None:
    payload = heard.get(topic)
    return decode(payload, kind, source=topic) if payload else None
