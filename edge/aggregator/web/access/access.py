"""The door: says who sent a request, and turns away what was not meant for us.

Without any account the pages are open to the machine itself alone: who asks from its loopback address is its
manager, everybody else is told to make an account. Shoppers' pages need no account; their tokens open them.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.aggregator.web.access.accounts import ACCOUNTS_FILE, Account, Accounts
from edge.aggregator.web.access.forms import Forms
from edge.aggregator.web.access.limits import RateLimit
from edge.aggregator.web.access.roles import Role
from edge.aggregator.web.access.sessions import SESSIONS_FILE, SHIFT_S, Sessions, new_secret
from edge.aggregator.web.access.visitor import Visitor
from edge.clock import Clock

logger = logging.getLogger(__name__)

COOKIE = "steelyard"
LOCAL = Account("local", Role.MANAGER, secret="", since=0.0)
"""Whoever sits at the machine while there are no accounts."""

SAFE = ("GET", "HEAD", "OPTIONS")


class Access:
    """Everything that pages need to know of who asks.

    Args:
        state_dir: holds accounts and sessions.
        key: the store's secret.
        clock: host time.
        names: by which the page may be asked for, besides addresses and this machine's own names.

    Attributes:
        accounts, sessions, forms: see their modules.
        sign_ins: tries to sign in, by address, and by name: nobody can keep a colleague out from one place.
        lockouts: entered in the ledger, by name.
        lookups: tokens that opened nothing, by address.
        calls: of programs and strangers, by name or address.

    Raises:
        StorageError: accounts or sessions cannot be used.
    """

    def __init__(self, state_dir: Path, key: bytes, clock: Clock, names: Sequence[str] = ()) -> None:
        self.accounts = Accounts(state_dir / ACCOUNTS_FILE)
        self.sessions = Sessions(state_dir / SESSIONS_FILE, self.accounts)
        self.forms = Forms(key)
        self.sign_ins = (RateLimit(tries=5, per_s=60.0), RateLimit(tries=20, per_s=60.0))
        self.lockouts = RateLimit(tries=1, per_s=600.0)
        self.lookups = RateLimit(tries=20, per_s=60.0)
        self.calls = RateLimit(tries=600, per_s=60.0)
        self.clock = clock
        own = socket.gethostname().lower()
        self._names = {"localhost", own, f"{own}.local", *(name.lower() for name in names)}

    @property
    def is_open(self) -> bool:
        """Whether there are no accounts yet."""
        return not self.accounts.all()

    @property
    def mono_s(self) -> float:
        """[s] for limits."""
        return self.clock.mono_ns() / 1e9

    def close(self) -> None:
        """Close the files."""
        self.sessions.close()

    def visitor(self, request: HTTPConnection) -> Visitor:
        """Who sent a request."""
        address = request.client.host if request.client else ""
        secret = request.cookies.get(COOKIE, "")
        account = self._known(request, address, secret)
        if account is None:
            return Visitor("", None, secret or new_secret(), address)
        return Visitor(account.name, account.role, secret or new_secret(), address, rights=account.may)

    def _known(self, request: HTTPConnection, address: str, secret: str) -> Account | None:
        if self.is_open:
            is_local = is_loopback(address) and is_loopback(request.url.hostname or "")
            return LOCAL if is_local else None
        if (given := request.headers.get("authorization", "")).lower().startswith("bearer "):
            return self.accounts.of_program(given[7:].strip())
        return self.sessions.account(secret, self.clock.utc_s()) if secret else None

    def refuse_strange(self, request: HTTPConnection) -> None:
        """Turn away what another site made a browser send.

        A foreign name that points to our address (DNS rebinding) is known by its Host, a foreign page by its
        Origin.

        Raises:
            HTTPException: 400 or 403.
        """
        host = (request.url.hostname or "").lower()
        if not (_is_address(host) or host in self._names):
            raise HTTPException(400, "This store is not known by that name. Add it to web.names.")
        if request.scope["method"] in SAFE:
            return
        origin = request.headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc != request.url.netloc
        if foreign or request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise HTTPException(403, "This form was sent by another site.")


class Doorkeeper:
    """Puts the visitor into the request, and the browser's secret into the answer."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; see the class."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        visitor = self._access.visitor(request)
        scope.setdefault("state", {})["visitor"] = visitor
        self._access.refuse_strange(request)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and visitor.keeps:
                headers = MutableHeaders(scope=message)
                headers.append("set-cookie", cookie(visitor.browser, secure=request.url.scheme == "https"))
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def cookie(secret: str, *, secure: bool) -> str:
    """The header that gives a browser its secret: for our own pages alone, unseen by scripts."""
    attributes = f"Path=/; HttpOnly; SameSite=Lax; Max-Age={int(SHIFT_S)}"
    return f"{COOKIE}={secret}; {attributes}{'; Secure' if secure else ''}"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine's own."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)
