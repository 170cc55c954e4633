"""All pages of a store, composed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from edge.aggregator.web.access.access import Doorkeeper
from edge.aggregator.web.access.limits import BodyLimit
from edge.aggregator.web.api.rooms import api
from edge.aggregator.web.pages.audit import audit
from edge.aggregator.web.pages.devices import devices
from edge.aggregator.web.pages.dispute import dispute
from edge.aggregator.web.pages.disputes import disputes
from edge.aggregator.web.pages.lookup import lookup
from edge.aggregator.web.pages.metrics import metrics
from edge.aggregator.web.pages.overview import overview
from edge.aggregator.web.pages.plates import plates
from edge.aggregator.web.pages.review import review
from edge.aggregator.web.pages.sign_in import sign_in
from edge.aggregator.web.pages.stock import stock
from edge.aggregator.web.pages.stock_count import stock_count
from edge.aggregator.web.pages.stock_mode import stock_mode
from edge.aggregator.web.pages.ticket import ticket
from edge.aggregator.web.pages.transparency import transparency
from edge.aggregator.web.refusals import PlainAnswers, Refusals
from edge.aggregator.web.site import Room, Site

STATIC = Path(__file__).parent / "static"

PAGES: tuple[Callable[[Site], Room], ...] = (
    overview, review, stock, stock_mode, stock_count,
    disputes, plates, devices, transparency, audit, ticket, dispute, lookup,
    api, metrics, sign_in,
)  # fmt: skip
"""In the order of the navigation."""


def create_app(site: Site) -> Starlette:
    """The web application."""
    rooms = [page(site) for page in PAGES]
    site.templates.tabs = [room.tab for room in rooms if room.tab is not None]
    return Starlette(
        routes=[
            *(route for room in rooms for route in room.routes),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[
            Middleware(PlainAnswers, refusals=Refusals(site.templates)),
            Middleware(Doorkeeper, access=site.access),
            Middleware(BodyLimit),
        ],
        exception_handlers={HTTPException: _pass_on},
    )


async def _pass_on(_: Request, error: Exception) -> Response:
    """To :class:`PlainAnswers`, which knows a page for it."""
    raise error
