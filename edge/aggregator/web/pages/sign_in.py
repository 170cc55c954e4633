"""Signing in and out."""

from __future__ import annotations

import logging

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.entries import AccessKind
from edge.aggregator.web.access.access import is_loopback
from edge.aggregator.web.access.forms import Form
from edge.aggregator.web.access.sessions import new_secret
from edge.aggregator.web.access.visitor import visitor_of
from edge.aggregator.web.clerk import WriterBusyError
from edge.aggregator.web.site import SIGN_IN, Room, Site, see_other
from edge.errors import StorageError

logger = logging.getLogger(__name__)

WRONG = "Name and password do not belong together."
LATER = "Too many tries. Wait a minute, then try again."
UNSAFE = (
    "Passwords are not taken over an open connection. Set web.certificate and web.key, or sign in at the "
    "machine itself."
)


def sign_in(site: Site) -> Room:
    """The form, and what it does."""
    access = site.access

    def form_page(request: Request, to: str, said: str = "", status: int = 200) -> Response:
        return site.templates.page(
            request, "sign_in.html", status=status, said=said, to=_own_path(to), is_open=access.is_open
        )

    async def page(request: Request) -> Response:
        return form_page(request, request.query_params.get("to", "/"))

    async def enter(request: Request, form: Form) -> Response:
        visitor, name = visitor_of(request), form.get("name")
        if request.url.scheme != "https" and not is_loopback(visitor.address):
            return form_page(request, form.get("to"), UNSAFE, 403)
        tries = tuple(zip(access.sign_ins, (visitor.address, name), strict=True))
        if any(limit.wait_s(by, access.mono_s) > 0 for limit, by in tries):
            await note_lockout(request, name)
            return form_page(request, form.get("to"), LATER, 429)
        for limit, by in tries:
            limit.count(by, access.mono_s)
        account = await run_in_threadpool(access.accounts.of_person, name, form.fields.get("password", ""))
        if account is None:
            return form_page(request, form.get("to"), WRONG, 401)
        await note(request, account.name, AccessKind.SIGNED_IN)
        for limit, by in tries:
            limit.forgive(by)
        visitor.browser = access.sessions.begin(account, access.clock.utc_s())
        visitor.keeps = True
        return see_other(_own_path(form.get("to")))

    async def note_lockout(request: Request, name: str) -> None:
        if name in access.accounts.all() and access.lockouts.wait_s(name, access.mono_s) <= 0:
            access.lockouts.count(name, access.mono_s)
            await note(request, name, AccessKind.LOCKED_OUT)

    async def note(request: Request, name: str, kind: AccessKind) -> None:
        """Into the ledger; who comes to mend a ledger that cannot be written is let in all the same."""
        visitor_of(request).name = name
        try:
            await site.note(request, kind)
        except (StorageError, WriterBusyError) as error:
            logger.warning("%s %s: %s", name, kind.value, error)

    async def leave(request: Request, _: Form) -> Response:
        visitor = visitor_of(request)
        access.sessions.end(visitor.browser)
        visitor.browser, visitor.keeps = new_secret(), True
        return see_other(SIGN_IN)

    return Room(
        routes=[
            site.page(SIGN_IN, page, None),
            site.deed(SIGN_IN, enter, None),
            site.deed("/sign-out", leave, None),
        ]
    )


def _own_path(path: str) -> str:
    """A path of this site; anything else is the first page."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\")) and "\n" not in path
    return path if is_own else "/"
