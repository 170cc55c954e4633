"""Goods that one visit handed to another, by the word of both: they move in every account."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from edge.aggregator.carts.account import Thing
from edge.aggregator.carts.beam import Beam, Column

NOT_HELD = math.log(0.01)
"""[nat] Both say that it changed hands though by an account the giver did not have it: people err, too."""


@dataclass(frozen=True, slots=True, order=True)
class Handover:
    """Units of one SKU that changed hands."""

    t_s: float
    transfer: str  # its name
    giver: str  # visit
    taker: str  # visit
    sku: str
    quantity: int  # [units]

    def moved(self, things: tuple[Thing, ...]) -> tuple[Thing, ...]:
        """What the giver hands over, as far as it is held."""
        return tuple(thing for thing in things if thing.sku == self.sku)[: self.quantity]

    def kept(self, things: tuple[Thing, ...]) -> tuple[Thing, ...]:
        """What the giver keeps."""
        rest = list(things)
        for thing in self.moved(things):
            rest.remove(thing)
        return tuple(rest)


def handed(beam: Beam, handover: Handover) -> Beam:
    """The accounts after goods changed hands; those in which the giver did not have them lose weight."""
    giver = beam.held.column(handover.giver) or Column.same((), len(beam))
    taker = beam.held.column(handover.taker) or Column.same((), len(beam))

    def taken(things: tuple[Thing, ...], number: int) -> tuple[Thing, ...]:
        return tuple(sorted((*things, *handover.moved(giver.values[number]))))

    lacks = np.array([len(handover.moved(things)) < handover.quantity for things in giver.values])
    held = beam.held.put(handover.giver, giver.mapped(handover.kept))
    held = held.put(handover.taker, taker.changed(giver.numbers.astype(np.intp), taken))
    log_weights = beam.log_weights + np.where(lacks[giver.numbers], NOT_HELD, 0.0)
    return replace(beam, held=held, log_weights=log_weights).merged()
