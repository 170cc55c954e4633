"""The sampling clock: it runs a little fast or slow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.store_simulator.quantities import Seconds

RATE_ERROR_PPM = 50.0
"""[ppm] standard deviation of a board with a quartz. The on-chip oscillator of an HX711 promises a "typical"
rate alone (datasheet, data rate) and is some per cent off."""


class SampleClock:
    """When a board samples.

    Attributes:
        error_ppm: by how much it runs fast.
        period_s: true time between samples.
    """

    def __init__(self, nominal_hz: float, error_ppm: float) -> None:
        self.error_ppm = error_ppm
        self.period_s = 1.0 / (nominal_hz * (1.0 + error_ppm * 1e-6))

    @classmethod
    def made(cls, nominal_hz: float, made: np.random.Generator) -> SampleClock:
        """The clock of some board."""
        return cls(nominal_hz, float(made.normal(0.0, RATE_ERROR_PPM)))

    def at_s(self, power_up_s: float, samples: NDArray[np.int64]) -> Seconds:
        """[n] true time of samples, numbered from power-up."""
        return np.asarray(power_up_s + samples * self.period_s, dtype=np.float64)
