"""Hysteresis: a cell reads a little more on its way from a heavier load than on that from a lighter one."""

from __future__ import annotations

import numpy as np

from tools.store_simulator.quantities import Grams

PLAY_G = (50.0, 500.0, 5000.0)
"""[g] half widths of the plays: small loops and large ones."""

LOOP_SHARE, CAPACITY_G = 0.0002, 20_000.0
"""[1] of the capacity [g] between the two branches of a full loop: the combined error that makers of C3 cells
promise (0.02 %)."""


class Hysteresis:
    """Hysteresis of the cells of one board, as a sum of plays.

    The operator of Prandtl and Ishlinskii (Visintin, Differential Models of Hysteresis, 1994, III): each play
    follows the load at a distance of at most its half width. It has no memory of time, a loop closes, and a
    small loop within a large one is forgotten once it is left.

    Attributes:
        share: [channel] of each play in the reading.
    """

    def __init__(self, channels: int, made: np.random.Generator) -> None:
        usual = LOOP_SHARE * CAPACITY_G / (2 * sum(PLAY_G))
        self.share = made.uniform(0.0, 2 * usual, channels)
        self._play_g: Grams | None = None  # [play, channel]

    def update(self, load_g: Grams) -> Grams:
        """[n, channel] g with hysteresis, in the order of time; the first load ever is on no branch."""
        half_width_g = np.array(PLAY_G)[:, None]
        if self._play_g is None:
            self._play_g = np.tile(load_g[0], (len(PLAY_G), 1))
        lag = np.empty_like(load_g)
        for row, now_g in enumerate(load_g):
            self._play_g = np.clip(self._play_g, now_g - half_width_g, now_g + half_width_g)
            lag[row] = (self._play_g - now_g).sum(axis=0)
        return load_g + self.share * lag
