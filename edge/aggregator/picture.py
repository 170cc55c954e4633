"""Everything read from one state of belief, once for all that is asked of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from edge.aggregator.carts.contents import NOTHING, Contents
from edge.aggregator.carts.doubt import Doubt
from edge.aggregator.carts.timeline import Timeline
from edge.aggregator.decisions import Decision
from edge.aggregator.receipts.tickets import Tickets
from edge.aggregator.visits.visit import Visit
from edge.messages import Cart, EventIdentity


class Picture:
    """Decisions, contents and tickets as they stand together.

    Args:
        decisions: of all remembered events, by onset.
        timeline: it must not change while the picture is looked at.
        tickets: makes carts.
        unseen: by visit, what the shelves could not see of it.
    """

    def __init__(
        self,
        decisions: Sequence[Decision],
        timeline: Timeline,
        tickets: Tickets,
        unseen: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.decisions = tuple(decisions)
        self._timeline, self._tickets, self._unseen = timeline, tickets, unseen
        self._contents: Mapping[str, Contents] = timeline.contents()
        self._own: dict[str, list[Decision]] = defaultdict(list)  # by visit
        for decision in self.decisions:
            if decision.visit is not None:
                self._own[decision.visit].append(decision)
        self._carts: dict[str, Cart] = {}  # as far as asked for
        self._by_event: dict[EventIdentity, Decision] = {}  # made when asked for

    def contents(self, visit: str) -> Contents:
        """What a visit may hold."""
        return self._contents.get(visit, NOTHING)

    def own(self, visit: str) -> Sequence[Decision]:
        """Decisions of which a visit is taken to be the cause, by onset."""
        return self._own.get(visit, ())

    def doubts(self, visit: str) -> tuple[Doubt, ...]:
        """Events that tell apart what a visit may hold, the most telling first."""
        return self._timeline.doubts(visit)

    def unseen(self, visit: str) -> tuple[str, ...]:
        """What the shelves could not see of a visit."""
        return self._unseen.get(visit, ())

    def decision(self, event: EventIdentity) -> Decision | None:
        """What an event is taken for; ``None``: it is left to the ledger."""
        if not self._by_event:
            self._by_event = {each.event.identity: each for each in self.decisions}
        return self._by_event.get(event)

    def cart(self, visit: Visit) -> Cart:
        """The ticket of one visit."""
        if (cart := self._carts.get(visit.visit)) is None:
            name = visit.visit
            cart = self._tickets.cart(visit, self.contents(name), self.own(name), self.unseen(name))
            self._carts[visit.visit] = cart
        return cart
