"""Which changes were one act."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_shelf import (
    BAR,
    CATALOGUE,
    JAM,
    PLANOGRAM,
    WATER,
    WIDE,
    Cut,
    plate,
    rest,
)

from edge.config import FusionSection
from edge.fusion.hypotheses import HypothesisSearch
from edge.fusion.segmentation import Segmentation
from edge.planogram import Planogram


def test_a_pick() -> None:
    cut = Cut([rest(1, -622.0, 10.0)])
    assert cut.what == [(WATER, 1, -1)]
    assert [verdict.key for verdict in cut.verdicts] == [1]


def test_goods_that_straddle_are_one_act() -> None:
    cut = Cut([rest(5, -400.0, 10.0), rest(6, -500.0, 10.05)])
    assert cut.what == [(WIDE, 1, -1)]
    assert cut.goods[0][0] == (plate(5), plate(6))


def test_plates_are_listed_left_to_right() -> None:
    cut = Cut([rest(6, -500.0, 10.0), rest(5, -400.0, 10.05)])
    assert cut.goods[0][0] == (plate(5), plate(6))


@pytest.mark.parametrize("number", [1, 8])
def test_the_shelfs_order_counts_not_the_names(number: int) -> None:
    """A row whose plates are named out of order: neighbours stand beside each other."""
    names = [plate(3), plate(number), plate(5), plate(6)]
    odd = Planogram("odd", {name: PLANOGRAM.plates[name] for name in names}, [])
    cut = Cut([rest(3, -300.0, 10.0), rest(number, -320.0, 10.0)], planogram=odd)
    assert len(cut.goods) == 1


@pytest.mark.parametrize("share", [0.005, 0.015, 0.023])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_cross_talk_is_no_goods(share: float, sign: float) -> None:
    main_g = sign * 622.0
    cut = Cut([rest(2, share * main_g, 10.0), rest(1, main_g, 10.0), rest(3, share * main_g / 2, 10.0)])
    assert cut.what == [(WATER, 1, round(sign))]
    assert cut.goods[0][1] == pytest.approx(main_g, abs=0.03 * 622.0)


def test_cross_talk_that_settles_first_leaves_no_event() -> None:
    cut = Cut([rest(2, -9.0, 10.0, lasts_s=0.1), rest(1, -622.0, 10.0, lasts_s=0.6)])
    assert cut.what == [(WATER, 1, -1)]


@pytest.mark.parametrize("apart_s", [0.3, 0.6, 1.0, 3.0])
def test_quick_neighbours_are_two_acts(apart_s: float) -> None:
    cut = Cut([rest(3, -45.0, 10.0), rest(4, -380.0, 10.0 + apart_s)])
    assert sorted(cut.what) == [(BAR, 1, -1), (JAM, 1, -1)]


def test_two_hands_at_once_are_two_acts() -> None:
    cut = Cut([rest(1, -622.0, 10.0), rest(4, -380.0, 10.0), rest(3, -45.0, 10.1)])
    assert sorted(cut.what) == [(BAR, 1, -1), (JAM, 1, -1), (WATER, 1, -1)]


def test_one_taken_while_another_is_put_beside_it() -> None:
    cut = Cut([rest(3, 45.0, 10.0), rest(4, -380.0, 10.0)])
    assert sorted(cut.what) == [(BAR, 1, 1), (JAM, 1, -1)]


@pytest.mark.parametrize("apart_s", [0.0, 0.3])
def test_what_came_and_what_went_are_no_small_thing(apart_s: float) -> None:
    """Two hands, 45 g between what one takes and the other puts: no bar was taken."""
    cut = Cut([rest(3, -380.0, 10.0), rest(4, 335.0, 10.0 + apart_s)])
    assert [(round(delta_g), plates) for plates, delta_g, _ in cut.goods] in (
        [(-380, (plate(3),)), (335, (plate(4),))],
        [(335, (plate(4),)), (-380, (plate(3),))],
    )


@pytest.mark.parametrize("apart_s", [0.8, 3.0, 8.0])
def test_two_units_one_after_the_other_are_two_picks(apart_s: float) -> None:
    cut = Cut([rest(1, -622.0, 10.0), rest(1, -622.0, 10.0 + apart_s)])
    assert sum(quantity for _, quantity, _ in cut.what) == 2
    assert {sku for sku, _, _ in cut.what} == {WATER}


def test_a_slow_lift_is_one_act_with_the_same_identity() -> None:
    cut = Cut([rest(4, -150.0, 10.0), rest(4, -230.0, 10.9)])
    assert cut.what == [(JAM, 1, -1)]
    assert cut.goods[0][1] == -380.0
    keys = [verdict.key for verdict in cut.verdicts if verdict.act is not None and verdict.act.hypotheses]
    assert len(keys) > 1
    assert len(set(keys)) == 1


def test_an_act_lasts_from_its_first_motion_to_its_last_rest() -> None:
    cut = Cut([rest(4, -150.0, 10.0), rest(4, -230.0, 10.9)])
    (total,) = [act.total for act in cut.acts.values() if act is not None and act.hypotheses]
    assert (total.onset_ns, total.settled_ns) == (10_000_000_000, 11_100_000_000)
    assert total.decided_ns == 11_500_000_000


def test_a_press_that_comes_back_is_withdrawn() -> None:
    cut = Cut([rest(4, 61.0, 10.0), rest(4, -61.0, 10.8)])
    assert cut.what == []
    assert {verdict.key for verdict in cut.verdicts} <= {1}


def test_a_press_then_a_lift_is_the_lift() -> None:
    cut = Cut([rest(4, 57.0, 10.0), rest(4, -437.0, 10.7)])
    assert cut.what == [(JAM, 1, -1)]
    assert cut.goods[0][1] == -380.0


def test_put_down_then_taken_are_two_acts() -> None:
    cut = Cut([rest(4, 380.0, 10.0), rest(4, -380.0, 15.0)])
    assert cut.what == [(JAM, 1, 1), (JAM, 1, -1)]


def test_taken_then_put_back_are_two_acts() -> None:
    cut = Cut([rest(4, -380.0, 10.0), rest(4, 380.0, 14.0)])
    assert cut.what == [(JAM, 1, -1), (JAM, 1, 1)]


@pytest.mark.parametrize("delta_g", [-2.5, 3.0, -4.5])
def test_what_is_lighter_than_goods_is_no_event(delta_g: float) -> None:
    assert Cut([rest(4, delta_g, 10.0)]).what == []


def test_a_change_that_noise_explains_is_no_event() -> None:
    assert Cut([rest(4, -9.0, 10.0, sigma_g=8.0)]).what == []


def test_shelves_are_apart() -> None:
    cut = Cut([rest(1, -622.0, 10.0), rest(1, -150.0, 10.0, shelf=2)])
    assert len(cut.goods) == 2
    assert {plates for plates, _, _ in cut.goods} == {(plate(1),), (plate(1, 2),)}


def test_plates_that_the_planogram_does_not_have_are_not_each_other() -> None:
    cut = Cut([rest(20, -622.0, 10.0), rest(30, -380.0, 14.0)])
    assert sorted(cut.what) == [(JAM, 1, -1), (WATER, 1, -1)]


@pytest.mark.parametrize("number", [7, 8])
def test_everything_taken_from_a_shelf_at_once_is_accounted_for(number: int) -> None:
    """More changes than a cluster holds: none is lost."""
    goods_g = [622.0, 300.0, 45.0, 380.0, 450.0, 450.0, 517.0, 250.0][:number]
    cut = Cut([rest(i, -weight_g, 10.0) for i, weight_g in enumerate(goods_g, 1)])
    assert -sum(delta_g for _, delta_g, _ in cut.goods) == pytest.approx(sum(goods_g), abs=1.0)


def test_a_long_row_of_changes_keeps_what_was_said() -> None:
    """A busy plate: a pick every 2 s for a minute."""
    cut = Cut([rest(1, -622.0, 10.0 + 2.0 * i) for i in range(30)])
    assert sum(quantity for _, quantity, _ in cut.what) == 30


def test_a_neighbour_that_still_moves_is_waited_for() -> None:
    options = FusionSection()
    segmentation = Segmentation(PLANOGRAM, HypothesisSearch(PLANOGRAM, CATALOGUE, options), options, 0.3)
    first, second = rest(5, -400.0, 10.0), rest(6, -500.0, 10.0, lasts_s=0.3)
    assert segmentation.update([first], {plate(6): -450.0}, first.decided_ns) == []
    assert segmentation.is_waiting
    (verdict,) = segmentation.update([second], {}, second.decided_ns)
    assert verdict.act is not None
    assert verdict.act.total.plates == (plate(5), plate(6))
    assert not segmentation.is_waiting


def test_a_neighbour_is_not_waited_for_longer_than_the_option_says() -> None:
    options = FusionSection()
    segmentation = Segmentation(PLANOGRAM, HypothesisSearch(PLANOGRAM, CATALOGUE, options), options, 0.3)
    first = rest(5, -400.0, 10.0)
    assert segmentation.update([first], {plate(6): -450.0}, first.decided_ns) == []
    (verdict,) = segmentation.update([], {plate(6): -450.0}, first.decided_ns + 400_000_000)
    assert verdict.act is not None
    assert verdict.act.total.decided_ns == first.decided_ns + 400_000_000, "waiting is deciding later"


RESTS = st.lists(
    st.builds(
        rest,
        number=st.integers(1, 8),
        delta_g=st.floats(-1_500.0, 1_500.0).filter(lambda each: abs(each) >= 2.0),
        at_s=st.floats(0.0, 20.0),
        lasts_s=st.floats(0.05, 1.0),
    ),
    max_size=9,
)


@given(rests=RESTS)
@settings(max_examples=30, deadline=None)
def test_the_verdicts_of_any_row_of_rests_are_well_formed(rests: list) -> None:
    seen: set[int] = set()
    withdrawn: set[int] = set()
    for verdict in (cut := Cut(rests)).verdicts:
        assert verdict.act is not None or verdict.key in seen
        assert verdict.key not in withdrawn
        seen.add(verdict.key)
        if verdict.act is None:
            withdrawn.add(verdict.key)
        else:
            assert verdict.act.total.onset_ns <= verdict.act.total.settled_ns <= verdict.act.total.decided_ns
    assert seen == set(range(1, len(seen) + 1))
    # No change belongs to two acts that stand.
    standing = [change for act in cut.acts.values() if act is not None for change in act.changes]
    assert len(standing) == len({id(change) for change in standing})
