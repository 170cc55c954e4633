"""The transparency page: the same numbers as the report and the metrics, with what they rest on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.transparency.calibration import ReliabilityRow, RiskPoint, point_at, threshold_for
from edge.aggregator.transparency.figures import Found, Transparency
from edge.aggregator.transparency.goods import goods_of
from edge.aggregator.web.access.roles import Right
from edge.aggregator.web.access.visitor import visitor_of
from edge.aggregator.web.drawing.reliability import reliability_plot
from edge.aggregator.web.drawing.risk_coverage import risk_coverage_plot
from edge.aggregator.web.numbers.rows import groups_of, percent
from edge.aggregator.web.rendering import Tab
from edge.aggregator.web.site import Room, Site

PATH = "/transparency"

WINDOWS = {"1": "a day", "7": "a week", "30": "30 days", "92": "three months"}
"""[d] that can be chosen."""

ERRORS = {"0.1": 0.001, "0.3": 0.003, "1": 0.01, "2": 0.02, "5": 0.05}
"""[%] that an operator may bear, and the same as a share."""

USUAL_WINDOW, USUAL_ERROR = "30", "1"


@dataclass(frozen=True, slots=True)
class Threshold:
    """What an operator's maximal error would mean."""

    max_error: float  # [1]
    chosen: RiskPoint | None  # None: no threshold keeps it
    present: RiskPoint | None  # today's; None: it accepts nothing
    drawn: tuple[Markup, Markup]  # wide and narrow


async def numbers_of(site: Site, days: float) -> Found:
    """The numbers of the last days [d]; the same for page, programs and metrics.

    Raises:
        HTTPException: 503, they are not kept here.
        StorageError: the ledger cannot be read.
    """
    if site.numbers is None:
        raise HTTPException(503, "The numbers are not kept here.")
    found = await run_in_threadpool(site.numbers, days)
    since, charged = found.numbers.since, found.charged
    goods = await site.clerk.ask(
        lambda store: goods_of(store.inventory, since=since, until=None, charged=charged)
    )
    return replace(found, numbers=msgspec.structs.replace(found.numbers, goods=goods))


def transparency(site: Site) -> Room:
    """The numbers, for people."""

    async def page(request: Request) -> Response:
        days, error = _asked(request)
        known = await numbers_of(site, float(days))
        found = known.numbers
        return site.templates.page(
            request,
            "transparency/page.html",
            found=found,
            groups=groups_of(found),
            plots=_reliability_of(found),
            threshold=_threshold_of(found.risk_coverage, ERRORS[error], known.review_below),
            review_below=known.review_below,
            windows=WINDOWS,
            days=days,
            errors=ERRORS,
            error=error,
            sets_options=visitor_of(request).may(Right.AUDIT),
            percent_of=percent,
        )

    return Room(
        routes=[site.page(PATH, page, Right.NUMBERS)],
        tab=Tab("Honest numbers", PATH, Right.NUMBERS),
    )


def _asked(request: Request) -> tuple[str, str]:
    days = request.query_params.get("days", USUAL_WINDOW)
    error = request.query_params.get("error", USUAL_ERROR)
    if days not in WINDOWS or error not in ERRORS:
        raise HTTPException(
            400, f"days must be one of {', '.join(WINDOWS)}, error one of {', '.join(ERRORS)}."
        )
    return days, error


def _reliability_of(found: Transparency) -> list[tuple[str, Markup, tuple[ReliabilityRow, ...]]]:
    tables = (
        ("Audited receipts", "receipts", found.receipts_reliability),
        ("Their lines", "lines", found.lines_reliability),
    )
    return [
        (title, reliability_plot(rows, name=name, title=title), rows) for title, name, rows in tables if rows
    ]


def _threshold_of(points: tuple[RiskPoint, ...], max_error: float, present: float) -> Threshold | None:
    if not points:
        return None
    chosen, today = threshold_for(points, max_error), point_at(points, present)
    wide, narrow = (
        risk_coverage_plot(
            points, max_error=max_error, chosen=chosen, present=today, width=width, name=f"risk-{width}"
        )
        for width in (720, 360)
    )
    return Threshold(max_error, chosen, today, (wide, narrow))
