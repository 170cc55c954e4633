"""Routes for programs, made from the list of endpoints; health; and the interface's own document."""

from __future__ import annotations

import functools

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edge.aggregator.web.access.roles import Role
from edge.aggregator.web.access.visitor import visitor_of
from edge.aggregator.web.api import openapi
from edge.aggregator.web.api.answers import Health
from edge.aggregator.web.api.endpoints import ENDPOINTS, ROOT, Endpoint
from edge.aggregator.web.site import Room, Site, as_json
from edge.payload import encode

STALL_S = 5.0
"""[s] without a new picture the writer counts as stalled; it makes one every second at least."""


def api(site: Site) -> Room:
    """Everything below /api/v1, and /healthz."""

    async def document(_: Request) -> Response:
        return Response(_document(), media_type="application/json")

    return Room(
        routes=[
            *(_route(site, endpoint) for endpoint in ENDPOINTS),
            site.page(f"{ROOT}/openapi.json", document, None),
            site.page("/healthz", functools.partial(_health, site), None),
        ]
    )


def _route(site: Site, endpoint: Endpoint) -> Route:
    async def answer(request: Request) -> Response:
        _limit(site, request)
        query = _query(request, endpoint.query)
        content = await endpoint.answer(site, request, query)
        headers = getattr(request.state, "headers", None)
        return Response(encode(content), headers=headers, media_type=endpoint.media)

    return site.page(ROOT + endpoint.path, answer, endpoint.right)


def _limit(site: Site, request: Request) -> None:
    """Programs and strangers may not ask without end; people at their pages may."""
    visitor, now_s = visitor_of(request), site.access.mono_s
    if visitor.role not in (None, Role.PROGRAM):
        return
    caller = visitor.name or visitor.address
    if site.access.calls.wait_s(caller, now_s):
        raise HTTPException(429)
    site.access.calls.count(caller, now_s)


def _query(request: Request, kind: type[msgspec.Struct]) -> msgspec.Struct:
    try:
        return msgspec.convert(dict(request.query_params), kind, strict=False)
    except msgspec.ValidationError as error:
        raise HTTPException(400, f"The question cannot be understood: {error}.") from None


@functools.cache
def _document() -> bytes:
    return encode(openapi.document())


async def _health(site: Site, _: Request) -> Response:
    """Names no shopper, and anybody may ask."""
    view = site.feed.view
    faults = [] if view.broker_connected else ["the broker is not connected"]
    if view.ledger_fault:
        faults.append(view.ledger_fault)
    if view.ledger_alarm:
        faults.append(view.ledger_alarm)
    if site.clock.utc_s() - view.utc > STALL_S:
        faults.append("the aggregator's writer stalls")
    status = "fault" if faults else "ok"
    return as_json(Health(status=status, faults=tuple(faults), alarms=view.alarms), 503 if faults else 200)
