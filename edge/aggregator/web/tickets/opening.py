"""Opens tickets by the token in the path, slowly for who guesses."""

from __future__ import annotations

import re
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.own_ticket import OwnTicket, own_ticket
from edge.aggregator.web.access.visitor import visitor_of
from edge.aggregator.web.site import Site
from edge.messages import CartLine

UNKNOWN = "This address opens no ticket. Perhaps a part is missing, or the receipt is too old to be disputed."

TOKEN = re.compile(r"[a-z2-7]{32}")


async def opened(site: Site, request: Request) -> OwnTicket:
    """The visit that the token in the path opens.

    Raises:
        HTTPException: 404, none; 429 after too many that opened none.
    """
    token, address = request.path_params["token"], visitor_of(request).address
    if site.access.lookups.wait_s(address, site.access.mono_s) > 0:
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS)
    own = None
    if TOKEN.fullmatch(token):
        own = await site.clerk.ask(lambda store: own_ticket(store, token))
    if own is None:
        site.access.lookups.count(address, site.access.mono_s)
        raise HTTPException(HTTPStatus.NOT_FOUND, UNKNOWN)
    return own


def line_of(own: OwnTicket, sku: str) -> CartLine | None:
    """A line of the ticket; ``None``: the ticket as a whole.

    Raises:
        HTTPException: 409, it does not stand there.
    """
    if not sku:
        return None
    found = next((line for line in own.ticket.lines if line.sku == sku), None)
    if found is None:
        raise HTTPException(HTTPStatus.CONFLICT, "This line does not stand on the ticket any more.")
    return found


def private(answer: Response) -> Response:
    """Have nobody on the way keep an answer."""
    answer.headers["Cache-Control"] = "no-store"
    return answer
