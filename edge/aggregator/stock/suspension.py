"""Charging is suspended where staff work: what moves there is theirs, unless a person says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edge.aggregator.carts.account import Actor

SHOPPERS = 0.25
"""[1] At most so probable is it, by hands alone, that any shopper did it. Below one half, so that the best
account charges nobody; and the rest below what `carts.review_below` asks for, so that a person is asked when
a shopper's hand was there."""


def suspended(actors: Sequence[Actor]) -> tuple[Actor, ...]:
    """The same actors, nobody having the lead that belongs to staff at work."""
    visits = [actor for actor in actors if actor.visit is not None]
    theirs = sum(actor.probability for actor in visits)
    if theirs <= SHOPPERS:
        return tuple(actors)
    scale = SHOPPERS / theirs
    scaled = [replace(actor, probability=scale * actor.probability) for actor in visits]
    return (Actor(None, "", 1.0 - SHOPPERS), *sorted(scaled, key=lambda each: -each.probability))
