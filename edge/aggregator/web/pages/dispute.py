"""A shopper says that a line is wrong: of the running ticket, or of its receipt."""

from __future__ import annotations

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.web.access.forms import Form
from edge.aggregator.web.access.limits import RateLimit
from edge.aggregator.web.site import Room, Site, see_other
from edge.aggregator.web.tickets.opening import line_of, opened, private
from edge.messages import Dispute

WRONGS = {
    "not_taken": "I did not take this",
    "fewer": "I took fewer",
    "put_back": "I put it back",
    "other": "I took something else",
    "price": "The price is wrong",
}
"""What may be wrong, by the value that the form sends."""

COMMENT_MAX = 400
"""[characters] what the shopper may add."""


def dispute(site: Site) -> Room:
    """The form, and the statement that it makes."""
    tries = RateLimit(tries=10, per_s=3600.0)

    async def page(request: Request) -> Response:
        own, sku = await opened(site, request), request.query_params.get("sku", "")
        return private(
            site.templates.page(
                request, "ticket/wrong.html", token=request.path_params["token"], own=own,
                line=line_of(own, sku), wrongs=WRONGS, comment_max=COMMENT_MAX,
            )
        )  # fmt: skip

    async def say(request: Request, form: Form) -> Response:
        own, token, utc_s = await opened(site, request), request.path_params["token"], site.clock.utc_s()
        line = line_of(own, form.get("sku"))
        if own.cart is None and utc_s > own.disputable_until:
            raise HTTPException(
                HTTPStatus.CONFLICT, "The time to dispute this is over. Please ask the staff."
            )
        if tries.wait_s(token, site.access.mono_s) > 0:
            raise HTTPException(
                HTTPStatus.TOO_MANY_REQUESTS, "These are many disputes. Please ask the staff."
            )
        told = (WRONGS.get(form.get("wrong"), ""), form.get("comment")[:COMMENT_MAX])
        if not any(told):
            raise HTTPException(HTTPStatus.BAD_REQUEST, "Say what is wrong.")
        tries.count(token, site.access.mono_s)
        statement = Dispute(
            id=form.id, t=utc_s, by="shopper", sku=line.sku if line else "",
            receipt="" if own.cart else own.receipts[-1].receipt, visit=own.visit if own.cart else "",
            comment=". ".join(filter(None, told)),
        )  # fmt: skip
        await site.clerk.say(statement)
        return see_other(f"/t/{token}?said")

    return Room(
        routes=[site.page("/t/{token}/wrong", page, None), site.deed("/t/{token}/wrong", say, None)],
    )
