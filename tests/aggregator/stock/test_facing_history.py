"""One facing: counts and movements in time."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf_goods import counted, moved
from small_store import T0

from edge.aggregator.stock.history import KEPT, History, Step


def step(units: int, t: float, sure: float = 1.0) -> Step:
    movement = moved(units, t, sure=sure)
    return Step.of(movement, movement.lines[0])


def told(*things) -> History:
    history = History()
    for thing in things:
        if isinstance(thing, Step):
            history.keep(thing)
        else:
            history.count(thing, stands=True)
    return history


def test_counted_less_picks_plus_returns():
    level = told(counted(12, T0), step(-2, T0 + 1), step(-1, T0 + 2), step(1, T0 + 3)).level()
    assert (level.units, level.sigma, level.probability) == (10, 0.0, 1.0)
    assert (level.brought, level.taken) == (1, 3)


def test_doubtful_picks_leave_doubt():
    level = told(counted(12, T0), step(-1, T0 + 1, 0.75)).level()
    assert level.mean == pytest.approx(11.25)
    assert (level.units, level.probability) == (11, 0.75)


def test_many_small_doubts_add_up_to_a_wide_one():
    level = told(counted(60, T0), *(step(-1, T0 + n, 0.9) for n in range(1, 31))).level()
    assert level.mean == pytest.approx(33.0)
    assert level.units == 33
    assert 0.1 < level.probability < 0.4


def test_before_the_first_count_only_the_change_is_known():
    level = told(step(-3, T0 + 1)).level()
    assert level.counted is None
    assert level.mean == -3.0


def test_a_count_says_how_right_the_book_was():
    (check,) = told(counted(12, T0), step(-2, T0 + 1), counted(9, T0 + 2)).checks()
    assert (check.count.units, check.expected.units) == (9, 10)


def test_more_taken_than_there_was():
    assert told(counted(1, T0), step(-3, T0 + 1), step(2, T0 + 2)).level().units == 2


def test_a_count_taken_back():
    history = told(counted(12, T0), counted(3, T0 + 5, name="count-mistaken"))
    history.count(counted(3, T0 + 5, name="count-mistaken"), stands=False)
    assert history.level().units == 12


@given(st.data())
def test_any_order_gives_the_same_level(data):
    things = [counted(20, T0), *(step(data.draw(st.integers(-2, 2)), T0 + n, 0.9) for n in range(1, 6)),
              counted(15, T0 + 3.5)]  # fmt: skip
    expected = told(*things).level()
    order = data.draw(st.permutations(things))
    assert told(*order).level() == expected
    live = [each for each in order if isinstance(each, Step)]
    counts = [each for each in order if not isinstance(each, Step)]
    assert told(*counts).level(live) == expected
    assert told(*order).level(live[:2]) == expected  # kept already, and given once more


def test_long_past_steps_are_folded_and_the_level_stays():
    rng = random.Random(4)
    things = [counted(5000, T0), *(step(rng.choice((-1, -2, 1)), T0 + 1 + n) for n in range(5 * KEPT))]
    things.insert(101, counted(4000, T0 + 100.5))
    history = told(*things)
    plain = 4000 + sum(each.line.units for each in things[102:])
    assert history.level().units == plain
    assert len(history.checks()) == 1
    history.count(counted(7, T0 + 50.5), stands=True)  # too late to tell anything
    history.keep(step(-5, T0 + 60.25))
    assert history.level().units == plain
    assert len(history.steps()) <= 2 * KEPT
