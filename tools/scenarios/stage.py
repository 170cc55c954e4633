"""Directing a scenario: shoppers with two hands, at the shelves of a store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.planogram import Box, Catalogue, Facing, Planogram, shelf_of
from tools.scenarios.script import Metres3, Reach, Script, SensorFault, Stay, Transfer
from tools.store_simulator import grips
from tools.store_simulator.forces import PlateForce
from tools.store_simulator.hands import lift, put_down, touch

Motion = Callable[[np.random.Generator, int, float, float], PlateForce]
"""(rng, channel, when [s], weight [g]) -> what a plate feels."""

ENTRANCE = (0.6, -2.6)
"""[m] where shoppers come in and leave."""

HEAD_M = 1.65
ARM_M = 0.55
"""[m] a shopper stands so far before the shelf front."""

WRIST_BEFORE_M = 0.18
"""[m] a wrist stays so far before the middle of the goods."""

WRIST_ABOVE_M = 0.12
"""[m] above the shelf."""

WRIST_WOBBLE_M = 0.03
"""[m] standard deviation of each coordinate of that place."""

WALK_M_PER_S = 1.1
PLAUSIBLE_G = (10.0, 1400.0)


@dataclass(frozen=True, slots=True)
class Goods:
    """Units of one SKU at one place."""

    sku: str
    weight_g: float  # [g] catalogue
    plates: tuple[str, ...]  # that the facing covers


class Stage:
    """Writes one script.

    Args:
        name: of the scenario.
        seed: of everything random in it.
        planogram: the store, as it truly stands.
        catalogue: its goods.
    """

    def __init__(self, name: str, seed: int, planogram: Planogram, catalogue: Catalogue) -> None:
        self.script = Script(name, seed)
        self.rng = np.random.default_rng(seed)
        self.planogram, self.catalogue = planogram, catalogue
        self.goods = [goods for facing in planogram.facings if (goods := self._goods(facing)) is not None]
        self._at: dict[str, tuple[float, float]] = {}
        self._since: dict[str, float] = {}

    # --- choosing ---------------------------------------------------------------------------------

    def any_goods(
        self, count: int = 1, *, least_g: float = 0.0, most_g: float = 1e9, near: str = ""
    ) -> list[Goods]:
        """Different goods, on different shelves where possible; ``near`` asks for one gondola."""
        pool = [
            each
            for each in self.goods
            if least_g <= each.weight_g <= most_g and (not near or each.plates[0].startswith(near + "/"))
        ]
        chosen = self.rng.permutation(len(pool))[:count]
        return [pool[int(index)] for index in chosen]

    def on_shelf_of(self, goods: Goods, *, exclude: Sequence[str] = ()) -> list[Goods]:
        """Other goods of the same shelf, by distance."""
        row = self.planogram.shelf(shelf_of(goods.plates[0]))
        others = [
            each
            for each in self.goods
            if shelf_of(each.plates[0]) == shelf_of(goods.plates[0]) and each.sku not in (goods.sku, *exclude)
        ]
        return sorted(others, key=lambda each: abs(row.index(each.plates[0]) - row.index(goods.plates[0])))

    def are_neighbours(self, goods: Goods, other: Goods) -> bool:
        """Whether the facings of two goods of one shelf lie side by side."""
        row = self.planogram.shelf(shelf_of(goods.plates[0]))
        columns = [{row.index(plate) for plate in each.plates} for each in (goods, other)]
        return any(abs(one - two) == 1 for one in columns[0] for two in columns[1])

    def within_reach(self, goods: Goods, metres: float = 0.8) -> Goods:
        """Other goods that somebody can take who stands before ``goods``."""
        at = np.array(self.planogram.plates[goods.plates[0]].centre_m)
        return next(
            each
            for each in self.any_goods(len(self.goods))
            if each.sku != goods.sku
            and np.linalg.norm(np.array(self.planogram.plates[each.plates[0]].centre_m) - at) < metres
        )

    def gondola_of_unlike(self, apart_g: float = 6.0) -> tuple[str, list[Goods]]:
        """A gondola, and those of its goods whose weight no other SKU of the store has; two at least."""
        pools: dict[str, list[Goods]] = {}
        for each in self.goods:
            if all(
                abs(each.weight_g - other.weight_g) > apart_g or each.sku == other.sku for other in self.goods
            ):
                pools.setdefault(each.plates[0].partition("/")[0], []).append(each)
        rich = [gondola for gondola, pool in pools.items() if len(pool) > 1]
        gondola = rich[int(self.rng.integers(len(rich)))]
        pool = pools[gondola]
        return gondola, [pool[int(index)] for index in self.rng.permutation(len(pool))]

    def twins(self, within_g: float = 3.0, *, elsewhere: bool = False) -> list[tuple[Goods, Goods]]:
        """Pairs that weigh alike, on one shelf or on two."""
        return [
            (one, other)
            for index, one in enumerate(self.goods)
            for other in self.goods[index + 1 :]
            if (shelf_of(one.plates[0]) != shelf_of(other.plates[0])) is elsewhere
            and one.sku != other.sku
            and abs(one.weight_g - other.weight_g) <= within_g
        ]

    def unit_g(self, goods: Goods, quantity: int = 1) -> float:
        """[g] true weight of so many units: units differ."""
        spread_g = unit_sigma_g(goods.weight_g)
        return float(sum(self.rng.normal(goods.weight_g, spread_g) for _ in range(quantity)))

    def place(self, goods: Goods, *, straddle: bool | None = None) -> tuple[tuple[str, ...], list[float]]:
        """Plates that an item stands on and their shares; most stand on one, many between two."""
        plates = goods.plates
        across = len(plates) > 1 and (self.rng.random() < 0.45 if straddle is None else straddle)
        if not across:
            return (plates[int(self.rng.integers(len(plates)))],), [1.0]
        first = int(self.rng.integers(len(plates) - 1))
        share = float(self.rng.uniform(0.15, 0.85))
        return plates[first : first + 2], [share, 1.0 - share]

    # --- people -----------------------------------------------------------------------------------

    def enter(self, visit: str, t: float) -> float:
        """A visit begins; when the shopper is in."""
        self.script.visits.append(visit)
        self._at[visit] = (ENTRANCE[0] + float(self.rng.uniform(-0.3, 0.3)), ENTRANCE[1])
        self._stay(visit, t, t + 0.5)
        return t + 0.5

    def leave(self, visit: str, t: float) -> float:
        """Walk out; when the shopper is gone."""
        arrived = self._walk(visit, ENTRANCE, t)
        self._stay(visit, arrived, arrived + 0.4)
        self._extend(arrived + 0.4)
        return arrived + 0.4

    def go(self, visit: str, goods: Goods, t: float, *, aside_m: float = 0.0) -> float:
        """Walk to some goods; when the shopper stands there."""
        box = self.planogram.plates[goods.plates[0]]
        front = stands_at(box, aside_m + float(self.rng.uniform(-0.08, 0.08)))
        return self._walk(visit, front, t)

    def _walk(self, visit: str, to: tuple[float, float], t: float) -> float:
        here = self._at[visit]
        length = float(np.hypot(to[0] - here[0], to[1] - here[1]))
        self._stay(visit, self._since.get(visit, t), t)
        self._at[visit] = to
        arrived = t + length / WALK_M_PER_S
        self._since[visit] = arrived
        return arrived

    def _stay(self, visit: str, start_s: float, end_s: float) -> None:
        x, y = self._at[visit]
        self.script.stays.append(Stay(visit, start_s, max(end_s, start_s + 0.05), (x, y, HEAD_M)))
        self._since[visit] = end_s

    def reach(
        self, visit: str, plates: Sequence[str], start_s: float, end_s: float, *, left: bool = False
    ) -> None:
        """A hand goes in."""
        x, y, z = wrist_at(self.planogram, plates) + self.rng.normal(0, WRIST_WOBBLE_M, 3)
        at = (float(x), float(y), float(z))
        self.script.reaches.append(Reach(visit, start_s, end_s, at, left))
        self._extend(end_s)

    def reach_out(self, visit: str, at: Metres3, start_s: float, end_s: float) -> None:
        """A hand goes to a place that is not on a shelf."""
        self.script.reaches.append(Reach(visit, start_s, end_s, at))

    # --- hands and goods --------------------------------------------------------------------------

    def pick(
        self,
        visit: str,
        goods: Goods,
        t: float,
        *,
        quantity: int = 1,
        at: tuple[tuple[str, ...], list[float]] | None = None,
        weight_g: float | None = None,
        left: bool = False,
        seen: bool = True,
        optional: bool = False,
    ) -> float:
        """Take units; the weight taken. For ``seen`` and ``optional`` see :class:`Transfer`."""
        plates, total_g = self._force(lift, goods, t, quantity=quantity, at=at, weight_g=weight_g)
        self.reach(visit, plates, t - 0.4, t + 0.35, left=left)
        self.script.transfers.append(
            Transfer(t, visit, goods.sku, quantity, True, plates, total_g, seen, optional)
        )
        return total_g

    def pick_together(self, visit: str, goods: Goods, beside: Goods, t: float) -> None:
        """Take a unit and one of the neighbouring facing in one grip, from the plate on which both stand."""
        row = self.planogram.shelf(shelf_of(goods.plates[0]))
        plate = min(
            goods.plates, key=lambda each: min(abs(row.index(each) - row.index(p)) for p in beside.plates)
        )
        units_g = [self.unit_g(each) for each in (goods, beside)]
        self.script.forces.append((plate, lift(self.rng, 0, t, sum(units_g))))
        self.reach(visit, (plate,), t - 0.4, t + 0.35)
        for each, unit_g in zip((goods, beside), units_g, strict=True):
            self.script.transfers.append(Transfer(t, visit, each.sku, 1, True, (plate,), unit_g))

    def put(
        self,
        visit: str,
        goods: Goods,
        t: float,
        *,
        quantity: int = 1,
        at: tuple[tuple[str, ...], list[float]] | None = None,
        weight_g: float | None = None,
        left: bool = False,
        optional: bool = False,
    ) -> None:
        """Put units down, at their own place or at another (``at``)."""
        plates, total_g = self._force(put_down, goods, t, quantity=quantity, at=at, weight_g=weight_g)
        self.reach(visit, plates, t - 0.3, t + 0.6, left=left)
        self.script.transfers.append(
            Transfer(t, visit, goods.sku, quantity, False, plates, total_g, True, optional)
        )

    def _force(
        self,
        motion: Motion,
        goods: Goods,
        t: float,
        *,
        quantity: int,
        at: tuple[tuple[str, ...], list[float]] | None,
        weight_g: float | None,
    ) -> tuple[tuple[str, ...], float]:
        """Have the plates feel units come or go; which plates, and the units' weight [g]."""
        plates, shares = at or self.place(goods)
        total_g = self.unit_g(goods, quantity) if weight_g is None else weight_g
        for plate, share in zip(plates, shares, strict=True):
            self.script.forces.append((plate, motion(self.rng, 0, t, total_g * share)))
        return plates, total_g

    def slow_pick(self, visit: str, goods: Goods, t: float, over_s: float) -> None:
        """Take one unit so slowly that the load leaves over seconds."""
        plates, _ = self.place(goods, straddle=False)
        total_g = self.unit_g(goods)
        self.script.forces.append((plates[0], grips.slow_lift(self.rng, t, over_s, total_g)))
        self.reach(visit, plates, t - 0.4, t + over_s + 0.3)
        self.script.transfers.append(Transfer(t, visit, goods.sku, 1, True, plates, total_g))

    def hold(
        self,
        visit: str,
        goods: Goods,
        t: float,
        for_s: float,
        *,
        take: bool,
        press: bool = False,
        steady: bool = False,
    ) -> None:
        """Grip goods on the shelf for seconds, then take them or let go; see :func:`grips.grip`."""
        plates, _ = self.place(goods, straddle=False)
        total_g = self.unit_g(goods)
        force = grips.grip(self.rng, t, for_s, total_g, take=take, press=press, steady=steady)
        self.script.forces.append((plates[0], force))
        self.reach(visit, plates, t - 0.3, t + for_s + 0.5)
        if take:
            self.script.transfers.append(Transfer(t + for_s, visit, goods.sku, 1, True, plates, total_g))

    def touch(self, visit: str, goods: Goods, t: float, *, left: bool = False) -> None:
        """Feel goods and leave them."""
        plates, _ = self.place(goods, straddle=False)
        self.script.forces.append((plates[0], touch(self.rng, 0, t)))
        self.reach(visit, plates, t - 0.3, t + 1.0, left=left)

    def lay_down(self, visit: str, goods: Goods, t: float, for_s: float, weight_g: float) -> None:
        """Lay something down that is not the store's, a phone or a bag, and take it away again."""
        plates, _ = self.place(goods, straddle=False)
        self.script.forces.append((plates[0], put_down(self.rng, 0, t, weight_g)))
        self.script.forces.append((plates[0], lift(self.rng, 0, t + for_s, weight_g)))
        self.reach(visit, plates, t - 0.3, t + 0.6)
        self.reach(visit, plates, t + for_s - 0.4, t + for_s + 0.35)

    def adjust(self, visit: str, goods: Goods, t: float) -> None:
        """Move a unit from one plate of its facing to the next; like anything set down again, optional."""
        first = int(self.rng.integers(len(goods.plates) - 1))
        from_to = self.rng.permutation(goods.plates[first : first + 2])
        total_g = self.unit_g(goods)
        down_s = t + float(self.rng.uniform(0.3, 1.0))
        for motion, plate, at_s in ((lift, from_to[0], t), (put_down, from_to[1], down_s)):
            self.script.forces.append((str(plate), motion(self.rng, 0, at_s, total_g)))
            self.script.transfers.append(
                Transfer(at_s, visit, goods.sku, 1, motion is lift, (str(plate),), total_g, optional=True)
            )
        self.reach(visit, [str(plate) for plate in from_to], t - 0.4, down_s + 0.6)

    def lean(self, visit: str, goods: Goods, t: float, for_s: float, *, steady: bool = False) -> None:
        """Rest a hand or an elbow on the shelf."""
        plates, _ = self.place(goods, straddle=False)
        self.script.forces.append((plates[0], grips.lean(self.rng, t, for_s, steady=steady)))
        self.reach(visit, plates, t - 0.3, t + for_s + 0.6)

    def bump(self, goods: Goods, t: float) -> None:
        """Knock against the rack."""
        self.script.bumps.append((goods.plates[0].partition("/")[0], t, float(self.rng.uniform(40, 150))))

    def fault(self, kind: str, plate: str, start_s: float, end_s: float) -> None:
        """A sensor fails for a while, or (``lost``) everything of its gondola."""
        self.script.faults.append(SensorFault(kind, start_s, end_s, plate, plate.partition("/")[0]))

    def _extend(self, t: float) -> None:
        self.script.duration_s = max(self.script.duration_s, t + 3.5)

    def _goods(self, facing: Facing) -> Goods | None:
        if facing.sku is None or facing.sku not in self.catalogue:
            return None
        weight_g = self.catalogue.get(facing.sku).weight_g
        if weight_g is None or not PLAUSIBLE_G[0] <= weight_g <= PLAUSIBLE_G[1]:
            return None
        return Goods(facing.sku, weight_g, facing.plates)


def unit_sigma_g(weight_g: float) -> float:
    """[g] standard deviation of one unit's weight."""
    return max(0.4, 0.004 * weight_g)


def wrist_at(planogram: Planogram, plates: Sequence[str]) -> NDArray[np.float64]:
    """[m] where the wrist is of a hand at the goods on some plates, give or take ``WRIST_WOBBLE_M``."""
    box = planogram.plates[plates[0]]
    middle = np.mean([planogram.plates[plate].centre_m for plate in plates], axis=0)
    x, y = WRIST_BEFORE_M * np.sin(box.yaw_rad), -WRIST_BEFORE_M * np.cos(box.yaw_rad)
    return np.asarray(middle + np.array((x, y, WRIST_ABOVE_M - 0.5 * box.size_m[2])))


def stands_at(box: Box, aside_m: float = 0.0) -> tuple[float, float]:
    """[m] where a shopper stands who reaches into a box, or so far along its front."""
    cos, sin = np.cos(box.yaw_rad), np.sin(box.yaw_rad)
    x, y = box.size_m[0] / 2 + aside_m, -ARM_M
    return float(box.corner_m[0] + cos * x - sin * y), float(box.corner_m[1] + sin * x + cos * y)
