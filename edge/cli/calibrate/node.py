"""Counts of a plate whose board a node holds: asked of the node, which sets the plate aside meanwhile."""

from __future__ import annotations

import queue
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np

from edge.broker.connection import BrokerUp, Connection, Received
from edge.calibration.reading import Capture
from edge.config import BoardSection, NodeConfig
from edge.errors import StartError
from edge.messages import Command, CommandVerb, Reply
from edge.payload import decode, encode
from edge.topics import NODE_COMMAND, NODE_REPLY, TopicNames

BROKER_S = 10.0
"""[s] for the broker to take us."""

REPLY_S = 10.0
"""[s] for the node to answer, beyond what it is asked to wait for."""

LEASE_S, RENEW_S = 20.0, 5.0
"""[s] The plate weighs again so long after this command has died; it says so often that it has not."""

PART_S = 60.0
"""[s] A node hands over no more at once."""


class NodeSource:
    """A plate that its node sets aside until :meth:`close`.

    Args:
        config: of the node.
        base_dir: that relative paths of it start from.
        plate: gondola/shelf/plate.
        section: its board.

    Raises:
        StartError: no broker, no node, or the node refuses.
        BrokerError: the broker's credentials cannot be used.
    """

    def __init__(self, config: NodeConfig, base_dir: Path, plate: str, section: BoardSection) -> None:
        if not section.board_id:
            raise StartError(
                "a node holds this board, and its file does not say which board that is",
                where=f"boards, rack {section.rack}", expected="`board_id`",
                fix="Name it there, or stop the node while you calibrate.",
            )  # fmt: skip
        self.board_id, self.channels = section.board_id.lower(), len(section.plates)
        self.origin = f"through node {config.node}, which publishes no events of this plate meanwhile"
        self._node = config.node
        self._who = {"plate": plate, "owner": uuid.uuid4().hex}
        self._topics = TopicNames(config.store)
        self._ended = threading.Event()
        self._connection = Connection(
            config.broker,
            client_id=f"steelyard-calibrate-{uuid.uuid4().hex[:12]}",
            subscriptions=[self._topics.of(NODE_REPLY, node=config.node)],
            base_dir=base_dir,
        )
        self._renewer = threading.Thread(target=self._renew, name="calibrate-lease", daemon=True)
        self._connection.start()
        try:
            self._wait_connected()
            self._ask(CommandVerb.CALIBRATE, lease_s=LEASE_S)
        except BaseException:
            self._connection.close()
            raise
        self._renewer.start()

    def capture(self, seconds: float) -> Capture:
        """See ``CountsSource``."""
        parts, lost, rate_hz, left_s = [], 0, 0.0, seconds
        while left_s > 0:
            part_s = min(left_s, PART_S)
            reply = self._ask(CommandVerb.CAPTURE, wait_s=part_s, seconds=part_s)
            if not reply.counts:
                raise StartError("the node's answer holds no counts", where=self._node)
            parts.append(np.array(reply.counts, np.int32))
            lost, rate_hz = lost + reply.lost, reply.rate_hz
            left_s -= part_s
        return Capture(np.concatenate(parts), rate_hz, lost)

    def adopt(self) -> str:
        """See ``CountsSource``."""
        return f"node {self._node}: {self._ask(CommandVerb.RELOAD).detail}"

    def close(self) -> None:
        """Let the plate weigh again."""
        self._ended.set()
        self._renewer.join()
        self._send(CommandVerb.RELEASE, uuid.uuid4().hex)
        self._connection.drain(2.0)
        self._connection.close()

    def _wait_connected(self) -> None:
        news: Any = None
        try:
            deadline = time.monotonic() + BROKER_S
            while not isinstance(news, BrokerUp):
                news = self._connection.inbox.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise StartError(
                "another program holds the board's port, and the broker to ask its node by does not answer",
                where=self._connection.where, fix="Start the broker, or stop what reads the board.",
            ) from None  # fmt: skip

    def _renew(self) -> None:
        while not self._ended.wait(RENEW_S):
            self._send(CommandVerb.CALIBRATE, "lease", lease_s=LEASE_S)

    def _ask(self, verb: CommandVerb, *, wait_s: float = 0.0, **arguments: float) -> Reply:
        """The node's answer.

        Raises:
            StartError: it refuses, or does not answer.
        """
        correlation = uuid.uuid4().hex
        if not self._send(verb, correlation, **arguments):
            raise StartError("the connection to the broker is gone", where=self._connection.where)
        deadline = time.monotonic() + wait_s + REPLY_S
        try:
            while True:
                news = self._connection.inbox.get(timeout=max(0.0, deadline - time.monotonic()))
                if not isinstance(news, Received):
                    continue
                reply: Reply = decode(news.payload, Reply, source=news.topic)
                if reply.correlation == correlation:
                    break
        except queue.Empty:
            raise StartError(
                "the board's port is held, and no node answers", where=f"node {self._node}",
                fix="Stop the program that reads the board, or start the node.",
            ) from None  # fmt: skip
        if not reply.ok:
            raise StartError(reply.detail, where=f"node {self._node}")
        return reply

    def _send(self, verb: CommandVerb, correlation: str, **arguments: float) -> bool:
        words = self._who | {name: str(value) for name, value in arguments.items()}
        command = Command(correlation=correlation, verb=verb, arguments=words)
        topic = self._topics.of(NODE_COMMAND, node=self._node)
        return self._connection.publish(topic, encode(command), wait_s=2.0)
