"""Cuts that need more than neighbours and a press: goods moved about, wandering hands, tugs; the odds."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from small_shelf import BAR, FAR, JAM, NAMELESS, PLANOGRAM, WATER, WIDE, Cut, plate, rest

from edge.planogram import Facing, Planogram
from edge.samples import ChangeKind, PlateChange

ROW = Planogram("row", PLANOGRAM.plates, [Facing(tuple(map(plate, range(1, 9))), WATER)])
"""The same shelf, one SKU all along."""


# --- moved about ------------------------------------------------------------------------------------


@pytest.mark.parametrize("off_s", [0.3, 0.7, 1.2])
@pytest.mark.parametrize(("source", "target"), [(5, 6), (6, 5)])
def test_goods_moved_on_their_facing_are_no_event(source: int, target: int, off_s: float) -> None:
    cut = Cut([rest(source, -900.0, 10.0), rest(target, 898.0, 10.0 + off_s)])
    assert cut.what == []
    assert [bool(verdict.act and verdict.act.hypotheses) for verdict in cut.verdicts] == [True, False]
    assert {verdict.key for verdict in cut.verdicts} == {1}, "the pick that was told is taken back"


def test_goods_moved_over_a_plate_between() -> None:
    assert Cut([rest(2, -622.0, 10.0), rest(4, 622.0, 10.8)], planogram=ROW).what == []


def test_goods_moved_so_that_they_straddle() -> None:
    rests = [rest(2, -622.0, 10.0), rest(3, 400.0, 10.8), rest(4, 222.0, 10.85)]
    assert Cut(rests, planogram=ROW).what == []


@pytest.mark.parametrize("off_s", [2.0, 2.8, 6.0])
def test_goods_brought_back_to_another_plate_of_their_facing_are_two_events(off_s: float) -> None:
    cut = Cut([rest(5, -900.0, 10.0), rest(6, 898.0, 10.0 + off_s)])
    assert cut.what == [(WIDE, 1, -1), (WIDE, 1, 1)]


@pytest.mark.parametrize("off_s", [0.3, 1.0])
def test_what_comes_to_another_facing_was_not_moved(off_s: float) -> None:
    """Weights that nearly cancel, on neighbours of different goods."""
    cut = Cut([rest(1, -622.0, 10.0), rest(2, 612.0, 10.0 + off_s)])
    assert sorted(round(delta_g) for _, delta_g, _ in cut.goods) == [-622, 612]


def test_what_comes_first_was_not_moved() -> None:
    """One shopper puts a unit back, another takes one from the next plate."""
    cut = Cut([rest(6, 900.0, 10.0), rest(5, -898.0, 10.6)])
    assert cut.what == [(WIDE, 1, 1), (WIDE, 1, -1)]


def test_what_weighs_something_else_was_not_moved() -> None:
    cut = Cut([rest(5, -900.0, 10.0), rest(6, 622.0, 10.7)])
    assert cut.what == [(WIDE, 1, -1), (WATER, 1, 1)]


# --- hands ------------------------------------------------------------------------------------------


def levels(number: int, *levels_g: float, every_s: float = 1.2, still: bool = False) -> list[PlateChange]:
    """Rests of a plate at these levels above where it began; a hand that trembles stirs it in between."""
    steps_g = [after - before for before, after in itertools.pairwise((0.0, *levels_g))]
    lasts_s = 0.2 if still else 0.8 * every_s
    return [rest(number, step, 10.0 + every_s * i, lasts_s=lasts_s) for i, step in enumerate(steps_g)]


@pytest.mark.parametrize("hold", [(-150.0,), (-150.0, -120.0), (-150.0, -171.0, -140.0, -155.0)])
def test_half_lifted_and_left_is_no_event(hold: tuple[float, ...]) -> None:
    assert Cut(levels(4, *hold, 0.0)).what == []


@pytest.mark.parametrize("for_s", [2.0, 5.0, 9.0])
def test_half_lifted_by_a_still_hand_and_left_is_no_event(for_s: float) -> None:
    assert Cut(levels(4, -170.0, 0.0, every_s=for_s, still=True)).what == []


@pytest.mark.parametrize("for_s", [2.0, 5.0, 9.0])
def test_half_lifted_by_a_still_hand_and_taken_is_one_pick(for_s: float) -> None:
    cut = Cut(levels(4, -170.0, -380.0, every_s=for_s, still=True))
    assert (cut.what, cut.goods[0][1]) == ([(JAM, 1, -1)], -380.0)


@pytest.mark.parametrize("hold", [(-150.0, -120.0), (-150.0, -171.0, -140.0, -155.0)])
def test_half_lifted_and_taken_is_one_pick(hold: tuple[float, ...]) -> None:
    cut = Cut(levels(4, *hold, -380.0))
    assert (cut.what, cut.goods[0][1]) == ([(JAM, 1, -1)], -380.0)


def test_half_lifted_by_a_hand_that_stirs_is_no_event_whatever_it_weighs() -> None:
    """Levels that fit goods of the store, now and then: what tells is that the plate never rests."""
    held = levels(4, -66.0, -74.0, -83.0, -69.0, 0.0, every_s=1.6)
    stirred = [replace(rest(4, 0.0, 10.9 + 1.6 * i), kind=ChangeKind.TOUCH, peak_g=25.0) for i in range(4)]
    assert Cut(sorted([*held, *stirred], key=lambda each: each.decided_ns)).what == []


def test_goods_of_unknown_weight_come_back_too() -> None:
    cut = Cut([rest(7, -517.0, 10.0), rest(7, 516.0, 13.0)])
    assert cut.what == [(NAMELESS, 1, -1), (NAMELESS, 1, 1)]


def test_misplaced_goods_are_put_down_and_taken_by_the_next() -> None:
    cut = Cut([rest(4, 150.0, 10.0), rest(4, -150.0, 15.0)])
    assert cut.what == [(FAR, 1, 1), (FAR, 1, -1)]


def test_a_press_that_weighs_like_goods_is_no_return_if_the_pick_follows_at_once() -> None:
    at_once, later = (Cut([rest(3, 45.0, 10.0), rest(3, -90.0, 10.4 + wait_s)]) for wait_s in (0.0, 3.0))
    assert at_once.what == [(BAR, 1, -1)]
    assert later.what == [(BAR, 1, 1), (BAR, 2, -1)]


# --- pairs ------------------------------------------------------------------------------------------


def test_what_may_have_been_a_touch_altogether_is_told_as_a_pair() -> None:
    """A push that weighs like goods of another shelf, then as much goes: who held what must decide."""
    cut = Cut([rest(4, 150.0, 10.0), rest(4, -150.0, 12.0)])
    (put, _), (taken, undoes) = cut.pairs
    assert undoes == put
    act = cut.acts[taken]
    assert act is not None
    assert 0.0 < act.log_odds_goods < 6.0, "of both, or neither"


@pytest.mark.parametrize("then_g", [150.0, -380.0])
def test_what_cannot_have_been_a_touch_is_no_pair(then_g: float) -> None:
    cut = Cut([rest(4, 150.0, 10.0), rest(4, then_g, 13.0)])
    assert [undoes for _, undoes in cut.pairs] == [None] * len(cut.pairs)


# --- tugs -------------------------------------------------------------------------------------------


def test_a_tug_that_is_noticed_late_changes_nothing() -> None:
    """It is no creep of what its own plate did before."""
    cut = Cut([rest(2, 300.0, 10.0), rest(1, -622.0, 11.0), rest(2, -9.0, 11.8, lasts_s=1.0)])
    assert [(plates, round(delta_g)) for plates, delta_g, _ in cut.goods] == [
        ((plate(2),), 300), ((plate(1),), -622),
    ]  # fmt: skip


def test_tugs_do_not_join_what_is_seconds_apart() -> None:
    """Two picks of goods that nobody planned here, with small tugs on the plates between them."""
    rests = [rest(4, -209.0, 10.0), rest(3, -3.0, 10.1), rest(2, -5.0, 12.4), rest(1, -382.0, 12.3)]
    cut = Cut(rests)
    assert [plates for plates, _, _ in cut.goods] == [(plate(4),), (plate(1),)]


# --- odds -------------------------------------------------------------------------------------------


def test_a_plain_pick_is_sure() -> None:
    act = Cut([rest(1, -622.0, 10.0)]).acts[1]
    assert act is not None
    assert act.log_odds > 8
    assert act.probability > 0.999


def test_odds_are_smaller_where_another_cut_says_something_else() -> None:
    """900 g of one thing on two plates; one part of it weighs like a thing that stands elsewhere."""
    alike, plain = (
        Cut([rest(5, -first_g, 10.0), rest(6, first_g - 900.0, 10.0)]).acts[1] for first_g in (622.0, 560.0)
    )
    assert alike is not None
    assert plain is not None
    assert 5 < alike.log_odds < plain.log_odds


def test_two_things_that_leave_side_by_side_at_the_same_moment_are_less_sure_to_be_two() -> None:
    at_once, later = (
        Cut([rest(3, -45.0, 10.0), rest(4, -380.0, 10.0 + apart_s)]).acts[1] for apart_s in (0.0, 0.35)
    )
    assert at_once is not None
    assert later is not None
    assert at_once.hypotheses[0].items == later.hypotheses[0].items
    assert 5 < at_once.log_odds < later.log_odds


def test_odds_are_those_of_the_only_alternative() -> None:
    """A single change is goods, or it is noise."""
    act = Cut([rest(4, -150.0, 10.0, sigma_g=20.0)]).acts[1]
    assert act is not None
    assert act.log_odds == pytest.approx(act.log_goods - act.log_nothing)


def test_later_changes_settle_the_odds() -> None:
    """A still hand on a plate looks like goods until it lets go."""
    cut = Cut(levels(4, -170.0, 0.0, every_s=3.0, still=True))
    first, last = (verdict.act for verdict in cut.verdicts)
    assert first is not None
    assert last is not None
    assert first.hypotheses
    assert not last.hypotheses
    assert last.log_odds > 0


def test_what_may_have_been_goods_is_told_in_the_end() -> None:
    """A shaking plate, and less than the bar that stands there weighs."""
    (verdict,) = Cut([rest(3, -17.0, 10.0, sigma_g=8.0)]).verdicts
    assert verdict.act is not None
    assert not verdict.act.hypotheses
    assert 0.5 < verdict.act.probability < 0.9


def test_what_passes_in_the_end_is_not_told() -> None:
    assert Cut([rest(3, -17.0, 10.0, sigma_g=8.0), rest(3, 17.0, 12.0, sigma_g=0.5)]).verdicts == []


def test_what_is_surely_no_goods_is_not() -> None:
    assert Cut([rest(4, -9.0, 10.0, sigma_g=8.0)]).verdicts == []


# --- creep ------------------------------------------------------------------------------------------


def test_an_act_is_from_its_first_level_to_its_last() -> None:
    """A touch in between left the plate 11 g higher, too little to be a change of its own."""
    held = [rest(4, -110.0, 10.0), replace(rest(4, 99.0, 13.0), crept_g=11.0)]
    assert Cut(held).what == []
    taken = [rest(4, -150.0, 10.0), replace(rest(4, -242.0, 12.0), crept_g=12.0)]
    assert [delta_g for _, delta_g, _ in Cut(taken).goods] == [-380.0]
