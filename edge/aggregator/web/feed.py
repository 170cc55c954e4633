"""Brings to every open page what the writer's thread knows: its latest picture, and that something changed.

Latest state wins: a page that reads slowly skips pictures and then gets the newest one. Each stream holds one
wake-up flag; there is no queue that could grow, and the writer never waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from edge.aggregator.store_view import StoreView

STREAMS_MAX = 200
"""Pages that may be open at once."""


class Bell:
    """Rung by any thread, heard by coroutines of one loop; rings that came while nobody listened are one."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Name the loop in which it is heard."""
        self._loop = loop

    def ring(self) -> None:
        """Wake whoever listens; never blocks."""
        if self._listeners and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    async def heard(self) -> AsyncIterator[None]:
        """Yield at once, and then after every ring."""
        wake = asyncio.Event()
        wake.set()
        self._listeners.add(wake)
        try:
            while True:
                await wake.wait()
                wake.clear()
                yield
        finally:
            self._listeners.discard(wake)

    def _wake(self) -> None:
        for wake in self._listeners:
            wake.set()


class Feed:
    """One writer offers, many streams follow.

    Args:
        view: the first picture.

    Attributes:
        view: the latest one.
        is_closed: whether the pages are being taken down.
    """

    def __init__(self, view: StoreView) -> None:
        self.view = view
        self.is_closed = False
        self._offered, self._changed = Bell(), Bell()

    @property
    def full(self) -> bool:
        """Whether no further page may follow."""
        return len(self._offered) + len(self._changed) >= STREAMS_MAX

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Name the loop in which the streams run."""
        self._offered.bind(loop)
        self._changed.bind(loop)

    def offer(self, view: StoreView) -> None:
        """Replace the picture. Any thread; never blocks."""
        self.view = view
        self._offered.ring()
        self._changed.ring()

    def stir(self) -> None:
        """Say that something changed, long before the next picture. Any thread; never blocks."""
        self._changed.ring()

    def close(self) -> None:
        """End all streams. Any thread."""
        self.is_closed = True
        self._offered.ring()
        self._changed.ring()

    async def follow(self) -> AsyncIterator[StoreView]:
        """Yield the picture, then the latest one whenever there is a new one."""
        async for _ in self._offered.heard():
            if self.is_closed:
                return
            yield self.view

    async def changes(self) -> AsyncIterator[None]:
        """Yield at once, then whenever something changed, and with every picture."""
        async for _ in self._changed.heard():
            if self.is_closed:
                return
            yield
