"""What lies where it does not belong."""

from __future__ import annotations

import itertools

from shelf_goods import WATER, counted, moved
from small_store import T0

from edge.aggregator.stock.astray import Astray
from edge.aggregator.stock.facings import Spot
from edge.aggregator.stock.history import Step
from edge.aggregator.stock.movement import Cause, Line
from edge.messages import EventIdentity


def away(units: int, t: float, plate: str = "wall/2/1", sure: float = 1.0) -> Step:
    movement = moved(units, t, plates=(plate,), sure=sure)
    return Step.of(movement, movement.lines[0])


def beside(units: int, t: float) -> Step:
    spot = Spot("0001", ("wall/1/3",), WATER, astray=True)
    return Step(
        t, EventIdentity("n1", "b9", int(t - T0)), Cause.SHOPPER, Line(spot, units, float(units), 0.0, 1.0)
    )


def fold(*things):
    astray = Astray()
    for thing in things:
        if isinstance(thing, Step):
            astray.keep(thing)
        else:
            astray.count(thing, stands=True)
    return astray.fold()


def test_put_elsewhere_and_taken_from_there():
    ((lying,), rest) = fold(away(1, T0 + 1, sure=0.9))
    assert (lying.plates, lying.units, lying.probability) == (("wall/2/1",), 1, 0.9)
    assert rest == []
    assert fold(away(1, T0 + 1), away(-1, T0 + 2)) == ([], [])


def test_taken_beside_its_facing_comes_from_it_unless_one_lay_there():
    assert [each.line.spot.facing for each in fold(beside(-1, T0 + 1))[1]] == [WATER]
    lying, rest = fold(beside(1, T0 + 1), beside(-1, T0 + 2))
    assert (lying, rest) == ([], [])


def test_staff_says_what_lies_there():
    tidied = counted(0, T0 + 5, ("wall/2/1", "0001"))
    assert fold(away(1, T0 + 1), tidied) == ([], [])
    ((lying,), _) = fold(away(1, T0 + 1), counted(3, T0 + 5, ("wall/2/1", "0001")))
    assert lying.units == 3


def test_any_order_gives_the_same():
    things = [away(1, T0 + 1), away(2, T0 + 2, "wall/1/3"), beside(-1, T0 + 3), away(-1, T0 + 4)]
    expected = fold(*things)
    for order in itertools.permutations(things):
        assert fold(*order) == expected
