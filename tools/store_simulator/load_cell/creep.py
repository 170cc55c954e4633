"""Creep: under a new load a cell's reading goes on moving for half an hour."""

from __future__ import annotations

import numpy as np

from tools.store_simulator.quantities import Grams, Seconds

MEMORY_S = (30.0, 480.0)
MEMORY_SHARE = (0.4, 0.6)
"""[s] memories of the gauge's glue and of the spring's metal, and their parts [1] of the creep."""

CREEP_MAX = 0.7 * 0.7 * 1.5 / 3000
"""[1] of the load. OIML R 60-1, 5.5.1: within 30 minutes no more than 0.7 of the maximum permissible error,
which for a cell of class C3 (3,000 intervals) at full load is 0.7 * 1.5 intervals."""


class Creep:
    """Creep of the cells of one board: standard linear solids, each with one memory.

    The part with memory T follows ``share * load`` as ``d/dt c = (share * load - c) / T``; what stood there
    at the first sample has stood there for ever.

    Attributes:
        share: [memory, channel] of a load that its reading creeps by; cells creep either way.
    """

    def __init__(self, channels: int, made: np.random.Generator) -> None:
        total = made.normal(0.0, CREEP_MAX / 2, channels).clip(-CREEP_MAX, CREEP_MAX)
        self.share = np.outer(MEMORY_SHARE, total)
        self._crept_g: Grams | None = None  # [memory, channel]
        self._at_s = 0.0

    def update(self, load_g: Grams, at_s: Seconds) -> Grams:
        """[n, channel] g with creep; ``at_s`` rises, later than ever before."""
        crept = np.empty_like(load_g)
        if self._crept_g is None:
            self._crept_g, self._at_s = self.share * load_g[0], float(at_s[0])
        memory_s = np.array(MEMORY_S)[:, None]
        for row, now_s in enumerate(at_s.tolist()):
            keep = np.exp((self._at_s - now_s) / memory_s)
            self._crept_g = keep * self._crept_g + (1 - keep) * self.share * load_g[row]
            crept[row], self._at_s = self._crept_g.sum(axis=0), now_s
        return load_g + crept
