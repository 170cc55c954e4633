"""What a hand's levels cost: forces wander and hands tremble, each in its own way."""

from __future__ import annotations

import math

import pytest
from small_shelf import plate, rest

from edge.fusion.hand import STEADY_SHARE, log_hand, log_moved
from edge.samples import PlateChange


def cost(changes: list[PlateChange], *, left: bool = False, stirred_s: tuple[float, ...] = ()) -> float:
    stirs = {changes[0].plate: [(round(at * 1e9), round(at * 1e9) + 200_000_000) for at in stirred_s]}
    return log_hand({changes[0].plate: changes}, stirs, 7.0, left=left)


def half_lifted(for_s: float) -> list[PlateChange]:
    return [rest(4, -150.0, 10.0), rest(4, 150.0, 10.2 + for_s)]


def pressed(for_s: float) -> list[PlateChange]:
    return [rest(4, 150.0, 10.0), rest(4, -150.0, 10.2 + for_s)]


def test_a_single_level_is_no_hands() -> None:
    assert cost([rest(4, -380.0, 10.0)]) == 0.0


@pytest.mark.parametrize("left", [False, True])
def test_the_longer_a_level_is_held_the_less_it_is_a_hands(left: bool) -> None:
    assert cost(pressed(0.5), left=left) > cost(pressed(1.5), left=left) > cost(pressed(3.0), left=left)


def test_a_stir_ends_the_stillness() -> None:
    assert cost(pressed(3.0), stirred_s=(10.5,)) > cost(pressed(3.0))


def test_a_hand_that_stirs_does_not_come_back_to_just_the_same_level() -> None:
    """Somebody touched the plate in between: the longest rest tells goods from a hand."""
    assert cost(pressed(8.0), left=True, stirred_s=(10.5,)) == cost(pressed(8.0), left=True)


def test_nobody_leans_with_a_kilogram_and_lets_go() -> None:
    light, heavy = ([rest(4, push_g, 10.0), rest(4, -push_g, 12.0)] for push_g in (450.0, 1000.0))
    assert cost(heavy, left=True) < cost(light, left=True) - 3
    assert cost(heavy) == pytest.approx(cost(light), abs=0.1), "of goods that come any part may be held"


def test_some_hands_that_half_lift_a_thing_and_leave_it_are_as_still_as_goods() -> None:
    worst = cost(half_lifted(0.0), left=True) + math.log(STEADY_SHARE)
    assert cost(half_lifted(8.0), left=True) == pytest.approx(worst, abs=0.1)
    assert cost(pressed(8.0), left=True) < worst - 5


def test_a_hands_force_wanders_around_where_it_was() -> None:
    near = [rest(4, -150.0, 10.0), rest(4, -30.0, 11.0), rest(4, 180.0, 12.0)]
    far = [rest(4, -150.0, 10.0), rest(4, -300.0, 11.0), rest(4, 450.0, 12.0)]
    assert cost(near) > cost(far) + 1


def test_small_steps_of_a_slow_lift_cost_little_however_slow() -> None:
    steps = [rest(4, -5.0, 10.0 + 4 * i) for i in range(4)]
    assert cost(steps) == pytest.approx(3 * math.log(0.05))


def test_plates_add_up() -> None:
    left, right = half_lifted(1.0), [rest(5, 20.0, 10.0), rest(5, -20.0, 11.0)]
    both = log_hand({plate(4): left, plate(5): right}, {}, 7.0, left=True)
    assert both == pytest.approx(cost(left, left=True) + cost(right, left=True))


def test_goods_that_are_off_for_long_were_taken() -> None:
    odds = [log_moved(off_s) for off_s in (0.0, 0.4, 1.0, 2.0, 3.0)]
    assert odds == sorted(odds, reverse=True)
    assert odds[2] > 0 > odds[3]


def test_goods_come_after_they_went() -> None:
    assert log_moved(-0.1) > 0
    assert log_moved(-1.0) == -math.inf


def test_a_plate_that_stirs_has_a_hand_at_it() -> None:
    trembling = [rest(4, -150.0, 10.0), rest(4, 150.0, 16.0)]
    quiet = cost(trembling, left=True)
    assert cost(trembling, left=True, stirred_s=(11.5, 12.5, 13.5, 14.5)) > quiet + 3
    assert cost(trembling, stirred_s=(11.5, 12.5, 13.5, 14.5)) > cost(trembling) + 3


def test_no_number_of_stirs_proves_a_hand() -> None:
    """They are all of one hand, if they are any."""
    changes = [rest(4, -150.0, 10.0), rest(4, 150.0, 22.0)]
    often = tuple(10.5 + step for step in range(11))
    more = tuple(sorted((*often, *(at + 0.01 for at in often))))
    assert cost(changes, stirred_s=more) == pytest.approx(cost(changes, stirred_s=often), abs=0.1)


def test_the_hand_that_lets_go_proves_nothing() -> None:
    assert cost(pressed(1.2), stirred_s=(10.5,)) - cost(pressed(1.2)) < math.log(15.0)
