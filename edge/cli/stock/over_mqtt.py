"""The stock as a running aggregator tells it, and statements to it: over the store's broker."""

from __future__ import annotations

import queue
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from edge.aggregator.stock.book import StockStatement
from edge.aggregator.stock.state import StockView
from edge.broker.connection import Connection, Received
from edge.config import AggregatorConfig
from edge.errors import StartError
from edge.messages import ShelfStock, StockState
from edge.payload import decode, encode
from edge.planogram import Planogram
from edge.topics import COUNTER, SHELF_STOCK, STOCK, TopicNames

PATIENCE_S = 10.0
"""[s] for the aggregator to tell of its stock, and to take a statement in."""


class StockOverMqtt:
    """A short connection; a context manager.

    Args:
        config: of the aggregator.
        base_dir: that relative paths of it start from.
        planogram: whose shelves are told of.

    Raises:
        BrokerError: the broker's credentials cannot be used.
    """

    def __init__(self, config: AggregatorConfig, base_dir: Path, planogram: Planogram) -> None:
        self._names = TopicNames(config.store)
        self._shelves = planogram.shelves
        self._state: StockState | None = None
        self._told: dict[str, ShelfStock] = {}
        self._connection = Connection(
            config.broker,
            client_id=f"steelyard-stock-{uuid.uuid4().hex[:12]}",
            subscriptions=[self._names.of(STOCK), self._names.of(SHELF_STOCK, gondola="+", shelf="+")],
            base_dir=base_dir,
        )

    def __enter__(self) -> StockOverMqtt:
        self._connection.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def view(self) -> StockView:
        """The stock as it is told now.

        Raises:
            StartError: no broker, or nothing is told.
        """
        self._hear(
            lambda: self._state is not None and self._told.keys() >= set(self._shelves),
            "nobody tells of this store's stock",
        )
        return self._view()

    def say(self, statement: StockStatement, is_in: Callable[[StockView], bool]) -> None:
        """Say something; returns when the stock shows it.

        Args:
            statement: saying it again after a failure is harmless.
            is_in: whether what is told now holds it.

        Raises:
            StartError: it did not get through.
        """
        if not self._connection.publish(self._names.of(COUNTER), encode(statement), wait_s=2.0):
            raise StartError("the connection to the broker is gone", where=self._connection.where)
        self._hear(lambda: is_in(self._view()), "the aggregator did not take it in")

    def _hear(self, is_enough: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        try:
            while not is_enough():
                news = self._connection.inbox.get(timeout=max(0.0, deadline - time.monotonic()))
                if isinstance(news, Received) and news.payload:
                    self._take(news)
        except queue.Empty:
            raise StartError(
                otherwise, where=self._connection.where, expected=f"an answer within {PATIENCE_S:.0f} s",
                fix="Check that broker and aggregator run, and that this is the aggregator's own file.",
            ) from None  # fmt: skip

    def _take(self, news: Received) -> None:
        parsed = self._names.parse(news.topic)
        if parsed is None:
            return
        if parsed[0] is STOCK:
            self._state = decode(news.payload, StockState, source=news.topic)
        elif parsed[0] is SHELF_STOCK:
            shelf: ShelfStock = decode(news.payload, ShelfStock, source=news.topic)
            self._told[shelf.shelf] = shelf

    def _view(self) -> StockView:
        shelves = (self._told.get(shelf) for shelf in self._shelves)
        return StockView(self._state or StockState(), tuple(shelf for shelf in shelves if shelf is not None))
