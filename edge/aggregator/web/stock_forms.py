"""What the pages of the stock share: looking at it freshly, and who says something of it."""

from __future__ import annotations

from starlette.requests import Request

from edge.aggregator.stock.state import StockView, view_of_stock
from edge.aggregator.web.access.access import LOCAL
from edge.aggregator.web.access.forms import Form
from edge.aggregator.web.access.visitor import visitor_of
from edge.aggregator.web.site import Site
from edge.errors import MessageError

HERE = "/stock"


async def look(site: Site) -> StockView:
    """The stock as it stands now: what was just said is in it."""
    now_s = site.clock.utc_s()
    return await site.clerk.ask(lambda store: view_of_stock(store.inventory, store.stock.modes, now_s))


def needs_name(request: Request) -> bool:
    """Whether whoever sits at the machine has no account that names them."""
    return visitor_of(request).name == LOCAL.name


def name_of(request: Request, form: Form) -> str:
    """Who says it.

    Raises:
        MessageError: nobody.
    """
    name = form.get("by") if needs_name(request) else visitor_of(request).name
    if 0 < len(name) <= 64:
        return name
    raise MessageError(
        "no name", where="by", found=repr(name[:20]), expected="1 to 64 letters", fix="Say who you are."
    )


def in_words(error: MessageError) -> str:
    """What was wrong, for whoever typed it."""
    return f"{error.what[:1].upper()}{error.what[1:]}. {error.fix}".strip()
