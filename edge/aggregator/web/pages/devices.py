"""Devices: nodes with their boards and cameras, and the little that can be asked of them from here."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.store_view import StoreView
from edge.aggregator.web import live
from edge.aggregator.web.access.forms import Form
from edge.aggregator.web.access.roles import Right
from edge.aggregator.web.rendering import Tab
from edge.aggregator.web.site import Room, Site, see_other
from edge.messages import CommandVerb

PATH = "/devices"

ASKABLE = {CommandVerb.RELOAD.value: CommandVerb.RELOAD, CommandVerb.REBIRTH.value: CommandVerb.REBIRTH}
"""What a technician may ask of a node here; the rest belongs to tools that see what comes of it."""


def devices(site: Site) -> Room:
    """The list, and its requests."""
    sections: live.Sections[StoreView] = live.Sections(
        lambda view: {"devices": site.templates.html("sections/devices.html", view=view)}
    )

    async def page(request: Request) -> Response:
        view = site.feed.view
        return site.templates.page(
            request, "devices.html", sections=sections.of(view), nodes=[node.node for node in view.nodes]
        )

    async def news(_: Request) -> Response:
        return live.stream(site.feed, sections)

    async def ask(_: Request, form: Form) -> Response:
        verb, node = ASKABLE.get(form.get("verb")), form.get("node")
        if verb is None:
            raise HTTPException(400, "A node cannot be asked for that here.")
        if node not in {each.node for each in site.feed.view.nodes}:
            raise HTTPException(404, "No such node has been heard of.")
        await site.clerk.command(verb, node=node)
        return see_other(PATH)

    return Room(
        routes=[
            site.page(PATH, page, Right.SERVICE),
            site.page(f"{PATH}/live", news, Right.SERVICE),
            site.deed(PATH, ask, Right.SERVICE),
        ],
        tab=Tab("Devices", PATH, Right.SERVICE),
    )
