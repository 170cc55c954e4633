"""Plate noise without a recording: the store simulator's racks and cells, with nobody's hand on them.

What makes the noise is physics and stands with it: ``store_simulator/resonance`` rings,
``store_simulator/load_cell/noise`` is what cells add. Here is only who walks. docs/noise.md sets the outcome
beside the recorded store.
"""

from __future__ import annotations

import zlib

import numpy as np

from tools.scenarios.noise import LSB_G, Grams, Walking
from tools.store_simulator.load_cell.noise import CellNoise
from tools.store_simulator.resonance import Resonance

LOAD_G = (1000.0, 6000.0)
"""[g] of goods that swing with a plate."""

STEP_S, STEP_JITTER_S = 0.55, 0.06
STEP_MEDIAN_G, STEP_LOG_SIGMA = 2.0, 0.5
"""Between two heels, and how hard they hit: a shopper who walks by the rack."""


class ModelledNoise:
    """Made-up plates; those of equally named gondolas are alike in every case."""

    def __init__(self, rate_hz: float = 60.0) -> None:
        self._rate_hz = rate_hz

    def grams(
        self, gondola: str, plates: tuple[str, ...], walking: Walking, rng: np.random.Generator
    ) -> Grams:
        """See :class:`tools.scenarios.noise.Noise`."""
        made = np.random.default_rng(zlib.crc32(f"gondola {gondola} of {len(plates)}".encode()))
        at_s = np.arange(walking.size) / self._rate_hz
        rack = Resonance(len(plates), made, rng)
        for step_s, shock_g in self._footsteps(walking, rng):
            rack.shake(step_s, shock_g)
        load_g = np.tile(made.uniform(*LOAD_G, len(plates)), (walking.size, 1))
        cells = CellNoise(len(plates), made, rng)
        # A recording begins at any moment of the plates' slow sines.
        began_s = float(rng.uniform(0.0, 1000.0))
        grams = cells.update(rack.update(load_g, at_s), began_s + at_s)
        return np.asarray(np.round(grams / LSB_G) * LSB_G)

    def _footsteps(self, walking: Walking, rng: np.random.Generator) -> list[tuple[float, float]]:
        """([s], [g]) of the heels that hit the floor while somebody walks."""
        steps = []
        step_s = 0.0
        while (sample := int(step_s * self._rate_hz)) < walking.size:
            if walking[sample]:
                steps.append((step_s, float(rng.lognormal(np.log(STEP_MEDIAN_G), STEP_LOG_SIGMA))))
            step_s += max(float(rng.normal(STEP_S, STEP_JITTER_S)), 0.2)
        return steps
