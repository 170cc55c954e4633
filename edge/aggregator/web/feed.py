"""Brings the latest picture of the store from the writer's thread to every open page.

Latest state wins: a page that reads slowly skips pictures and then gets the newest one. Each stream holds one
wake-up flag and the versions it has sent; there is no queue that could grow, and the writer never waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from edge.aggregator.store_view import StoreView
from edge.aggregator.web.page import SECTIONS, Page

STREAMS_MAX = 100
"""Pages that may be open at once."""


class Feed:
    """One writer offers, many streams follow.

    Args:
        page: renders the sections.
        view: the first picture.
    """

    def __init__(self, page: Page, view: StoreView) -> None:
        self.page = page
        self.view = view
        self._rendered: StoreView | None = None
        self._html = dict.fromkeys(SECTIONS, "")
        self._versions = dict.fromkeys(SECTIONS, 0)
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

    async def follow(self) -> AsyncIterator[tuple[str, str]]:
        """Yield (section, HTML) for every section at first, then for those that changed."""
        wake = asyncio.Event()
        wake.set()
        sent = dict.fromkeys(SECTIONS, 0)
        self._streams.add(wake)
        try:
            while not self._closed:
                await wake.wait()
                wake.clear()
                self._render()
                for name in SECTIONS:
                    if sent[name] != self._versions[name]:
                        sent[name] = self._versions[name]
                        yield name, self._html[name]
        finally:
            self._streams.discard(wake)

    def _render(self) -> None:
        """Bring the sections up to the latest picture; the first stream that wakes does it for all."""
        view = self.view
        if view is self._rendered:
            return
        for name, html in self.page.sections(view).items():
            if html != self._html[name]:
                self._html[name] = html
                self._versions[name] += 1
        self._rendered = view

    def _wake_all(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake_streams)

    def _wake_streams(self) -> None:
        for wake in self._streams:
            wake.set()
