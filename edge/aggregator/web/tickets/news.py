"""Tells open ticket pages what became of their visits: one question to the writer for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from edge.aggregator.own_ticket import OwnTicket, own_tickets
from edge.aggregator.web.clerk import Clerk, WriterBusyError
from edge.aggregator.web.feed import STREAMS_MAX, Feed


@dataclass(eq=False, slots=True)
class _Follower:
    token: str
    known: OwnTicket | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class TicketNews:
    """Asks after every change, as long as anybody follows; who reads slowly gets the latest state.

    Args:
        feed: says that something changed.
        clerk: knows what.
    """

    def __init__(self, feed: Feed, clerk: Clerk) -> None:
        self._feed, self._clerk = feed, clerk
        self._followers: set[_Follower] = set()
        self._asking: asyncio.Task[None] | None = None

    @property
    def full(self) -> bool:
        """Whether no further page may follow."""
        return len(self._followers) >= STREAMS_MAX

    async def follow(self, token: str) -> AsyncIterator[OwnTicket]:
        """Yield the visit as it stands, then whenever it changed; ends when the token opens nothing more."""
        follower = _Follower(token)
        self._followers.add(follower)
        try:
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask())
            else:
                self._feed.stir()
            while True:
                await follower.wake.wait()
                follower.wake.clear()
                if follower.known is None:
                    return
                yield follower.known
        finally:
            self._followers.discard(follower)

    async def _ask(self) -> None:
        async for _ in self._feed.changes():
            if not self._followers:
                return
            tokens = frozenset(follower.token for follower in self._followers)
            with suppress(WriterBusyError):  # the next picture brings another chance
                self._tell(await self._clerk.ask(partial(own_tickets, tokens=tokens)))
        for follower in self._followers:  # the pages are being taken down
            follower.known = None
            follower.wake.set()

    def _tell(self, tickets: dict[str, OwnTicket | None]) -> None:
        for follower in self._followers:
            if follower.token not in tickets:
                continue  # came while we asked; the next answer is for it too
            ticket = tickets[follower.token]
            if ticket != follower.known or ticket is None:
                follower.known = ticket
                follower.wake.set()
