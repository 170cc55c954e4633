"""The ways to read one event when nothing but plates, catalogue, planogram and what is held is known."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from edge.planogram import Catalogue, Planogram
from tools.scenarios.script import Transfer
from tools.scenarios.stage import unit_sigma_g

SCALE_SIGMA_G = 0.3
"""[g] of each plate's change: two levels, each the mean of a second, at 0.24 g resolution."""

QUANTITIES = {1: 0.90, 2: 0.07, 3: 0.03}
"""[1] prior of so many units in one grip."""

OFF_PLAN = 0.02
"""[1] prior of goods that the planogram does not have there, of the whole store."""

LYING_THERE = 0.5
"""[1] prior of taking a thing that was put there by mistake rather than the goods of the place."""

HOME_SHARE = 0.8
"""[1] of what is put back comes to its own place."""

IMPOSSIBLE = -60.0
"""[nat] Worse fits are not listed."""

Thing = tuple[str, float, float]
"""(SKU, g, standard deviation g)"""

Lot = tuple[Thing, ...]
"""What is moved in one grip."""

Lying = tuple[tuple[str, ...], Thing]
"""(plates, thing) where it does not belong."""


class Readings:
    """Log-likelihoods of what an event may have been.

    Args:
        planogram: as the case claims it.
        catalogue: of the case.
    """

    def __init__(self, planogram: Planogram, catalogue: Catalogue) -> None:
        self._plates = len(planogram.plates)
        self._planned: dict[str, set[str]] = defaultdict(set)  # SKUs by plate
        self._homes: dict[str, set[str]] = defaultdict(set)  # plates by SKU
        for facing in planogram.facings:
            for plate in facing.plates if facing.sku else ():
                self._planned[plate].add(facing.sku or "")
                self._homes[facing.sku or ""].add(plate)
        self._weights_g = {
            sku: weight_g
            for sku in self._homes
            if sku in catalogue and (weight_g := catalogue.get(sku).weight_g)
        }

    def is_home(self, sku: str, plates: Sequence[str]) -> bool:
        """Whether the SKU is planned there."""
        return not self._homes[sku].isdisjoint(plates)

    def goods(self, transfer: Transfer, weight_g: float) -> list[tuple[float, Lot]]:
        """So many units of what may stand there were taken; best first."""
        planned = set.intersection(*(self._planned[plate] for plate in transfer.plates))
        elsewhere = OFF_PLAN / len(self._weights_g)
        scale_g = scale_sigma_g(transfer)
        found = []
        for sku, mean_g in self._weights_g.items():
            log_place = math.log(elsewhere + (sku in planned) * (1 - OFF_PLAN) / max(len(planned), 1))
            sigma_g = unit_sigma_g(mean_g)
            for count, prior in QUANTITIES.items():
                spread_g = math.sqrt(count * sigma_g**2 + scale_g**2)
                log_fit = log_place + math.log(prior) + _log_normal(weight_g - count * mean_g, spread_g)
                if log_fit > IMPOSSIBLE:
                    unsure_g = math.sqrt((scale_g / count) ** 2 + sigma_g**2 * (1 - 1 / count))
                    thing = (sku, round(weight_g / count, 3), round(unsure_g, 3))
                    found.append((log_fit, (thing,) * count))
        return sorted(found, key=lambda each: -each[0])

    def lying(
        self, things: Sequence[Lying], transfer: Transfer, weight_g: float
    ) -> Iterator[tuple[float, Lying]]:
        """Something was taken that had been put there by mistake."""
        for plates, thing in things:
            if not set(plates).isdisjoint(transfer.plates):
                yield math.log(LYING_THERE) + _log_same((thing,), transfer, weight_g), (plates, thing)

    def put(self, held: list[Thing], transfer: Transfer, weight_g: float) -> Iterator[tuple[float, Lot]]:
        """Something that is held was put there."""
        for lot in _lots(held):
            sku = lot[0][0]
            at_home = HOME_SHARE / max(len(self._homes[sku]), 1)
            place = at_home if self.is_home(sku, transfer.plates) else (1 - HOME_SHARE) / self._plates
            log_prior = math.log(QUANTITIES[len(lot)] * place / len(held))
            yield log_prior + _log_same(lot, transfer, weight_g), lot


def scale_sigma_g(transfer: Transfer) -> float:
    """[g] error of the whole change."""
    return SCALE_SIGMA_G * math.sqrt(len(transfer.plates))


def _lots(held: list[Thing]) -> set[Lot]:
    """Things of one SKU, as many as may be moved in one grip."""
    by_sku: dict[str, list[Thing]] = defaultdict(list)
    for thing in held:
        by_sku[thing[0]].append(thing)
    return {
        lot
        for things in by_sku.values()
        for count in QUANTITIES
        for lot in combinations(sorted(things), count)
    }


def _log_same(lot: Lot, transfer: Transfer, weight_g: float) -> float:
    """These very things, weighed before, weigh so much."""
    sigma_g = math.sqrt(sum(thing[2] ** 2 for thing in lot) + scale_sigma_g(transfer) ** 2)
    return _log_normal(weight_g - sum(thing[1] for thing in lot), sigma_g)


def _log_normal(difference: float, sigma: float) -> float:
    return -0.5 * (difference / sigma) ** 2 - math.log(sigma * math.sqrt(2 * math.pi))
