"""How often somebody may try, and how much somebody may send."""

from __future__ import annotations

from collections import OrderedDict

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_MAX_BYTES = 65_536
"""[bytes] of a request: forms hold a few sentences."""

KNOWN_MAX = 10_000
"""[addresses] remembered; of more the longest silent one is forgotten."""


class RateLimit:
    """A bucket of tries for each name, which fills again with time.

    Args:
        tries: [1] in a row.
        per_s: [s] in which an empty bucket is full again.
    """

    def __init__(self, tries: int, per_s: float) -> None:
        self._tries, self._per_s = float(tries), per_s
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # (tries, when) by name

    def wait_s(self, name: str, mono_s: float) -> float:
        """[s] until the next try is allowed; 0: now."""
        return max(0.0, (1.0 - self._tries_left(name, mono_s)) * self._per_s / self._tries)

    def count(self, name: str, mono_s: float) -> None:
        """Take a try."""
        left = self._tries_left(name, mono_s)
        self._left[name] = max(0.0, left - 1.0), mono_s
        self._left.move_to_end(name)
        if len(self._left) > KNOWN_MAX:
            self._left.popitem(last=False)

    def forgive(self, name: str) -> None:
        """Begin anew: it was the right one."""
        self._left.pop(name, None)

    def _tries_left(self, name: str, mono_s: float) -> float:
        left, at_s = self._left.get(name, (self._tries, mono_s))
        return min(self._tries, left + (mono_s - at_s) * self._tries / self._per_s)


class BodyLimit:
    """Refuses requests with a long body, announced or not, before it is in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; see the class."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        came = 0

        async def receive_limited() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > BODY_MAX_BYTES or (announced.isdigit() and int(announced) > BODY_MAX_BYTES):
                raise HTTPException(413, f"At most {BODY_MAX_BYTES} bytes are taken.")
            return message

        await self._app(scope, receive_limited, send)
