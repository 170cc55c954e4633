"""Brings the latest picture of the store from the writer's thread to every open page.

Latest state wins: a page that reads slowly skips pictures and then gets the newest one. Each stream holds one
wake-up flag; there is no queue that could grow, and the writer never waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from edge.aggregator.store_view import StoreView

STREAMS_MAX = 200
"""Pages that may be open at once."""


class Feed:
    """One writer offers, many streams follow.

    Args:
        view: the first picture.

    Attributes:
        view: the latest one.
    """

    def __init__(self, view: StoreView) -> None:
        self.view = view
        self._streams: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    @property
    def full(self) -> bool:
        """Whether no further page may follow."""
        return len(self._streams) >= STREAMS_MAX

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Name the loop in which the streams run."""
        self._loop = loop

    def offer(self, view: StoreView) -> None:
        """Replace the picture. Any thread; never blocks."""
        self.view = view
        self._wake_all()

    def close(self) -> None:
        """End all streams. Any thread."""
        self._closed = True
        self._wake_all()

    async def follow(self) -> AsyncIterator[StoreView]:
        """Yield the picture, then the latest one whenever there is a new one."""
        wake = asyncio.Event()
        wake.set()
        self._streams.add(wake)
        try:
            while True:
                await wake.wait()
                wake.clear()
                if self._closed:
                    return
                yield self.view
        finally:
            self._streams.discard(wake)

    def _wake_all(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake_streams)

    def _wake_streams(self) -> None:
        for wake in self._streams:
            wake.set()
