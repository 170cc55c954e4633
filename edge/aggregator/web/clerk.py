"""Carries what pages ask and say to the writer's thread, and its answers back.

Pages run in the web server's loop, the store belongs to the writer's. A question waits in a short queue of
its own, served between two lots of messages; a knock wakes the writer when it sleeps. Questions are short and
change nothing; what is said is entered as if it had come by MQTT, and answered after the commit.
"""

from __future__ import annotations

import asyncio
import queue
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from edge.aggregator.entries import AccessEntry
from edge.aggregator.store import Store
from edge.errors import SteelyardError
from edge.messages import CommandVerb, CounterMessage, GateEvent

ANSWER_S = 3.0
"""[s] a page waits for the writer; a commit takes milliseconds, a rebuild of the store may take longer."""

WAITING_MAX = 200
"""[questions] that may wait at once; more are turned away."""

ANSWERED_AT_ONCE = 20
"""[questions] answered before messages have their turn again."""

T = TypeVar("T")


class WriterBusyError(SteelyardError):
    """The writer gave no answer in time; nothing was entered that it did not say so of."""


class WriterDesk(Protocol):
    """What the clerk needs of the writer."""

    @property
    def store(self) -> Store:
        """The fold; only in the writer's thread."""
        ...

    def say(self, fact: CounterMessage | GateEvent) -> None:
        """Enter it; raises ``MessageError`` or ``StorageError``."""
        ...

    def note(self, entries: Sequence[AccessEntry]) -> None:
        """Enter who saw what; raises ``StorageError``."""
        ...

    def command(
        self, verb: CommandVerb, *, node: str = "", plates: Sequence[str] = (), **arguments: str
    ) -> None:
        """Have nodes do something."""
        ...


class Knock:
    """Wakes the writer's loop: somebody asks."""


class Clerk:
    """One for all pages.

    Args:
        inbox: the writer's; a knock is put there.
    """

    def __init__(self, inbox: queue.Queue[Any]) -> None:
        self._inbox = inbox
        self._waiting: deque[tuple[Callable[[WriterDesk], Any], Future[Any], bool]] = deque()

    async def ask(self, look: Callable[[Store], T]) -> T:
        """What ``look`` reads from the store.

        Args:
            look: runs in the writer's thread: short, changing nothing, returning values that nobody changes.

        Raises:
            WriterBusyError: no answer in time.
        """
        return await self._request(lambda writer: look(writer.store))

    async def say(self, fact: CounterMessage | GateEvent) -> None:
        """Enter a statement as if it had come by MQTT; returns after the commit. Saying it twice is harmless.

        Raises:
            WriterBusyError: no answer in time; it may still be entered.
            MessageError: it cannot be taken.
            StorageError: the ledger cannot be written now; nothing was entered.
        """
        await self._request(lambda writer: writer.say(fact), says=True)

    async def note(self, *entries: AccessEntry) -> None:
        """Enter who saw what, before it is shown. Raises as :meth:`say`."""
        await self._request(lambda writer: writer.note(entries))

    async def command(
        self, verb: CommandVerb, *, node: str = "", plates: Sequence[str] = (), **arguments: str
    ) -> None:
        """Have a node, or those that watch ``plates``, do something. Raises ``WriterBusyError``."""
        await self._request(lambda writer: writer.command(verb, node=node, plates=plates, **arguments))

    def answer(self, writer: WriterDesk) -> bool:
        """Serve who waits, some at a time; whether anything was said. In the writer's thread alone."""
        was_said = False
        for _ in range(ANSWERED_AT_ONCE):
            if not self._waiting:
                return was_said
            request, future, says = self._waiting.popleft()
            if not future.set_running_or_notify_cancel():
                continue  # whoever asked has gone
            try:
                future.set_result(request(writer))
            except Exception as error:
                future.set_exception(error)
            was_said |= says
        self._knock()
        return was_said

    async def _request(self, request: Callable[[WriterDesk], T], *, says: bool = False) -> T:
        if len(self._waiting) >= WAITING_MAX:
            raise _busy("too many pages ask at once")
        future: Future[T] = Future()
        self._waiting.append((request, future, says))
        self._knock()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), ANSWER_S)
        except TimeoutError:
            raise _busy(f"no answer within {ANSWER_S:.0f} s") from None

    def _knock(self) -> None:
        with suppress(queue.Full):  # then it is awake, and looks here between two lots
            self._inbox.put_nowait(Knock())


def _busy(found: str) -> WriterBusyError:
    return WriterBusyError(
        "the store's records cannot be asked at the moment", found=found, fix="Try again in a few seconds."
    )
