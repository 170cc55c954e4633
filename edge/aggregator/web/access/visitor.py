"""Who asks for a page."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from edge.aggregator.web.access.roles import RIGHTS, Right, Role


@dataclass(slots=True)
class Visitor:
    """Somebody in front of a page.

    Attributes:
        name: of the account; "" for somebody without one.
        role: None without an account.
        browser: the secret in the browser's cookie; forms are bound to it.
        address: where the request came from.
        keeps: whether the answer has to give the browser its secret.
    """

    name: str
    role: Role | None
    browser: str
    address: str
    keeps: bool = False

    def may(self, right: Right) -> bool:
        """Whether somebody with this role has a right."""
        return self.role is not None and right in RIGHTS[self.role]


def visitor_of(request: HTTPConnection) -> Visitor:
    """Who sent a request."""
    visitor: Visitor = request.state.visitor
    return visitor
