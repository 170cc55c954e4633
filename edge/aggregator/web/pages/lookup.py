"""Ways to a ticket: what is printed on a receipt, typed in; and for staff the name of a visit."""

from __future__ import annotations

import re
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.entries import AccessKind
from edge.aggregator.store import Store
from edge.aggregator.web.access.forms import Form
from edge.aggregator.web.access.roles import Right
from edge.aggregator.web.site import Room, Site, see_other
from edge.aggregator.web.tickets.opening import TOKEN, UNKNOWN


def lookup(site: Site) -> Room:
    """Both ways."""

    async def page(request: Request) -> Response:
        return site.templates.page(request, "ticket/lookup.html")

    async def look_up(_: Request, form: Form) -> Response:
        typed = re.sub(r"[\s-]", "", form.get("token").rpartition("/")[2]).lower()
        if not TOKEN.fullmatch(typed):
            raise HTTPException(HTTPStatus.NOT_FOUND, UNKNOWN)
        return see_other(f"/t/{typed}")

    async def for_staff(request: Request) -> Response:
        """The shopper's page for somebody who works here; the ledger knows that they looked."""
        name = request.path_params["visit"]
        token = await site.clerk.ask(lambda store: _token(store, name))
        if not token:
            raise HTTPException(HTTPStatus.NOT_FOUND, "No ticket of that name is known (any more).")
        await site.note(request, AccessKind.SAW_RECEIPT, visit=name)
        return see_other(f"/t/{token}")

    return Room(
        routes=[
            site.page("/receipt", page, None),
            site.deed("/receipt", look_up, None),
            site.page("/visits/{visit}", for_staff, Right.REFUND),
        ]
    )


def _token(store: Store, name: str) -> str:
    visit = store.visit(name)
    if visit is None:
        return ""
    return visit.receipt.token if visit.receipt else store.cart(visit).token
