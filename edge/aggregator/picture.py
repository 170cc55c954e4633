"""Everything read from one state of belief, once for all that is asked of it and only what is asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from edge.aggregator.carts.contents import Contents
from edge.aggregator.carts.doubt import Doubt
from edge.aggregator.carts.timeline import Timeline
from edge.aggregator.decisions import Decision
from edge.aggregator.receipts.tickets import Tickets
from edge.aggregator.visits.visit import Visit
from edge.messages import Cart, EventIdentity


class Picture:
    """Decisions, contents and tickets as they stand together.

    Args:
        decide: what a remembered event is taken for; ``None``: it is left to the ledger.
        timeline: it must not change while the picture is looked at.
        tickets: makes carts.
        unseen: by visit, what the shelves could not see of it.
    """

    def __init__(
        self,
        decide: Callable[[EventIdentity], Decision | None],
        timeline: Timeline,
        tickets: Tickets,
        unseen: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.decision = decide
        self._timeline, self._tickets, self._unseen = timeline, tickets, unseen
        self._contents: dict[str, Contents] = {}  # as far as asked for
        self._own: dict[str, Sequence[Decision]] = {}  # by visit, likewise
        self._carts: dict[str, Cart] = {}  # likewise

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """Of all remembered events, by onset."""
        return self._decided(self._timeline.events())

    def latest(self, count: int) -> tuple[Decision, ...]:
        """Of the latest events, by onset."""
        return self._decided(self._timeline.latest(count))

    def acted_at(self, visit: str) -> float:
        """[s] when a visit last took or put anything; -inf: it never did."""
        return max((each.event.t_settled for each in self.own(visit)), default=-math.inf)

    def contents(self, visit: str) -> Contents:
        """What a visit may hold."""
        if (contents := self._contents.get(visit)) is None:
            contents = self._contents[visit] = self._timeline.contents(visit)
        return contents

    def own(self, visit: str) -> Sequence[Decision]:
        """Decisions of which a visit is taken to be the cause, by onset."""
        if (own := self._own.get(visit)) is None:
            own = self._own[visit] = self._decided(self._timeline.own(visit))
        return own

    def doubts(self, visit: str) -> tuple[Doubt, ...]:
        """Events that tell apart what a visit may hold, the most telling first."""
        return self._timeline.doubts(visit)

    def unseen(self, visit: str) -> tuple[str, ...]:
        """What the shelves could not see of a visit."""
        return self._unseen.get(visit, ())

    def cart(self, visit: Visit) -> Cart:
        """The ticket of one visit."""
        if (cart := self._carts.get(visit.visit)) is None:
            name = visit.visit
            cart = self._tickets.cart(visit, self.contents(name), self.own(name), self.unseen(name))
            self._carts[visit.visit] = cart
        return cart

    def _decided(self, events: Iterable[EventIdentity]) -> tuple[Decision, ...]:
        return tuple(decision for event in events if (decision := self.decision(event)) is not None)
