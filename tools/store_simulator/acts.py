"""What a hand does at a shelf: the forces on the plates, and what becomes of the goods."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import msgspec
import numpy as np

from edge.messages import EventKind
from tools.store_simulator import grips, hands
from tools.store_simulator.forces import PlateForce
from tools.store_simulator.goods import Unit
from tools.store_simulator.load_cell.corner import Place

SLOW_S, HOLD_S, LEAN_S = (1.0, 4.0), (3.0, 10.0), (1.0, 5.0)
"""[s] that a slow lift, holding goods where they stand, and leaning take."""

ADJUST_S = (0.4, 1.0)
"""[s] that a thing hangs in the air while it is moved a little."""

QUICK_S, LONGEST_S = 1.0, 11.0
"""[s] that taking, setting down and touching take at most, and any of these."""


@dataclass(frozen=True, slots=True)
class Handling:
    """Goods change place: what the hand does and what becomes of it."""

    onset_s: float
    settled_s: float
    kind: EventKind
    sku: str
    plate: str  # that bears most of them
    units_g: tuple[float, ...]  # [g] each unit

    @property
    def delta_g(self) -> float:
        """[g] what the load changes by."""
        return sum(self.units_g) if self.kind is EventKind.RETURN else -sum(self.units_g)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a hand does."""

    forces: tuple[tuple[str, PlateForce], ...]  # (plate, force)
    handling: Handling | None = None  # None: no goods come or go

    @property
    def begins_s(self) -> float:
        """[s] when the hand first touches."""
        return min(force.knots[0][0] for _, force in self.forces)

    @property
    def ends_s(self) -> float:
        """[s] when the hand lets go."""
        return max(force.knots[-1][0] for _, force in self.forces)


def take(rng: np.random.Generator, at_s: float, units: tuple[Unit, ...]) -> Act:
    """Lift units off as most people do."""
    return _moved(hands.lift(rng, 0, at_s, _weight_g(units)), units, EventKind.PICK)


def take_slowly(rng: np.random.Generator, at_s: float, units: tuple[Unit, ...]) -> Act:
    """Lift units off so slowly that their weight leaves over seconds."""
    force = grips.slow_lift(rng, at_s, float(rng.uniform(*SLOW_S)), _weight_g(units))
    return _moved(force, units, EventKind.PICK)


def hold_and_take(rng: np.random.Generator, at_s: float, units: tuple[Unit, ...]) -> Act:
    """Grip units where they stand, think, and lift them off."""
    return _moved(_held(rng, at_s, units, take=True), units, EventKind.PICK)


def hold_and_leave(rng: np.random.Generator, at_s: float, units: tuple[Unit, ...]) -> Act:
    """Grip units where they stand, think, and let go."""
    return Act(_spread(_held(rng, at_s, units, take=False), units))


def put_down(rng: np.random.Generator, at_s: float, units: tuple[Unit, ...]) -> Act:
    """Set units down where they now stand."""
    return _moved(hands.put_down(rng, 0, at_s, _weight_g(units)), units, EventKind.RETURN)


def touch(rng: np.random.Generator, at_s: float, plate: str) -> Act:
    """Feel goods and leave them."""
    return Act(((plate, msgspec.structs.replace(hands.touch(rng, 0, at_s), place=_edge(rng))),))


def lean(rng: np.random.Generator, at_s: float, plate: str) -> Act:
    """Rest a hand or an elbow on the shelf's front edge."""
    force = grips.lean(rng, at_s, float(rng.uniform(*LEAN_S)), steady=bool(rng.random() < 0.3))
    return Act(((plate, msgspec.structs.replace(force, place=_edge(rng))),))


def adjust(rng: np.random.Generator, at_s: float, unit: Unit, moved: Unit) -> Act:
    """Lift a unit off and set it down again at once, elsewhere on its facing."""
    up = hands.lift(rng, 0, at_s, unit.weight_g)
    down = hands.put_down(rng, 0, at_s + float(rng.uniform(*ADJUST_S)), unit.weight_g)
    return Act((*_spread(up, (unit,)), *_spread(down, (moved,))))


def _held(rng: np.random.Generator, at_s: float, units: tuple[Unit, ...], *, take: bool) -> PlateForce:
    press, steady = bool(rng.random() < 0.5), bool(rng.random() < 0.3)
    for_s = float(rng.uniform(*HOLD_S))
    return grips.grip(rng, at_s, for_s, _weight_g(units), take=take, press=press, steady=steady)


def _moved(force: PlateForce, units: tuple[Unit, ...], kind: EventKind) -> Act:
    onset_s, settled_s = force.knots[0][0], force.knots[-1][0]
    weights_g = tuple(unit.weight_g for unit in units)
    return Act(
        _spread(force, units), Handling(onset_s, settled_s, kind, units[0].sku, units[0].plate, weights_g)
    )


def _spread(force: PlateForce, units: tuple[Unit, ...]) -> tuple[tuple[str, PlateForce], ...]:
    """A hand's force as the plates feel it that bear the units: each its share, where they stand on it."""
    shares: dict[tuple[str, Place], float] = defaultdict(float)
    for unit in units:
        for rest in unit.rests:
            shares[rest.plate, rest.place] += rest.share * unit.weight_g / _weight_g(units)
    return tuple(
        (
            plate,
            msgspec.structs.replace(
                force,
                knots=tuple((at_s, share * grams) for at_s, grams in force.knots),
                kick_g=share * force.kick_g,
                place=place,
            ),
        )
        for (plate, place), share in shares.items()
    )


def _weight_g(units: tuple[Unit, ...]) -> float:
    return sum(unit.weight_g for unit in units)


def _edge(rng: np.random.Generator) -> Place:
    return float(rng.uniform(-0.8, 0.8)), -1.0
