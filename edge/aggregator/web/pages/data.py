"""The same as data, for programs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.web.access.roles import Right
from edge.aggregator.web.site import Room, Site, as_json

STALL_S = 5.0
"""[s] without a new picture the writer counts as stalled; it makes one every second at least."""


def data(site: Site) -> Room:
    """State, receipts and health as JSON. Health names no shopper, and anybody may ask for it."""

    async def state(_: Request) -> Response:
        return as_json(site.feed.view)

    async def receipts(_: Request) -> Response:
        return as_json(site.feed.view.receipts)

    async def healthz(_: Request) -> Response:
        view = site.feed.view
        faults = [] if view.broker_connected else ["the broker is not connected"]
        if view.ledger_fault:
            faults.append(view.ledger_fault)
        if view.ledger_alarm:
            faults.append(view.ledger_alarm)
        if site.clock.utc_s() - view.utc > STALL_S:
            faults.append("the aggregator's writer stalls")
        health = {"status": "fault" if faults else "ok", "faults": faults, "alarms": view.alarms}
        return as_json(health, 503 if faults else 200)

    return Room(
        routes=[
            site.page("/api/v1/state", state, Right.WATCH),
            site.page("/api/v1/receipts", receipts, Right.REFUND),
            site.page("/healthz", healthz, None),
        ]
    )
