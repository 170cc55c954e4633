"""The reader who is told every event, on cases whose answer is known."""

import pytest

from tools.scenarios.attainable import AttainableReader, tellable
from tools.scenarios.contest import Ground, find
from tools.scenarios.receipts import micro_f1, outcomes
from tools.scenarios.rendered import RenderedCase
from tools.scenarios.script import Tracking
from tools.scenarios.stage import Stage, unit_sigma_g

GROUND = Ground.of(None)


def attained(stage):
    case = RenderedCase(stage.script, GROUND.planogram, GROUND.catalogue, GROUND.noise)
    visits = AttainableReader(case).visits()
    return outcomes(stage.script, visits, tellable(visits)), visits


def a_stage(seed=1):
    return Stage("any", seed, GROUND.planogram, GROUND.catalogue)


def two_at_one_place(stage, *, lost):
    """A and B stand before the same plate; A takes."""
    goods = stage.any_goods(1)[0]
    t = max(stage.go("A", goods, stage.enter("A", 3.0)), stage.go("B", goods, stage.enter("B", 3.0))) + 1.0
    stage.pick("A", goods, t, at=((goods.plates[0],), [1.0]))
    stage.reach("B", (goods.plates[0],), t - 0.4, t + 0.4)
    if lost:
        stage.script.tracking = Tracking(lost_wrists=(("A", t - 2, t + 2), ("B", t - 2, t + 2)))
    for visit in "AB":
        stage.leave(visit, t + 1.0)


@pytest.mark.parametrize(
    "name", ["plain_picks", "own_place", "quick_same", "misplaced_far_twin", "crossing_hands", "browsing"]
)
def test_where_the_sensors_can_tell_it_is_right(name):
    case = GROUND.case(find(name), 2)
    visits = AttainableReader(case).visits()

    assert micro_f1(outcomes(case.script, visits)) == 1.0
    assert tellable(visits) == set(case.script.visits)


@pytest.mark.parametrize("lost", [True, False])
def test_two_hands_at_one_place_cannot_be_told_apart(lost):
    stage = a_stage()
    two_at_one_place(stage, lost=lost)

    found, visits = attained(stage)

    assert [each.tellable for each in found] == [False, False]
    assert all(0.4 < visit["probability"] < 0.95 for visit in visits)


@pytest.mark.parametrize(("sigmas", "told"), [(0.0, False), (3.0, True)])
def test_a_thing_among_its_twins_is_told_by_its_own_weight_if_at_all(sigmas, told):
    """B takes one of two things at one place: a unit far from the catalogue's weight betrays itself."""
    stage = a_stage()
    first, wrong = min(stage.twins(), key=lambda pair: abs(pair[0].weight_g - pair[1].weight_g))
    away = 1.0 if first.weight_g >= wrong.weight_g else -1.0
    weight_g = first.weight_g + away * sigmas * unit_sigma_g(first.weight_g)
    t = stage.go("A", first, stage.enter("A", 3.0)) + 1.0
    stage.pick("A", first, t, weight_g=weight_g, at=((first.plates[0],), [1.0]))
    where = ((wrong.plates[0],), [1.0])
    t = stage.go("A", wrong, t + 1.0) + 1.0
    stage.put("A", first, t, at=where, weight_g=weight_g)
    stage.leave("A", t + 1.0)
    t = stage.go("B", wrong, stage.enter("B", t)) + 1.0
    stage.pick("B", first, t, at=where, weight_g=weight_g)
    stage.leave("B", t + 1.0)

    (a, b), _ = attained(stage)

    assert a.exact
    assert a.tellable
    assert b.tellable is told
    assert b.exact or not told
