"""Tells of the stock: people what stands where, nodes where staff work. Part of the writer, in its thread."""

from __future__ import annotations

import math

from edge.aggregator.announcer import Announcer
from edge.aggregator.health import StoreHealth
from edge.aggregator.stock.orders import LEASE_S, ModeOrders
from edge.aggregator.stock.state import StockView, view_of_stock
from edge.aggregator.store import Store
from edge.clock import Clock
from edge.messages import Command, CommandVerb

STOCK_EVERY_S = 1.0
"""[s] between two looks at the stock: people do not look oftener."""

STOCK_SHARE = 0.05
"""[1] of the time may go into telling it: after a flood of events much must be read."""


class StockTeller:
    """Looks at the stock now and then, and tells what has changed.

    Args:
        announcer: speaks.
        health: knows which nodes are there, and their plates.
        clock: host time.

    Attributes:
        view: the stock as it was told last.
    """

    def __init__(self, announcer: Announcer, health: StoreHealth, clock: Clock) -> None:
        self._announcer, self._health, self._clock = announcer, health, clock
        self._orders = ModeOrders()
        self._told_s, self._wait_s = -math.inf, 0.0
        self.view = StockView()

    def hurry(self) -> None:
        """Look at the next occasion: somebody has just said something of the stock, and waits to see it."""
        self._wait_s = 0.0

    def settle(self, store: Store, utc_s: float) -> None:
        """Tell what is due at ``utc_s``."""
        if self._told_s <= utc_s < self._told_s + self._wait_s:
            return
        began_ns = self._clock.mono_ns()
        self.view = view_of_stock(store.inventory, store.stock.modes, utc_s)
        self._announcer.update_stock(self.view)
        self._command_nodes(store, utc_s)
        took_s = (self._clock.mono_ns() - began_ns) / 1e9
        self._told_s, self._wait_s = utc_s, max(STOCK_EVERY_S, took_s / STOCK_SHARE)

    def _command_nodes(self, store: Store, utc_s: float) -> None:
        nodes = self._health.plates_of_nodes()
        running = [each for each in store.stock.modes.open(utc_s) if each.is_running(utc_s)]
        for node, order in self._orders.due(running, nodes, utc_s):
            arguments = {**order, "lease_s": f"{LEASE_S:g}"}
            command = Command(correlation=f"mode-{int(utc_s)}", verb=CommandVerb.MODE, arguments=arguments)
            if self._announcer.command(node, command):
                self._orders.told(node, nodes[node].boot, order, utc_s)
