"""Forces of hands that stay: slow lifts, holding, leaning. The quick ones are in ``hands``."""

from __future__ import annotations

import numpy as np

from tools.store_simulator.forces import PlateForce

RELIEVED_SHARE = (0.15, 0.6)
"""[1] of its weight that a half-lifted thing no longer shows."""

PRESS_G, LEAN_G = (30.0, 150.0), (30.0, 400.0)
UNSTEADY = (0.7, 1.3)
"""[1] around its mean that a hand's force wanders."""

BEAT_S = (0.15, 0.4)
"""[s] between two turns of that wandering."""


def slow_lift(rng: np.random.Generator, t: float, over_s: float, weight_g: float) -> PlateForce:
    """A load that leaves over ``over_s``."""
    steps = np.sort(rng.uniform(0.02, 0.98, 6))
    knots = [(t + over_s * float(step), -weight_g * float(step**1.3)) for step in steps]
    return PlateForce(0, ((t, 0.0), *knots, (t + over_s, -weight_g)))


def grip(
    rng: np.random.Generator,
    t: float,
    for_s: float,
    weight_g: float,
    *,
    take: bool,
    press: bool,
    steady: bool,
) -> PlateForce:
    """Hold goods where they stand for ``for_s``, then lift them off or let go.

    Args:
        rng: of strength and wandering.
        t: [s] when the hand closes.
        for_s: [s] until it decides.
        weight_g: [g] of the goods.
        take: lift them off at the end.
        press: the hand rests on them instead of half lifting them.
        steady: its force is constant.
    """
    force_g = rng.uniform(*PRESS_G) if press else -weight_g * rng.uniform(*RELIEVED_SHARE)
    held = _kept(rng, t + 0.3, t + for_s, float(force_g), steady=steady)
    return PlateForce(0, ((t, 0.0), *held, (t + for_s + 0.2, -weight_g if take else 0.0)))


def lean(rng: np.random.Generator, t: float, for_s: float, *, steady: bool) -> PlateForce:
    """Rest a hand or an elbow on a plate."""
    held = _kept(rng, t + 0.3, t + for_s, float(rng.uniform(*LEAN_G)), steady=steady)
    return PlateForce(0, ((t, 0.0), *held, (t + for_s + 0.2, 0.0)))


def _kept(
    rng: np.random.Generator, start_s: float, end_s: float, force_g: float, *, steady: bool
) -> list[tuple[float, float]]:
    knots = [(start_s, force_g)]
    beat = start_s + float(rng.uniform(*BEAT_S))
    while not steady and beat < end_s - 0.2:
        knots.append((beat, force_g * float(rng.uniform(*UNSTEADY))))
        beat += float(rng.uniform(*BEAT_S))
    return [*knots, (end_s, force_g)]
