"""What stands where, what lies elsewhere, and who works at which shelves."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.stock import checks
from edge.aggregator.stock.facings import is_within
from edge.aggregator.stock.scale_check import contradicts, units_by_level
from edge.aggregator.stock.state import StockView
from edge.aggregator.store import Store
from edge.aggregator.store_view import StoreView
from edge.aggregator.transparency.goods import GoodsNumbers, goods_of
from edge.aggregator.web import live
from edge.aggregator.web.access.forms import Form
from edge.aggregator.web.access.roles import Right
from edge.aggregator.web.rendering import Tab
from edge.aggregator.web.site import Room, Site, see_other
from edge.aggregator.web.stock_forms import HERE, in_words, look, name_of, needs_name
from edge.errors import MessageError
from edge.messages import ModeBegun, PlateHealth, ShelfMode

SECTIONS = ("stock-modes", "stock-figures", "stock-shelves", "stock-lists")
"""Parts that change, each a template and a server-sent event of that name."""

DAY_S = 86_400.0

Sections = Mapping[str, str]


def sections_of(site: Site, stock: StockView, plates: Mapping[str, PlateHealth], now_s: float) -> Sections:
    """HTML of every section by name."""
    facings = [facing for shelf in stock.shelves for facing in shelf.facings]
    by_level = {
        (facing.plates, facing.sku): units
        for facing in facings
        if (units := units_by_level(facing, plates, site.catalogue, site.planogram)) is not None
        and contradicts(facing, units)
    }
    context = {
        "stock": stock, "facings": facings, "by_level": by_level, "now_s": now_s, "is_within": is_within,
    }  # fmt: skip
    return {name: site.templates.html(f"sections/{name}.html", **context) for name in SECTIONS}


def stock(site: Site) -> Room:
    """The page, and the form that begins a mode."""
    sections: live.Sections[StoreView] = live.Sections(
        lambda view: sections_of(site, view.stock, view.plates, view.utc)
    )
    places = ["", *_places(site)]

    async def page(request: Request) -> Response:
        return await show(request)

    async def show(request: Request, said: str = "", given: Mapping[str, str] | None = None) -> Response:
        now_s = site.clock.utc_s()
        return site.templates.page(
            request,
            "stock.html",
            status=400 if said else 200,
            said=said,
            given=given or {},
            sections=sections_of(site, await look(site), site.feed.view.plates, now_s),
            gone=await site.clerk.ask(lambda store: _gone(store, now_s)),
            places=places,
            kinds=list(ShelfMode),
            needs_name=needs_name(request),
        )

    async def news(_: Request) -> Response:
        return live.stream(site.feed, sections)

    async def begin(request: Request, form: Form) -> Response:
        place = form.get("place")
        try:
            checks.free_place(await look(site), place, site.planogram)
            begun = ModeBegun(
                id=form.id,
                t=site.clock.utc_s(),
                by=name_of(request, form),
                mode=checks.mode_kind(form.get("mode")),
                place=place,
                seconds=checks.mode_seconds(form.get("minutes")),
            )
            await site.clerk.say(begun)
        except MessageError as error:
            return await show(request, in_words(error), form.fields)
        return see_other(HERE)

    return Room(
        routes=[
            site.page(HERE, page, Right.STOCK),
            site.page(f"{HERE}/live", news, Right.STOCK),
            site.deed(f"{HERE}/modes", begin, Right.STOCK),
        ],
        tab=Tab("Stock", HERE, Right.STOCK),
    )


def _places(site: Site) -> list[str]:
    """Gondolas, each followed by its shelves."""
    places: dict[str, None] = {}
    for shelf in site.planogram.shelves:
        places[shelf.partition("/")[0]] = None
        places[shelf] = None
    return list(places)


def _gone(store: Store, now_s: float) -> GoodsNumbers:
    """What went with no visit to charge in the last day."""
    return goods_of(store.inventory, since=now_s - DAY_S, until=None, charged=0)
