from __future__ import annotations

import math

import pytest

from edge.aggregator.carts.placing import ANYWHERE, OWN, SAME_SHELF, Placing


@pytest.fixture
def placing(planogram) -> Placing:
    return Placing(planogram)


def test_own_place_is_likelier_than_its_shelf_and_that_than_another(placing):
    own, beside, elsewhere = (
        placing.log_place("0002", (plate,)) for plate in ("wall/1/3", "wall/1/4", "wall/2/2")
    )
    assert own == pytest.approx(math.log(OWN))
    assert beside == pytest.approx(math.log(SAME_SHELF / 4))
    assert elsewhere == pytest.approx(math.log(ANYWHERE / 6))
    assert own > beside
    assert own > elsewhere


def test_a_wide_facing_shares_its_prior(placing):
    assert placing.log_place("0001", ("wall/1/2",)) == pytest.approx(math.log(OWN / 2))


def test_no_place_for_what_the_planogram_does_not_know(placing):
    assert placing.log_place("", ("wall/1/1",)) == pytest.approx(math.log(1 / 6))
    assert placing.log_place("9999", ("nowhere/1/1",)) == pytest.approx(math.log(ANYWHERE / 6))


def test_is_own(placing):
    assert placing.is_own("0001", ("wall/1/2", "wall/1/3"))
    assert not placing.is_own("0001", ("wall/1/3",))
    assert not placing.is_own("9999", ("wall/1/3",))
