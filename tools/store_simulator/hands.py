"""What a hand does to a plate: press, lift, put down, touch.

Figures from the nanostore recording: its shopper presses up to 60 g for about 0.2 s before the lift, and the
load is gone within 50 ms. Others press harder, and take longer.
"""

from __future__ import annotations

import math

import numpy as np

from tools.store_simulator.forces import PlateForce

PRESS_MAX_G = 150.0
"""[g] Most press a third of it or less: the force of a lift or of setting down goes with the square of a
chance."""

TOUCH_G = (20.0, 120.0)
LIFT_RAMP_S = (0.03, 0.30)
RELEASE_SHARE, IMPACT_SHARE = (0.002, 0.01), (0.02, 0.06)
"""[1] ringing that letting go or setting down starts, as a share of the goods' weight. The recorded lift of
622 g left 3 g of it; setting down hits harder."""

GENTLE_S = 0.15
"""[s] goods set down over so long hit with a third of the force."""

TREMOR_S, TREMOR_SHARE = 0.05, 0.2
"""A pushing hand's force wanders: the recorded press reads 12, -1, 25, 36, 33, 52 g."""


def lift(rng: np.random.Generator, channel: int, at_s: float, weight_g: float) -> PlateForce:
    """Take goods of ``weight_g`` from a plate; the load begins to go at ``at_s``."""
    press_s = float(rng.uniform(0.15, 0.28))
    press = _unsteady(rng, at_s - press_s, at_s, _press_g(rng))
    gone_s = at_s + float(rng.uniform(*LIFT_RAMP_S))
    return PlateForce(
        channel,
        knots=((at_s - press_s, 0.0), *press, (gone_s, -weight_g)),
        kick_at_s=gone_s,
        kick_g=-weight_g * float(rng.uniform(*RELEASE_SHARE)),
    )


def put_down(rng: np.random.Generator, channel: int, at_s: float, weight_g: float) -> PlateForce:
    """Set goods of ``weight_g`` down at ``at_s``: an impact, then the hand that still rests on them."""
    down_s = at_s + float(rng.uniform(*LIFT_RAMP_S))
    let_go_s = down_s + float(rng.uniform(0.1, 0.3))
    rest = _unsteady(rng, down_s, let_go_s, _press_g(rng), above_g=weight_g)
    return PlateForce(
        channel,
        knots=((at_s, 0.0), *rest, (let_go_s + 0.08, weight_g)),
        kick_at_s=down_s,
        kick_g=weight_g * float(rng.uniform(*IMPACT_SHARE)) * math.exp((at_s - down_s) / GENTLE_S),
    )


def touch(rng: np.random.Generator, channel: int, at_s: float) -> PlateForce:
    """Feel the goods and leave them."""
    let_go_s = at_s + float(rng.uniform(0.3, 0.9))
    press = _unsteady(rng, at_s, let_go_s, float(rng.uniform(*TOUCH_G)))
    return PlateForce(channel, knots=((at_s, 0.0), *press, (let_go_s + 0.1, 0.0)))


def _press_g(rng: np.random.Generator) -> float:
    return PRESS_MAX_G * float(rng.random()) ** 2


def _unsteady(
    rng: np.random.Generator, from_s: float, until_s: float, force_g: float, above_g: float = 0.0
) -> list[tuple[float, float]]:
    """Knots of a hand that pushes with about ``force_g``: no hand is a weight, its force wanders."""
    count = max(round((until_s - from_s) / TREMOR_S), 1)
    steps = (from_s + TREMOR_S * rng.uniform(0.8, 1.0, count).cumsum()).clip(None, until_s)
    pushes_g = force_g * rng.uniform(1 - 2 * TREMOR_SHARE, 1.0, count)
    return [(float(at_s), above_g + float(push_g)) for at_s, push_g in zip(steps, pushes_g, strict=True)]
