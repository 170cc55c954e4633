"""Keeps Home Assistant told of the nodes: what is new is published, what is gone cleared, at a start too."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from edge.aggregator.exchange.home_assistant.entities import entities_of
from edge.broker.connection import Received
from edge.config import HomeAssistantSection
from edge.durable_file import write_atomically
from edge.errors import MessageError, StorageError
from edge.messages import NodeState
from edge.payload import decode, encode
from edge.topics import NODE_STATE, TopicNames

logger = logging.getLogger(__name__)

FILE = "home_assistant.json"
"""In ``state_dir``: topics that the broker may hold."""

STATE = NODE_STATE.pattern.rpartition("}")[2]
"""How the topics end that are looked at."""

NODES_MAX = 500
"""[nodes] told of; a flood of invented names ends here."""

WAIT_S = 60.0
"""[s] after a connection: a node whose retained birth message has not come by then was taken away."""

Publish = Callable[[str, bytes, bool], bool]
"""(topic, payload, retain) -> handed to the broker."""


class Discovery:
    """One for the aggregator; its loop calls all methods.

    Args:
        section: whether, and below which topic. Switched off, it takes back what was told.
        names: topics of this store.
        nodes: that may speak; empty: all.
        publish: see :data:`Publish`.
        state_dir: remembers what was told.
    """

    def __init__(
        self,
        section: HomeAssistantSection,
        names: TopicNames,
        *,
        nodes: tuple[str, ...],
        publish: Publish,
        state_dir: Path,
    ) -> None:
        self._section, self._names, self._nodes, self._publish = section, names, nodes, publish
        self._file = state_dir / FILE
        self._states: dict[str, NodeState] = {}
        self._held: dict[str, bytes] = dict.fromkeys(self._read(), b"")  # by topic; b"": of a run before
        self._since_s: float | None = None  # [s] monotonic, of the connection

    def connected(self, mono_s: float) -> None:
        """A new connection: the broker may have lost everything."""
        self._since_s = mono_s
        self._held = dict.fromkeys(self._held, b"")
        self._tell()

    def hear(self, messages: Iterable[Received]) -> None:
        """Look for births, last wills, and nodes that were taken away."""
        changed = False
        for message in messages:
            parsed = self._names.parse(message.topic) if message.topic.endswith(STATE) else None
            if parsed is None or parsed[0] is not NODE_STATE:
                continue
            node = parsed[1]["node"]
            if not message.payload:
                changed |= self._states.pop(node, None) is not None
            elif (state := self._state(message, node)) is not None:
                changed |= self._states.get(node) != state
                self._states[node] = state
        if changed:
            self._tell()

    def tick(self, mono_s: float) -> None:
        """Clear what nobody has answered for."""
        if self._since_s is not None and mono_s - self._since_s >= WAIT_S:
            self._since_s = None
            self._clear(topic for topic, config in self._held.items() if not config)

    def _state(self, message: Received, node: str) -> NodeState | None:
        try:
            state: NodeState = decode(message.payload, NodeState, source=message.topic)
        except MessageError:
            return None  # the writer counts it
        is_known = not self._nodes or node in self._nodes
        has_room = node in self._states or len(self._states) < NODES_MAX
        return state if state.node == node and is_known and has_room else None

    def _tell(self) -> None:
        wanted: dict[str, bytes] = {}
        if self._section.enabled:
            wanted = {
                f"{self._section.prefix}/{topic}": encode(config)
                for state in self._states.values()
                for topic, config in entities_of(self._names, state)
            }
        if new := wanted.keys() - self._held.keys():
            self._write({*self._held, *new})  # before the broker has them
        for topic, config in wanted.items():
            if self._held.get(topic) != config and self._publish(topic, config, True):
                self._held[topic] = config
        if not self._section.enabled:
            self._clear(tuple(self._held))
        else:
            self._clear(topic for topic, config in self._held.items() if config and topic not in wanted)

    def _clear(self, topics: Iterable[str]) -> None:
        cleared = [topic for topic in tuple(topics) if self._publish(topic, b"", True)]
        for topic in cleared:
            del self._held[topic]
        if cleared:
            self._write(set(self._held))

    def _read(self) -> tuple[str, ...]:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=tuple[str, ...])
        except FileNotFoundError:
            return ()
        except (OSError, msgspec.DecodeError) as error:
            logger.warning("%s: what Home Assistant was told is not known any more (%s)", self._file, error)
            return ()

    def _write(self, topics: set[str]) -> None:
        try:
            write_atomically(self._file, encode(sorted(topics)))
        except StorageError as error:
            logger.warning("%s", error)
