"""What a cell and its converter add of their own: white noise, wander, a slow sine, the line of a motor.

Figures are fitted to the nanostore recording (docs/noise.md). The white floor is what an HX711 promises: 90
nV rms at 80 samples a second (datasheet, key electrical characteristics), with 0.5 uV/g from a 20 kg cell of
2 mV/V at 5 V, is 0.18 g.
"""

from __future__ import annotations

import numpy as np

from tools.store_simulator.quantities import Grams, Seconds

WHITE_G = (0.2, 0.4)
WANDER_MEDIAN_G, WANDER_LOG_SIGMA, WANDER_S = 0.1, 0.8, 0.5
"""Standard deviation and memory of a slow wandering: draughts, and the flicker of every amplifier."""

SINE_MEDIAN_G, SINE_LOG_SIGMA, SINE_MAX_G, SINE_HZ = 0.28, 1.35, 6.4, (1.2, 1.8)
"""Each plate's own slow sine, seen on all plates of the recording; its cause is not known."""

LINE_MEDIAN_G, LINE_LOG_SIGMA, LINE_HZ = 0.3, 0.9, 24.46
"""The line that all plates of the recording share, as from a motor at 1,470 a minute or an alias of one."""

LINE_STEP_RAD = 0.65
"""[rad] by which its phase differs from one plate to the next, standard deviation."""


class CellNoise:
    """Noise of the cells of one board.

    Args:
        channels: number of cells, neighbours beside each other.
        made: decides strengths, frequencies and phases.
        rng: decides everything that is not periodic.

    Attributes:
        white_g: [channel] g, standard deviation of the white noise.
        sine_g: [channel] g, amplitude of the slow sine.
    """

    def __init__(self, channels: int, made: np.random.Generator, rng: np.random.Generator) -> None:
        self.white_g = made.uniform(*WHITE_G, channels)
        self.sine_g = made.lognormal(np.log(SINE_MEDIAN_G), SINE_LOG_SIGMA, channels).clip(0, SINE_MAX_G)
        self._sine_rad_per_s = 2 * np.pi * made.uniform(*SINE_HZ, channels)
        self._sine_rad = made.uniform(0, 2 * np.pi, channels)
        self._line_g = made.lognormal(np.log(LINE_MEDIAN_G), LINE_LOG_SIGMA, channels)
        self._line_rad = made.normal(0.0, LINE_STEP_RAD, channels).cumsum()
        self._wander_g = made.lognormal(np.log(WANDER_MEDIAN_G), WANDER_LOG_SIGMA, channels)
        self._rng = rng
        self._wandered = rng.normal(size=channels)  # [channel] standard deviations
        self._at_s: float | None = None

    def update(self, load_g: Grams, at_s: Seconds) -> Grams:
        """[n, channel] g with noise added; ``at_s`` rises, later than ever before."""
        sine = self.sine_g * np.sin(at_s[:, None] * self._sine_rad_per_s + self._sine_rad)
        line = self._line_g * np.sin(2 * np.pi * LINE_HZ * at_s[:, None] + self._line_rad)
        white, steps = self._rng.normal(size=(len(at_s), 2, load_g.shape[1])).transpose(1, 0, 2)
        noisy_g: Grams = (
            load_g + sine + line + self.white_g * white + self._wander_g * self._wander(steps, at_s)
        )
        return noisy_g

    def _wander(self, steps: Grams, at_s: Seconds) -> Grams:
        """An Ornstein-Uhlenbeck process, exact at any sampling."""
        wandered = np.empty_like(steps)
        for row, now_s in enumerate(at_s.tolist()):
            since_s = 0.0 if self._at_s is None else now_s - self._at_s
            keep = np.exp(-since_s / WANDER_S)
            self._wandered = keep * self._wandered + np.sqrt(1 - keep**2) * steps[row]
            wandered[row], self._at_s = self._wandered, now_s
        return wandered
