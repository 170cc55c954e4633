"""What people said changed hands: it counts when both sides said so, or somebody who works here did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from edge.aggregator.carts.handing import Handover
from edge.aggregator.visits.passes import Ticket
from edge.messages import Transfer, TransferSide

TRANSFERS_MAX = 1000
"""[transfers] remembered, the latest."""

_Goods = tuple[str, str, str, int]


class Transfers:
    """All that was said of transfers and stands, in any order."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, Transfer]] = defaultdict(dict)  # by transfer, by statement

    def say(self, statement: Transfer, *, stands: bool) -> None:
        """Take in a statement, or one whose standing has changed."""
        said = self._said[statement.transfer]
        said.pop(statement.id, None)
        if stands:
            said[statement.id] = statement
        if len(self._said) > TRANSFERS_MAX:
            del self._said[min(self._said, key=lambda name: (_last_s(self._said[name]), name))]

    def confirmed(self, ticket_of: Callable[[str, float], Ticket]) -> tuple[Handover, ...]:
        """Everything that counts, by time.

        Args:
            ticket_of: whose ticket somebody was on at a time [s].
        """
        found = [
            Handover(t_s, name, ticket_of(giver, t_s).visit, ticket_of(taker, t_s).visit, sku, quantity)
            for name, said in self._said.items()
            for (giver, taker, sku, quantity), t_s in _agreed(said).items()
        ]
        return tuple(sorted(each for each in found if each.giver != each.taker))


def _agreed(said: dict[str, Transfer]) -> dict[_Goods, float]:
    """What those who must have agreed on, and since when [s]; of several agreements the first."""
    times: dict[_Goods, dict[TransferSide, float]] = defaultdict(dict)
    for each in said.values():
        goods = (each.from_visit, each.to_visit, each.sku, each.quantity)
        times[goods][each.side] = min(each.t, times[goods].get(each.side, each.t))
    agreed: dict[_Goods, float] = {}
    for goods, sides in times.items():
        since = [sides[TransferSide.STAFF]] if TransferSide.STAFF in sides else []
        if TransferSide.GIVER in sides and TransferSide.TAKER in sides:
            since.append(max(sides[TransferSide.GIVER], sides[TransferSide.TAKER]))
        if since:
            agreed[goods] = min(since)
    first = min(agreed, key=lambda goods: (agreed[goods], goods), default=None)
    return {} if first is None else {first: agreed[first]}


def _last_s(said: dict[str, Transfer]) -> float:
    return max((each.t for each in said.values()), default=0.0)
