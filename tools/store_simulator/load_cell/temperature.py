"""Temperature: zero and span of a cell drift with the warmth of the store."""

from __future__ import annotations

import numpy as np

from tools.store_simulator.quantities import Grams, Seconds

ZERO_MAX_G_PER_K = 0.7 * 2.0 / 5
"""[g/K] OIML R 60-1, temperature effect on minimum dead load output: at most 0.7 smallest intervals in 5 K,
for a cell of 20 kg with the usual 10,000 of them (2 g)."""

SPAN_PER_K = 5e-6
"""[1/K] standard deviation: gain drift of an HX711 (datasheet, key electrical characteristics)."""

CALIBRATED_C, MEAN_C = 20.0, 21.0
DAY_K, DAY_S = 1.5, 86_400.0
PLANT_K, PLANT_S = 0.4, 1_200.0
"""[K] and [s] of the swings of a store's air: by day and night, and by the plant that switches on and off; as
felt by a cell, whose metal lags behind."""


class Climate:
    """The air around one rack."""

    def __init__(self, made: np.random.Generator) -> None:
        self._day_rad, self._plant_rad = made.uniform(0, 2 * np.pi, 2)

    def celsius(self, at_s: Seconds) -> Seconds:
        """[n] degrees Celsius of the cells."""
        day = DAY_K * np.sin(2 * np.pi * at_s / DAY_S + self._day_rad)
        return np.asarray(MEAN_C + day + PLANT_K * np.sin(2 * np.pi * at_s / PLANT_S + self._plant_rad))


class TemperatureDrift:
    """Drift of the cells of one board.

    Attributes:
        zero_g_per_k: [channel] g/K.
        span_per_k: [channel] 1/K.
    """

    def __init__(self, channels: int, made: np.random.Generator) -> None:
        zero_g_per_k = made.normal(0.0, ZERO_MAX_G_PER_K / 2, channels)
        self.zero_g_per_k = zero_g_per_k.clip(-ZERO_MAX_G_PER_K, ZERO_MAX_G_PER_K)
        self.span_per_k = made.normal(0.0, SPAN_PER_K, channels)

    def update(self, load_g: Grams, celsius: Seconds) -> Grams:
        """[n, channel] g as a cell shows them that was calibrated at ``CALIBRATED_C``; ``celsius`` is [n]."""
        warmer_k = (celsius - CALIBRATED_C)[:, None]
        return np.asarray(load_g * (1 + self.span_per_k * warmer_k) + self.zero_g_per_k * warmer_k)
