"""All that happens between the load on the cells of one board and the counts that it sends."""

from __future__ import annotations

import zlib

import numpy as np

from tools.store_simulator.load_cell.converter import Converter
from tools.store_simulator.load_cell.corner import CornerError
from tools.store_simulator.load_cell.creep import Creep
from tools.store_simulator.load_cell.hysteresis import Hysteresis
from tools.store_simulator.load_cell.misreads import MISREAD_SHARE, Misreads
from tools.store_simulator.load_cell.noise import CellNoise
from tools.store_simulator.load_cell.temperature import Climate, TemperatureDrift
from tools.store_simulator.quantities import Counts, Grams, Seconds


class LoadCells:
    """The cells of one board. What they are like is fixed for ever by the board's id.

    Args:
        board_id: equal ids have equal cells.
        channels: number of cells.
        rng: decides noise and bad reads.
        misread_share: [1] of readings that are bad.

    Attributes:
        corner: for the rack, which knows where things stand.
        converter: zero and gain of each channel.
    """

    def __init__(
        self, board_id: str, channels: int, rng: np.random.Generator, *, misread_share: float = MISREAD_SHARE
    ) -> None:
        def made(effect: str) -> np.random.Generator:
            """One stream an effect, so that none changes when another draws more."""
            return np.random.default_rng(zlib.crc32(f"{board_id} {effect}".encode()))

        noise_rng, misread_rng = rng.spawn(2)
        self.corner = CornerError(channels, made("corner"))
        self._creep = Creep(channels, made("creep"))
        self._hysteresis = Hysteresis(channels, made("hysteresis"))
        self._climate, self._temperature = (
            Climate(made("climate")),
            TemperatureDrift(channels, made("temperature")),
        )
        self._noise = CellNoise(channels, made("noise"), noise_rng)
        self.converter = Converter.made(channels, made("converter"))
        self._misreads = Misreads(misread_share, misread_rng)

    def update(self, load_g: Grams, at_s: Seconds) -> Counts:
        """Sample the loads.

        Args:
            load_g: [n, channel] g on the cells.
            at_s: [n] rising, later than ever before.

        Returns:
            [n, channel] counts.
        """
        grams = self._creep.update(load_g, at_s)
        grams = self._hysteresis.update(grams)
        grams = self._temperature.update(grams, self._climate.celsius(at_s))
        grams = self._noise.update(grams, at_s)
        return self._misreads.update(self.converter.update(grams))
