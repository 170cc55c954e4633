"""Scripts and the stage that writes them."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from tools.scenarios.layout import scenario_store
from tools.scenarios.script import Script, Stay, Transfer
from tools.scenarios.stage import Stage
from tools.scenarios.suite import GROUPS, write

STORE = scenario_store()
SCENARIOS = [scenario for group in GROUPS.values() for scenario in group]


def test_the_made_up_store_has_the_proportions_of_the_recorded_one():
    planogram, catalogue = STORE
    weights = np.array([sku.weight_g for sku in catalogue.skus.values()])
    stage = Stage("any", 0, planogram, catalogue)
    twins = {goods.sku for pair in stage.twins() for goods in pair}

    assert len(planogram.plates) == 287
    assert 100 <= len(planogram.facings) <= 140
    assert weights.min() >= 12
    assert weights.max() <= 1100
    assert 0.38 <= len(twins) / len(stage.goods) <= 0.54


def test_equal_seeds_give_equal_stores():
    assert scenario_store(5)[1].skus == scenario_store(5)[1].skus != scenario_store(6)[1].skus


def test_a_receipt_holds_what_was_taken_and_not_put_back_unseen_things_aside():
    script = Script("any", 0, visits=["A", "B"])
    script.transfers = [
        Transfer(2.0, "A", "milk", 1, False, ("1/1/1",)),
        Transfer(1.0, "A", "milk", 3, True, ("1/1/1",)),
        Transfer(3.0, "A", "tea", 1, True, ("1/1/2",), seen=False),
        Transfer(4.0, "B", "tea", 1, True, ("1/1/2",)),
        Transfer(5.0, "B", "tea", 1, False, ("1/1/1",)),
    ]

    assert script.receipts() == {"A": Counter(milk=2), "B": Counter()}


def test_the_span_of_a_visit_is_that_of_its_stays():
    script = Script("any", 0, visits=["A"])
    script.stays = [
        Stay("A", 5.0, 9.0, (0, 0, 1)),
        Stay("A", 2.0, 3.0, (0, 0, 1)),
        Stay("B", 0.0, 99.0, (0, 0, 1)),
    ]

    assert script.span_s("A") == (2.0, 9.0)


def test_scenarios_have_names_of_their_own():
    assert len({scenario.__name__ for scenario in SCENARIOS}) == len(SCENARIOS) >= 50


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_every_scenario_can_be_directed_again_and_holds_together(scenario):
    script = write(scenario, 3, *STORE)

    assert script == write(scenario, 3, *STORE)
    assert script != write(scenario, 4, *STORE)
    planogram, catalogue = STORE
    for transfer in script.transfers:
        assert 0 < transfer.t < script.duration_s
        assert transfer.sku in catalogue
        assert set(transfer.plates) <= set(planogram.plates)
        first, last = script.span_s(transfer.visit)
        assert first < transfer.t < last, "goods move while their shopper is in the store"
    for plate, force in script.forces:
        assert plate in planogram.plates
        assert all(one[0] <= other[0] for one, other in pairwise(force.knots)), "np.interp needs rising times"
    for visit in script.visits:
        stays = sorted((stay for stay in script.stays if stay.visit == visit), key=lambda stay: stay.start_s)
        for one, following in pairwise(stays):
            metres = np.hypot(*(np.array(one.at) - following.at)[:2])
            assert metres <= 1.6 * max(following.start_s - one.end_s, 0.0) + 0.05, "nobody runs"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_what_the_forces_leave_behind_is_what_the_transfers_say(scenario):
    """[g] over the whole store: touches, leans and adjustments leave nothing."""
    script = write(scenario, 5, *STORE)

    left_g = sum(force.knots[-1][1] for _, force in script.forces)
    told_g = sum(-each.weight_g if each.taken else each.weight_g for each in script.transfers)

    assert left_g == pytest.approx(told_g, abs=1e-6)


def test_nobody_is_handed_what_he_did_not_pick():
    script = write(next(each for each in SCENARIOS if each.__name__ == "hand_over"), 1, *STORE)

    assert [(transfer.visit, transfer.taken) for transfer in script.transfers] == [("A", True), ("B", True)]
