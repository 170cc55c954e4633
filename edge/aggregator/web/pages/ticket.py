"""A shopper's own page: the running ticket, then its receipt, under one address that nobody can guess."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.decisions import Decision
from edge.aggregator.own_ticket import OwnTicket
from edge.aggregator.web import live
from edge.aggregator.web.rendering import Templates
from edge.aggregator.web.site import Room, Site
from edge.aggregator.web.tickets.news import TicketNews
from edge.aggregator.web.tickets.opening import opened, private
from edge.messages import EventEvidence

SECTIONS = ("state", "lines", "past", "news")
"""Parts that change, each a template in ``ticket/`` and a server-sent event of that name."""

GONE = "The store does not keep this any more."


def sections_of(templates: Templates, token: str, own: OwnTicket) -> dict[str, str]:
    """HTML of every section by name."""
    context = {"own": own, "token": token, "ticket": own.ticket, "is_running": own.cart is not None}
    return {name: templates.html(f"ticket/{name}.html", **context) for name in SECTIONS}


def ticket(site: Site) -> Room:
    """Page, stream, explanations and pictures of one visit."""
    news = TicketNews(site.feed, site.clerk)

    async def page(request: Request) -> Response:
        own, token = await opened(site, request), request.path_params["token"]
        sections = sections_of(site.templates, token, own)
        said = "said" in request.query_params
        return private(
            site.templates.page(request, "ticket/page.html", token=token, sections=sections, said=said)
        )

    async def follow(request: Request) -> Response:
        await opened(site, request)
        if news.full:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "Too many pages are open.")
        return live.events(changes(request.path_params["token"]))

    async def changes(token: str) -> AsyncIterator[tuple[str, str]]:
        sections = live.Sections(partial(sections_of, site.templates, token))
        async for change in live.changed(news.follow(token), sections):
            yield change

    async def why(request: Request) -> Response:
        decision, evidence = await looked_up(request)
        return private(
            site.templates.page(
                request, "ticket/why.html", token=request.path_params["token"], decision=decision,
                crops=evidence.crops if evidence else (),
            )
        )  # fmt: skip

    async def picture(request: Request) -> Response:
        _, evidence = await looked_up(request)
        number = request.path_params["number"]
        if evidence is None or number >= len(evidence.crops):
            raise HTTPException(HTTPStatus.NOT_FOUND, GONE)
        return private(Response(evidence.crops[number].jpeg, media_type="image/jpeg"))

    async def looked_up(request: Request) -> tuple[Decision, EventEvidence | None]:
        """An event of this visit, and of no other, with what is kept of it."""
        own, event = await opened(site, request), request.path_params["event"]
        if (decision := own.decision(event)) is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, GONE)
        return decision, await run_in_threadpool(site.evidence, event)

    return Room(
        routes=[
            site.page("/t/{token}", page, None),
            site.page("/t/{token}/live", follow, None),
            site.page("/t/{token}/why/{event}", why, None),
            site.page("/t/{token}/why/{event}/{number:int}", picture, None),
        ]
    )
