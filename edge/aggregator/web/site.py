"""What pages are made of, and the one way in which one becomes a route: with the right that it asks for."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from edge.aggregator.entries import AccessEntry, AccessKind
from edge.aggregator.exchange.pages import Records
from edge.aggregator.live_traces import LiveTraces
from edge.aggregator.transparency.figures import Found
from edge.aggregator.web.access.access import Access
from edge.aggregator.web.access.forms import Form
from edge.aggregator.web.access.roles import Right
from edge.aggregator.web.access.visitor import visitor_of
from edge.aggregator.web.clerk import Clerk
from edge.aggregator.web.feed import Feed
from edge.aggregator.web.rendering import Tab, Templates
from edge.clock import Clock
from edge.messages import EventEvidence, EventIdentity
from edge.payload import encode
from edge.planogram import Catalogue, Planogram

SIGN_IN = "/sign-in"

FIELDS_MAX = 200
"""[fields] of one form."""

Page = Callable[[Request], Awaitable[Response]]
Evidence = Callable[[str], EventEvidence | None]
Numbers = Callable[[float], Found]
"""Those of the last days [d]; any thread may ask."""

Deed = Callable[[Request, Form], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that a page may need."""

    feed: Feed  # the published picture
    clerk: Clerk  # asks the writer's thread, and says things to it
    templates: Templates
    access: Access
    clock: Clock
    catalogue: Catalogue
    planogram: Planogram
    records: Records  # the ledger, for other programs
    evidence: Evidence = lambda _: None
    traces: LiveTraces = field(default_factory=LiveTraces)  # what watched plates weigh now
    numbers: Numbers | None = None  # None: nobody keeps any

    async def note(
        self, request: Request, kind: AccessKind, *, visit: str = "", receipt: str = "",
        event: EventIdentity | None = None,
    ) -> None:  # fmt: skip
        """Enter that who asks did this, before it is shown. Raises as ``Clerk.say``."""
        entry = AccessEntry(
            uuid.uuid4().hex, self.clock.utc_s(), visitor_of(request).name, kind, visit, receipt, event
        )
        await self.clerk.note(entry)

    def page(self, path: str, answer: Page, right: Right | None) -> Route:
        """A page that may be read.

        Args:
            path: its address, Starlette's notation.
            answer: makes it.
            right: whom it is for; None: everybody, and ``answer`` looks after itself.
        """

        async def guarded(request: Request) -> Response:
            turned_away = _turned_away(request, right)
            return turned_away or await answer(request)

        return Route(path, guarded, methods=["GET"], name=f"GET {path}")

    def deed(self, path: str, answer: Deed, right: Right | None) -> Route:
        """A form that may be sent; ``answer`` gets it after its token has been checked."""

        async def guarded(request: Request) -> Response:
            visitor = visitor_of(request)
            if (turned_away := _turned_away(request, right)) is not None:
                return turned_away
            taken = self.access.forms.take(await _fields(request), visitor.browser, request.scope["path"])
            return await answer(request, taken)

        return Route(path, guarded, methods=["POST"], name=f"POST {path}")


@dataclass(frozen=True, slots=True)
class Room:
    """One page with its parts: what ``pages/*.py`` return."""

    routes: Sequence[Any]
    tab: Tab | None = None  # in the navigation


def see_other(path: str) -> Response:
    """After a deed: go and look."""
    return RedirectResponse(path, 303)


def as_json(content: object, status: int = 200) -> Response:
    """Answer a program."""
    return Response(encode(content), status, media_type="application/json")


def _turned_away(request: Request, right: Right | None) -> Response | None:
    visitor = visitor_of(request)
    if right is None or visitor.may(right):
        return None
    if visitor.role is not None:
        raise HTTPException(403)
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return see_other(f"{SIGN_IN}?to={quote(request.url.path)}")
    raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})


async def _fields(request: Request) -> dict[str, str]:
    """Fields of a form as browsers send it; of several with one name the last."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(400, "A form is expected here.")
    try:
        body = (await request.body()).decode()
        return dict(parse_qsl(body, keep_blank_values=True, max_num_fields=FIELDS_MAX))
    except ValueError:
        raise HTTPException(400) from None
