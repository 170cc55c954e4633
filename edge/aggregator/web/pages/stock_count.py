"""Counting: one facing a page, a large field, and on to the next."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.stock import checks
from edge.aggregator.stock.state import StockView
from edge.aggregator.web.access.forms import Form
from edge.aggregator.web.access.roles import Right
from edge.aggregator.web.site import Room, Site, see_other
from edge.aggregator.web.stock_forms import HERE, in_words, look, name_of, needs_name
from edge.errors import MessageError
from edge.messages import FacingStock, StockCount

PATH = f"{HERE}/count"


def stock_count(site: Site) -> Room:
    """The page of one facing, or of goods that lie where they do not belong."""

    async def page(request: Request) -> Response:
        asked = request.query_params
        return await show(request, asked.get("plate", ""), asked.get("sku", ""), asked)

    async def show(
        request: Request, plate: str, sku: str, given: Mapping[str, str], said: str = ""
    ) -> Response:
        try:
            checks.known_goods(plate, sku, site.planogram, site.catalogue)
        except MessageError as error:
            raise HTTPException(404, in_words(error)) from error
        view, asked = await look(site), request.query_params
        return site.templates.page(
            request,
            "stock_count.html",
            status=400 if said else 200,
            said=said,
            given=given,
            plate=plate,
            sku=sku,
            name=site.catalogue.get(sku).name,
            facing=checks.facing_at(view, plate, sku),
            before=checks.facing_at(view, asked.get("after_plate", ""), asked.get("after_sku", "")),
            following=_following(view, plate, sku),
            needs_name=needs_name(request),
        )

    async def count(request: Request, form: Form) -> Response:
        plate, sku = form.get("plate"), form.get("sku")
        view = await look(site)
        try:
            units = checks.counted_units(form.get("units"), checks.facing_at(view, plate, sku))
            by = name_of(request, form)
            await site.clerk.say(
                StockCount(id=form.id, t=site.clock.utc_s(), by=by, plate=plate, sku=sku, units=units)
            )
        except MessageError as error:
            return await show(request, plate, sku, form.fields, in_words(error))
        following = _following(view, plate, sku)
        if form.get("go") != "on" or following is None:
            return see_other(HERE)
        asked = {"plate": following.plates[0], "sku": following.sku, "after_plate": plate, "after_sku": sku}
        if needs_name(request):
            asked["by"] = by
        return see_other(f"{PATH}?{urlencode(asked)}")

    return Room(routes=[site.page(PATH, page, Right.STOCK), site.deed(PATH, count, Right.STOCK)])


def _following(view: StockView, plate: str, sku: str) -> FacingStock | None:
    """The next facing to count: further along the shelf, then on the next shelf."""
    facings = [facing for shelf in view.shelves for facing in shelf.facings]
    here = next((n for n, each in enumerate(facings) if each.sku == sku and plate in each.plates), None)
    return None if here is None or here + 1 == len(facings) else facings[here + 1]
