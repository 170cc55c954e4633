"""What absolute weight may say of a count."""

from __future__ import annotations

import msgspec
import pytest

from edge.aggregator.stock.scale_check import contradicts, units_by_level
from edge.messages import FacingStock, PlateHealth, SensorState

WATER = FacingStock(plates=("wall/1/1", "wall/1/2"), sku="0001", name="Spring water", units=12)
LEVELS = {
    "wall/1/1": PlateHealth("wall/1/1", SensorState.OK, level_g=4210.0),
    "wall/1/2": PlateHealth("wall/1/2", SensorState.OK, level_g=3000.0),
}


def test_a_facings_plates_together_carry_so_many_units(catalogue, planogram):
    assert units_by_level(WATER, LEVELS, catalogue, planogram) == pytest.approx(12.02, abs=0.01)


@pytest.mark.parametrize("change", [{"state": SensorState.STUCK}, {"settled": False}])
def test_a_plate_that_cannot_be_believed_says_nothing(catalogue, planogram, change):
    levels = LEVELS | {"wall/1/2": msgspec.structs.replace(LEVELS["wall/1/2"], **change)}
    assert units_by_level(WATER, levels, catalogue, planogram) is None
    assert units_by_level(WATER, {}, catalogue, planogram) is None


@pytest.mark.parametrize(
    ("units", "speaks"), [(12.0, False), (13.1, False), (13.3, True), (9.0, True), (None, False)]
)
def test_only_more_than_a_unit_and_a_tenth_speaks_against_a_count(units, speaks):
    assert contradicts(WATER, units) is speaks
    assert not contradicts(msgspec.structs.replace(WATER, units=None), units)
    assert not contradicts(msgspec.structs.replace(WATER, sigma=2.0), units)
