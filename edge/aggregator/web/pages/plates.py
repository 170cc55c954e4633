"""Plates: what each weighs, what its readings are worth, and a shelf's live traces."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.store_view import StoreView
from edge.aggregator.web import live
from edge.aggregator.web.access.roles import Right
from edge.aggregator.web.drawing.live_trace import live_trace
from edge.aggregator.web.rendering import Tab
from edge.aggregator.web.site import Room, Site
from edge.aggregator.web.words import slug
from edge.messages import CommandVerb

PATH = "/plates"

LEASE_S = 20.0
"""[s] for which a node is asked to show a shelf; asked again at half of it while the page is open."""


def plates(site: Site) -> Room:
    """All plates, and one shelf of them live."""
    all_sections: live.Sections[StoreView] = live.Sections(
        lambda view: {"plates": site.templates.html("sections/plates.html", view=view)}
    )

    async def page(request: Request) -> Response:
        return site.templates.page(request, "plates.html", sections=all_sections.of(site.feed.view))

    async def news(_: Request) -> Response:
        return live.stream(site.feed, all_sections)

    def asked(request: Request) -> tuple[str, tuple[str, ...]]:
        shelf = f"{request.path_params['gondola']}/{request.path_params['shelf']}"
        if shelf not in site.planogram.shelves:
            raise HTTPException(404, "The planogram has no such shelf.")
        return shelf, site.planogram.shelf(shelf)

    def traces(shelf_plates: tuple[str, ...]) -> dict[str, str]:
        points = {plate: site.traces.of(plate) for plate in shelf_plates}
        now_s = max((each[-1][0] for each in points.values() if each), default=site.clock.utc_s())
        drawn = {plate: live_trace(each, now_s=now_s, name=slug(plate)) for plate, each in points.items()}
        known = {plate: each[-1][1] if each else None for plate, each in points.items()}
        html = site.templates.html(
            "sections/traces.html",
            view=site.feed.view,
            drawn=drawn,
            known=known,
            watched=any(points.values()),
        )
        return {"traces": html}

    async def shelf_page(request: Request) -> Response:
        shelf, its_plates = asked(request)
        return site.templates.page(request, "shelf.html", shelf=shelf, sections=traces(its_plates))

    async def shelf_news(request: Request) -> Response:
        _, its_plates = asked(request)
        if site.feed.full:
            raise HTTPException(503, "Too many pages are open.", {"Retry-After": "10"})
        pictures = watching(its_plates)
        return live.events(live.changed(pictures, live.Sections(lambda _: traces(its_plates))))

    async def watching(its_plates: tuple[str, ...]) -> AsyncIterator[StoreView]:
        """Every new picture; the node is asked to go on showing for as long as somebody takes them."""
        asked_s = float("-inf")
        async for view in site.feed.follow():
            if site.access.mono_s - asked_s > LEASE_S / 2:
                asked_s = site.access.mono_s
                await site.clerk.command(CommandVerb.WATCH, plates=its_plates, lease_s=f"{LEASE_S:g}")
            yield view

    return Room(
        routes=[
            site.page(PATH, page, Right.SERVICE),
            site.page(f"{PATH}/live", news, Right.SERVICE),
            site.page(PATH + "/{gondola}/{shelf}", shelf_page, Right.SERVICE),
            site.page(PATH + "/{gondola}/{shelf}/live", shelf_news, Right.SERVICE),
        ],
        tab=Tab("Plates", PATH, Right.SERVICE),
    )
