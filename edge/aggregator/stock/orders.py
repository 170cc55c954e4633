"""What nodes are told of modes: all of a node's at once, again while any is on, and once when none is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from edge.aggregator.stock.facings import is_within
from edge.aggregator.stock.modes import Period

RENEW_S = 60.0
"""[s] between two words to a node whose plates are in a mode."""

LEASE_S = 150.0
"""[s] A node forgets what is not said again: two words may be lost."""

Order = dict[str, str]
"""Plates with blanks between them, by mode."""


@dataclass(frozen=True, slots=True)
class NodePlates:
    """What a node's birth message says of it."""

    boot: str
    plates: tuple[str, ...]


class ModeOrders:
    """Remembers what each node was told."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[str, Order, float]] = {}  # boot, order, when [s]

    def due(
        self, running: Iterable[Period], nodes: Mapping[str, NodePlates], now_s: float
    ) -> Iterator[tuple[str, Order]]:
        """Nodes that must be told, and what.

        Args:
            running: modes that are on, by begin; of two at one plate the first counts.
            nodes: that are there.
            now_s: present time.
        """
        periods = list(running)
        for node, known in nodes.items():
            order = _order(periods, known.plates)
            boot, before, told_s = self._told.get(node, (known.boot, {}, now_s))
            is_news = order != before or (order and boot != known.boot)
            if is_news or (order and not told_s <= now_s < told_s + RENEW_S):
                yield node, order

    def told(self, node: str, boot: str, order: Order, now_s: float) -> None:
        """A node was told."""
        self._told[node] = boot, order, now_s


def _order(periods: Iterable[Period], plates: Iterable[str]) -> Order:
    modes: dict[str, str] = {}
    for period in periods:
        for plate in plates:
            if is_within(plate, period.place):
                modes.setdefault(plate, period.kind.value)
    kinds = sorted(set(modes.values()))
    return {kind: " ".join(plate for plate, mode in modes.items() if mode == kind) for kind in kinds}
