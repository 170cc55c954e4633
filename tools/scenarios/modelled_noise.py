"""Plate noise from a model, so that scenarios can be played without a recording.

Per plate: white noise, a slow sine, the 24.46 Hz line. Per rack: modes of 6-22 Hz that every plate shows with
a strength and sign of its own, stirred a little by the building and strongly by footsteps; and one mode of
each plate alone. Figures are fitted to the recorded store; docs/noise.md sets both side by side.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from tools.scenarios.noise import LSB_G, Grams, Walking

RACK_MODES = 4
MODE_HZ = (6.0, 22.0)
RING_S = (0.5, 1.4)
"""[s] until a ringing has fallen to a twentieth (three time constants)."""

SENSITIVITY_LOG_SIGMA, SENSITIVITY_MAX = 1.3, 20.0
"""Of how much of everything that shakes the rack a plate shows."""

OWN_SHARE = 0.55
"""[1] how much of a kick a plate's own mode takes up, against each rack mode."""

PHASE_STEP_RAD = 0.5
"""[rad] by which a rack mode's phase differs from one plate to the next, standard deviation."""

WHITE_G = (0.2, 0.4)
SINE_MEDIAN_G, SINE_LOG_SIGMA, SINE_MAX_G, SINE_HZ = 0.35, 1.35, 6.4, (1.2, 1.8)
LINE_MEDIAN_G, LINE_LOG_SIGMA, LINE_HZ = 0.3, 0.9, 24.46
HUM_G = 0.12
"""[g] by which the building stirs each mode from one sample to the next."""

STEP_S, STEP_JITTER_S = 0.55, 0.06
STEP_MEDIAN_G, STEP_LOG_SIGMA = 3.0, 0.8
"""Between two heels, and how hard they hit."""


class ModelledNoise:
    """Made-up plates at 60 Hz; those of equally named gondolas are alike in every case."""

    def __init__(self, rate_hz: float = 60.0) -> None:
        self._rate_hz = rate_hz

    def grams(
        self, gondola: str, plates: tuple[str, ...], walking: Walking, rng: np.random.Generator
    ) -> Grams:
        """See :class:`tools.scenarios.noise.Noise`."""
        made = np.random.default_rng(zlib.crc32(f"gondola {gondola} of {len(plates)}".encode()))
        at_s = np.arange(walking.size) / self._rate_hz
        grams = self._ringing(made, rng, len(plates), walking)
        grams += made.uniform(*WHITE_G, len(plates)) * rng.normal(size=grams.shape)
        sine_g = made.lognormal(np.log(SINE_MEDIAN_G), SINE_LOG_SIGMA, len(plates)).clip(0, SINE_MAX_G)
        sine_hz = made.uniform(*SINE_HZ, len(plates))
        line_g = made.lognormal(np.log(LINE_MEDIAN_G), LINE_LOG_SIGMA, len(plates))
        for amplitude_g, hz in ((sine_g, sine_hz), (line_g, np.full(len(plates), LINE_HZ))):
            phase = rng.uniform(0, 2 * np.pi, len(plates))
            grams += amplitude_g * np.sin(2 * np.pi * hz * at_s[:, None] + phase)
        return np.asarray(np.round(grams / LSB_G) * LSB_G)

    def _ringing(
        self, made: np.random.Generator, rng: np.random.Generator, plates: int, walking: Walking
    ) -> Grams:
        """[n, plate] g of all modes."""
        modes = RACK_MODES + plates
        pole = -3.0 / made.uniform(*RING_S, modes) + 2j * np.pi * made.uniform(*MODE_HZ, modes)  # [mode] 1/s
        sensitivity = made.lognormal(0.0, SENSITIVITY_LOG_SIGMA, plates).clip(0, SENSITIVITY_MAX)
        phase = made.normal(0.0, PHASE_STEP_RAD, (RACK_MODES, plates)).cumsum(axis=1)
        shape = sensitivity / RACK_MODES * np.exp(1j * phase)  # [rack mode, plate]
        kicks_g = HUM_G * rng.normal(size=(walking.size, modes))
        for sample, kick_g in self._footsteps(walking, rng):
            kicks_g[sample] += kick_g
        decay = np.exp(pole / self._rate_hz)
        swing = np.empty((walking.size, modes), dtype=np.complex128)
        state = np.zeros(modes, dtype=np.complex128)
        for sample in range(walking.size):
            state = state * decay - 1j * kicks_g[sample]
            swing[sample] = state
        shared = (swing[:, :RACK_MODES] @ shape).real
        return np.asarray(shared + OWN_SHARE * sensitivity * swing[:, RACK_MODES:].real)

    def _footsteps(self, walking: Walking, rng: np.random.Generator) -> list[tuple[int, NDArray[np.float64]]]:
        """(sample, g) of the heels that hit the floor while somebody walks."""
        steps = []
        step_s = 0.0
        while (sample := int(step_s * self._rate_hz)) < walking.size:
            if walking[sample]:
                steps.append((sample, rng.lognormal(np.log(STEP_MEDIAN_G), STEP_LOG_SIGMA, ())))
            step_s += max(float(rng.normal(STEP_S, STEP_JITTER_S)), 0.2)
        return steps
