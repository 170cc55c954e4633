"""The store as it is now: carts, shelves, events, receipts, equipment."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.store_view import StoreView
from edge.aggregator.web import live, shelf_map
from edge.aggregator.web.access.roles import Right
from edge.aggregator.web.rendering import Tab, Templates
from edge.aggregator.web.site import Room, Site

SECTIONS = ("summary", "carts", "shelves", "events", "receipts", "health")
"""Parts that change, each a template and a server-sent event of that name."""


def sections_of(templates: Templates, view: StoreView) -> dict[str, str]:
    """HTML of every section by name."""
    context = {
        "view": view,
        "decisions": {str(row.event.identity): row for row in view.decisions},
        "latest": shelf_map.latest_by_plate(view.decisions),
    }
    return {name: templates.html(f"sections/{name}.html", **context) for name in SECTIONS}


def overview(site: Site) -> Room:
    """The first page."""
    sections: live.Sections[StoreView] = live.Sections(lambda view: sections_of(site.templates, view))

    async def page(request: Request) -> Response:
        view = site.feed.view
        return site.templates.page(request, "overview.html", sections=sections.of(view))

    async def news(_: Request) -> Response:
        return live.stream(site.feed, sections)

    return Room(
        routes=[site.page("/", page, Right.WATCH), site.page("/live", news, Right.WATCH)],
        tab=Tab("Store", "/", Right.WATCH),
    )
