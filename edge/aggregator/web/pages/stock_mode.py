"""One mode: what it has changed so far, and the word that the work is done."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.stock import checks
from edge.aggregator.store import Store
from edge.aggregator.web.access.forms import Form
from edge.aggregator.web.access.roles import Right
from edge.aggregator.web.site import Room, Site, see_other
from edge.aggregator.web.stock_forms import HERE, in_words, look, name_of, needs_name
from edge.errors import MessageError
from edge.messages import ModeEnded, ModeSummary

PATH = f"{HERE}/modes/{{mode}}"


def stock_mode(site: Site) -> Room:
    """The page of a running or forgotten mode."""

    async def page(request: Request) -> Response:
        return await show(request)

    async def show(request: Request, said: str = "") -> Response:
        mode = request.path_params["mode"]
        try:
            running = checks.open_mode(await look(site), mode)
        except MessageError as error:
            raise HTTPException(404, in_words(error)) from error
        return site.templates.page(
            request,
            "stock_mode.html",
            status=400 if said else 200,
            said=said,
            mode=running,
            summary=await site.clerk.ask(lambda store: _summary_of(store, mode)),
            now_s=site.clock.utc_s(),
            needs_name=needs_name(request),
        )

    async def end(request: Request, form: Form) -> Response:
        mode = request.path_params["mode"]
        try:
            checks.open_mode(await look(site), mode)
        except MessageError as error:
            raise HTTPException(409, in_words(error)) from error
        try:
            by = name_of(request, form)
            await site.clerk.say(ModeEnded(id=form.id, t=site.clock.utc_s(), by=by, mode=mode))
        except MessageError as error:
            return await show(request, in_words(error))
        return see_other(HERE)

    return Room(routes=[site.page(PATH, page, Right.STOCK), site.deed(PATH, end, Right.STOCK)])


def _summary_of(store: Store, mode: str) -> ModeSummary | None:
    period = store.stock.modes.get(mode)
    return None if period is None else store.inventory.summary(period)
