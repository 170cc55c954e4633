"""Bad reads: codes that a converter gives when it is read at the wrong moment."""

from __future__ import annotations

import numpy as np

from tools.store_simulator.quantities import Counts

BAD_CODES = np.array([0, *(2**bits - 1 for bits in range(18, 24))], dtype=np.int32)
"""[counts] HX711: a clock pulse that is held too long, or a read while the next conversion ends, leaves ones
from some bit on, or nothing (HX711 library issue 83: 8388607, 4194303, 2097151 ... or 0)."""

MISREAD_SHARE = 1e-4
"""[1] of readings. A driver that masks its interrupts has next to none, one that does not has 1 to 5 %."""


class Misreads:
    """Bad reads of one board, each sample and channel for itself.

    Args:
        share: [1] of readings that are bad.
        rng: decides which, and what they say.
    """

    def __init__(self, share: float, rng: np.random.Generator) -> None:
        self._share, self._rng = share, rng

    def update(self, counts: Counts) -> Counts:
        """[n, channel] counts, some of them replaced."""
        chance, which = self._rng.random((len(counts), 2, counts.shape[1])).transpose(1, 0, 2)
        codes = BAD_CODES[(which * len(BAD_CODES)).astype(int)]
        return np.where(chance < self._share, codes, counts).astype(np.int32)
