"""What the absolute weight of a facing says of its count: a check, and never the count itself.

Levels drift over weeks, and trays are laid under goods: changes of weight tell, absolute weight only warns.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge.messages import FacingStock, PlateHealth, SensorState
from edge.planogram import Catalogue, Planogram

APART_UNITS, APART_SHARE, APART_SIGMAS = 1.0, 0.1, 3.0
"""[units, 1, sigma] A level contradicts a count when it is off by more than all of these: what batches differ
from the catalogue and plates drift is less."""


def units_by_level(
    facing: FacingStock, plates: Mapping[str, PlateHealth], catalogue: Catalogue, planogram: Planogram
) -> float | None:
    """[units] that a facing's plates carry, by their latest reports.

    ``None``: a plate moves, is faulty, unheard of or shared with other goods, or the unit weight is unknown.
    """
    unit_g = catalogue.get(facing.sku).weight_g
    if unit_g is None or any(len(planogram.facings_at(plate)) != 1 for plate in facing.plates):
        return None
    levels_g = 0.0
    for plate in facing.plates:
        health = plates.get(plate)
        if health is None or health.state is not SensorState.OK or not health.settled:
            return None
        levels_g += health.level_g
    return levels_g / unit_g


def contradicts(facing: FacingStock, units: float | None) -> bool:
    """Whether the weight speaks against what is believed to stand there."""
    if units is None or facing.units is None:
        return False
    allowed = max(APART_UNITS, APART_SHARE * facing.units, APART_SIGMAS * facing.sigma)
    return abs(units - facing.units) > allowed
