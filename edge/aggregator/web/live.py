"""Pages that stay up to date: sections of HTML, each sent as a server-sent event when it changes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Generic, TypeVar

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException
from starlette.responses import Response

from edge.aggregator.store_view import StoreView
from edge.aggregator.web.feed import Feed

SEND_TIMEOUT_S = 20
"""[s] a page that takes nothing for so long is gone."""

T = TypeVar("T")


class Sections(Generic[T]):
    """Renders a picture once for all streams of one page.

    Args:
        render: HTML of every section by name.
    """

    def __init__(self, render: Callable[[T], Mapping[str, str]]) -> None:
        self._render = render
        self._of: T | None = None
        self._html: Mapping[str, str] = {}

    def of(self, picture: T) -> Mapping[str, str]:
        """HTML by name; the first stream that asks for a picture has it made."""
        if self._of is not picture:
            self._html, self._of = self._render(picture), picture
        return self._html


async def changed(pictures: AsyncIterator[T], sections: Sections[T]) -> AsyncIterator[tuple[str, str]]:
    """Yield (name, HTML) of every section at first, then of those that changed."""
    sent: dict[str, str] = {}
    async for picture in pictures:
        for name, html in sections.of(picture).items():
            if sent.get(name) != html:
                sent[name] = html
                yield name, html


def stream(feed: Feed, sections: Sections[StoreView]) -> Response:
    """Answer with a stream of sections of the store's picture.

    Raises:
        HTTPException: 503, too many pages are open.
    """
    if feed.full:
        raise HTTPException(503, "Too many pages are open.", {"Retry-After": "10"})
    return events(changed(feed.follow(), sections))


def events(news: AsyncIterator[tuple[str, str]]) -> Response:
    """Answer with (event, data) as they come."""

    async def told() -> AsyncIterator[ServerSentEvent]:
        async for name, html in news:
            yield ServerSentEvent(html, event=name)

    return EventSourceResponse(told(), send_timeout=SEND_TIMEOUT_S)
