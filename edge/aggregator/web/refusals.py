"""What somebody sees when something is refused or fails: what, why and what to do, and never a traceback."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.aggregator.web.access.forms import FormError
from edge.aggregator.web.access.visitor import Visitor
from edge.aggregator.web.api.answers import Problem
from edge.aggregator.web.clerk import WriterBusyError
from edge.aggregator.web.rendering import Templates
from edge.errors import MessageError, SteelyardError, StorageError
from edge.payload import encode

logger = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # without any, browsers do not say where our own forms come from
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Of every answer: nothing from elsewhere is loaded, nothing of ours is shown in another's page."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is said."""

    status: int
    title: str
    advice: str
    retry_s: int = 0


_BY_STATUS = {
    400: ("This request cannot be understood", "Go back and try again."),
    401: ("Please sign in", "This page needs an account."),
    403: ("This is not for your account", "Ask the store's manager if you should see it."),
    404: ("There is nothing here", "Check the address, or begin at the first page."),
    405: ("This cannot be done here", "Use the buttons of the pages."),
    409: ("This has changed meanwhile", "Load the page again and look before you decide."),
    413: ("That is too much at once", "Send less."),
    429: ("Too many tries", "Wait a minute, then try again."),
    503: ("The store cannot answer at the moment", "Nothing is lost. Try again in a few seconds."),
}
_BY_ERROR: tuple[tuple[type[SteelyardError], int], ...] = (
    (FormError, 403),
    (MessageError, 400),
    (WriterBusyError, 503),
    (StorageError, 503),
)
_FAULT = Refusal(
    500, "Something went wrong here", "It has been written to the log. Try again, or tell the staff."
)
RETRY_S = 5

PROBLEM_KINDS = {
    400: "bad-question", 401: "no-key", 403: "not-allowed", 404: "not-found", 405: "wrong-method",
    409: "changed", 413: "too-large", 429: "too-often", 503: "busy",
}  # fmt: skip
"""How programs know a refusal, by its status."""


def refusal_of(error: Exception) -> Refusal:
    """An exception in words; of a bug of ours nothing is told."""
    if isinstance(error, HTTPException):
        title, advice = _BY_STATUS.get(error.status_code, _BY_STATUS[400])
        own = error.detail if error.detail and not _is_stock_phrase(error) else advice
        return Refusal(error.status_code, title, own, RETRY_S if error.status_code in (429, 503) else 0)
    for kind, status in _BY_ERROR:
        if isinstance(error, kind):
            said = f"{error.what[:1].upper()}{error.what[1:]}."
            retry_s = RETRY_S if status == 503 else 0
            return Refusal(status, _BY_STATUS[status][0], f"{said} {error.fix}".strip(), retry_s)
    return _FAULT


class Refusals:
    """Makes pages of failures.

    Args:
        templates: ``refusal.html`` among them.
    """

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def answer(self, request: Request, error: Exception) -> Response:
        """A page for people, a problem as JSON for programs."""
        refusal = refusal_of(error)
        if refusal is _FAULT:
            logger.error("a page failed: %s %s", request.method, request.url.path, exc_info=error)
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        if refusal.retry_s:
            headers.setdefault("Retry-After", str(refusal.retry_s))
        if request.url.path.startswith("/api/"):
            return _problem(refusal, headers)
        if not hasattr(request.state, "visitor"):  # turned away before anybody asked who it was
            request.state.visitor = Visitor("", None, browser="", address="")
        page = self._templates.page(request, "refusal.html", status=refusal.status, refusal=refusal)
        page.headers.update(headers)
        return page


class PlainAnswers:
    """Gives every answer its headers, and makes a page of every failure."""

    def __init__(self, app: ASGIApp, refusals: Refusals) -> None:
        self._app, self._refusals = app, refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; see the class."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            if has_begun:
                raise
            answer = self._refusals.answer(Request(scope), error)
            await answer(scope, receive, send_with_headers)


def _problem(refusal: Refusal, headers: dict[str, str]) -> Response:
    """What RFC 9457 wants; its type never changes, its words may."""
    kind = PROBLEM_KINDS.get(refusal.status, "failed")
    problem = Problem(
        type=f"urn:steelyard:problem:{kind}",
        title=refusal.title,
        status=refusal.status,
        detail=refusal.advice,
    )
    return Response(encode(problem), refusal.status, headers, "application/problem+json")


def _is_stock_phrase(error: HTTPException) -> bool:
    return HTTPException(error.status_code).detail == error.detail
