"""The store's page and its JSON: read only, from the page's own origin alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.aggregator.web.feed import Feed
from edge.clock import Clock
from edge.payload import encode

STATIC = Path(__file__).parent / "static"

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

STALL_S = 5.0
"""[s] without a new picture the writer counts as stalled; it makes one every second at least."""

SEND_TIMEOUT_S = 20
"""[s] a page that takes nothing for so long is gone."""


class FixedHeaders:
    """Adds ``HEADERS`` to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; see the class."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def create_app(feed: Feed, clock: Clock) -> Starlette:
    """The web application over a feed."""

    async def page(_: Request) -> Response:
        return HTMLResponse(feed.page.document(feed.view))

    async def live(_: Request) -> Response:
        if feed.full:
            return Response("Too many open pages.\n", 503, {"Retry-After": "10"}, "text/plain")
        return EventSourceResponse(_events(feed), send_timeout=SEND_TIMEOUT_S)

    async def state(_: Request) -> Response:
        return _json(feed.view)

    async def receipts(_: Request) -> Response:
        return _json(feed.view.receipts)

    async def healthz(_: Request) -> Response:
        view = feed.view
        faults = [] if view.broker_connected else ["the broker is not connected"]
        if view.ledger_fault:
            faults.append(view.ledger_fault)
        if view.ledger_alarm:
            faults.append(view.ledger_alarm)
        if clock.utc_s() - view.utc > STALL_S:
            faults.append("the aggregator's writer stalls")
        return _json({"status": "fault" if faults else "ok", "faults": faults}, 503 if faults else 200)

    return Starlette(
        routes=[
            Route("/", page),
            Route("/live", live),
            Route("/api/v1/state", state),
            Route("/api/v1/receipts", receipts),
            Route("/healthz", healthz),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(FixedHeaders)],
    )


async def _events(feed: Feed) -> AsyncIterator[ServerSentEvent]:
    async for name, html in feed.follow():
        yield ServerSentEvent(html, event=name)


def _json(content: object, status: int = 200) -> Response:
    return Response(encode(content), status, media_type="application/json")
