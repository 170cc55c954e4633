"""Metrics for Prometheus: how the store does, and the honest numbers of the transparency report."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence

from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.exchange.metrics.health import health_of
from edge.aggregator.exchange.metrics.honest import honest_of
from edge.aggregator.review.queue import published
from edge.aggregator.web.access.roles import Right
from edge.aggregator.web.pages.transparency import numbers_of
from edge.aggregator.web.site import Room, Site

DAYS = (1, 30)
"""[d] windows of the honest numbers."""


class Told:
    """Families, as the client library takes them."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Sequence[Metric]:
        """All of them."""
        return self._families


def metrics(site: Site) -> Room:
    """The page."""
    version = importlib.metadata.version("steelyard")

    async def scrape(_: Request) -> Response:
        queue = await site.clerk.ask(lambda store: published(store.cases()))
        families = [*health_of(site.feed.view, queue, version, site.clock.utc_s())]
        if site.numbers is not None:
            known = {f"{days}d": (await numbers_of(site, float(days))).numbers for days in DAYS}
            families += honest_of(known)
        return Response(generate_latest(Told(families)), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return Room(routes=[site.page("/metrics", scrape, Right.NUMBERS)])
