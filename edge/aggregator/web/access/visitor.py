"""Who asks for a page."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from edge.aggregator.web.access.roles import Right, Role


@dataclass(slots=True)
class Visitor:
    """Somebody in front of a page.

    Attributes:
        name: of the account; "" for somebody without one.
        role: None without an account.
        browser: the secret in the browser's cookie; forms are bound to it.
        address: where the request came from.
        keeps: whether the answer has to give the browser its secret.
        rights: what the account may.
    """

    name: str
    role: Role | None
    browser: str
    address: str
    keeps: bool = False
    rights: frozenset[Right] = frozenset()

    def may(self, right: Right) -> bool:
        """Whether the account has a right."""
        return right in self.rights


def visitor_of(request: HTTPConnection) -> Visitor:
    """Who sent a request."""
    visitor: Visitor = request.state.visitor
    return visitor
