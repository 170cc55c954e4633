"""Scripts as chance has them."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.planogram import shelf_of
from tools.scenarios.layout import scenario_store
from tools.scenarios.stage import Stage
from tools.scenarios.suite import write
from tools.scenarios.unseen import ADVERSARIAL, BLIND, HARDEST, PLAIN, SEVERAL, SINGLE, UNSEEN, alone
from tools.scenarios.unseen.company import Company, Kinds

STORE = scenario_store()


def scripts(group, seeds):
    return [write(UNSEEN[group], seed, *STORE) for seed in seeds]


@given(st.sampled_from(sorted(UNSEEN)), st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_an_unseen_script_is_shopping_that_could_have_happened(group, seed):
    script = write(UNSEEN[group], seed, *STORE)

    assert script == write(UNSEEN[group], seed, *STORE), "equal seeds, equal scripts"
    left_g = sum(force.knots[-1][1] for _, force in script.forces)
    told_g = sum(-each.weight_g if each.taken else each.weight_g for each in script.transfers)
    assert left_g == pytest.approx(told_g, abs=1e-6)
    for transfer in script.transfers:
        first, last = script.span_s(transfer.visit)
        assert first < transfer.t < last < script.duration_s, "goods move while their shopper is in the store"
        assert len({shelf_of(plate) for plate in transfer.plates}) == 1
    held = Counter()
    for transfer in sorted(script.transfers, key=lambda each: each.t):
        held[transfer.visit, transfer.sku] += transfer.quantity if transfer.taken else -transfer.quantity
        assert min(held.values()) >= 0, "nobody puts back what they do not hold"


@pytest.mark.parametrize("group", sorted(UNSEEN))
def test_every_transfer_belongs_to_one_act(group):
    for script in scripts(group, range(5)):
        covered = [index for act in script.acts for index in act.transfers]

        assert covered == list(range(len(script.transfers)))
        for act in script.acts:
            assert {script.transfers[index].visit for index in act.transfers} <= set(act.visits)


def test_rows_have_the_shoppers_of_their_bars():
    shoppers = {group: {len(script.visits) for script in scripts(group, range(25))} for group in UNSEEN}

    assert shoppers["plain"] == shoppers["single shopper"] == {1}
    assert shoppers["several"] == shoppers["adversarial"] == {1, 2, 3}
    assert shoppers["hardest"] == {3, 4}


def test_shoppers_apart_stay_apart():
    for script in scripts("several", range(10)):
        if len(script.visits) > 1:
            gondolas = {}
            for transfer in script.transfers:
                gondolas.setdefault(transfer.visit, set()).add(transfer.plates[0].partition("/")[0])
            seen = [gondola for own in gondolas.values() for gondola in own]
            assert len(seen) == len(set(seen))


def test_every_kind_of_act_happens():
    happened = {act.kind for group in UNSEEN for script in scripts(group, range(40)) for act in script.acts}

    for kinds in (PLAIN, SINGLE, SEVERAL, ADVERSARIAL, BLIND, HARDEST):
        for act in (*kinds.alone, *kinds.together):
            assert act.__name__ in happened


def test_an_act_without_an_occasion_gives_way_to_another():
    stage = Stage("any", 1, *STORE)
    Company(stage, ("",)).shop(Kinds((alone.exchange,)), Kinds(()), acts=(1, 1))

    assert [act.kind for act in stage.script.acts] == ["take"], "there was nothing to exchange"
