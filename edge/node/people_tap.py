"""Listens to tracker and gate, so that a node's recording holds the people, too, and replays as a store."""

from __future__ import annotations

import logging
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.broker.connection import BrokerNews, Connection, Received
from edge.config import NodeConfig
from edge.errors import MessageError, StorageError
from edge.payload import decode
from edge.recording.mcap_recorder import Recorder
from edge.topics import GATE, TRACK, TopicNames

_log = logging.getLogger(__name__)


class PeopleTap:
    """A connection of its own, whose messages go straight into a recording.

    Args:
        config: the node's.
        base_dir: that relative paths of the configuration start from.
        recorder: is told everything; serves several threads.
    """

    def __init__(self, config: NodeConfig, base_dir: Path, recorder: Recorder) -> None:
        self._topics = TopicNames(config.store)
        self._recorder: Recorder | None = recorder
        self._connection = Connection(
            config.broker,
            client_id=f"steelyard-node-{config.node}-people",
            subscriptions=(self._topics.of(TRACK), self._topics.of(GATE)),
            inbox=self,
            base_dir=base_dir,
        )

    def __enter__(self) -> Self:
        self._connection.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def put(self, item: BrokerNews, block: bool = True, timeout: float | None = None) -> None:
        """Take one piece of news; see :class:`edge.broker.connection.Inbox`. Never full."""
        del block, timeout
        parsed = self._topics.parse(item.topic) if isinstance(item, Received) else None
        if self._recorder is None or parsed is None or not isinstance(item, Received):
            return
        try:
            self._recorder.people(decode(item.payload, parsed[0].payload, source=item.topic))
        except MessageError as error:
            _log.warning("refused: %s", error)
        except StorageError as error:
            _log.error("%s (recording of people stopped)", error)
            self._recorder = None
