"""What one board says: the counts of a rack, sample by sample, whoever asks for them."""

from __future__ import annotations

import zlib

import msgspec
import numpy as np

from tools.store_simulator.faults import Dropout, SensorFault, SpoiltChannels
from tools.store_simulator.forces import RackForce, Standing
from tools.store_simulator.load_cell import LoadCells
from tools.store_simulator.load_cell.clock import SampleClock
from tools.store_simulator.load_cell.misreads import MISREAD_SHARE
from tools.store_simulator.quantities import Counts
from tools.store_simulator.rack import Rack

BLOCK_SAMPLES = 8
"""[samples] computed together: at 80 Hz the 0.1 s that a board puts into one frame."""


class RackSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a board must know when it is switched on."""

    board_id: str  # 16 hex digits; decides what its cells are like
    rate_hz: float  # [Hz] nominal
    plates: tuple[str, ...]  # in channel order
    standing: Standing  # on the plates now
    forces: tuple[RackForce, ...] = ()  # already announced
    seed: tuple[int, ...]  # of this rack's mechanics and noise
    misread_share: float = MISREAD_SHARE  # [1] of readings
    rate_error_ppm: float | None = None  # [ppm] of its clock; None: as boards have it


class RackSignal:
    """The whole way from forces to counts: ``rack`` -> ``load_cell`` -> ``faults``, a block at a time.

    Attributes:
        clock: when it samples.
        power_up_s: store time of sample 0; to be set before that is asked for.
    """

    def __init__(self, spec: RackSpec) -> None:
        mechanics, noise = (np.random.default_rng([*spec.seed, stream]) for stream in range(2))
        channels = len(spec.plates)
        self._cells = LoadCells(spec.board_id, channels, noise, misread_share=spec.misread_share)
        self._rack = Rack(
            spec.plates,
            spec.standing.load_g,
            mechanics,
            moment_g=spec.standing.moment_g,
            corner=self._cells.corner,
        )
        for force in spec.forces:
            self._rack.act(force)
        self._spoilt, self._dropouts = SpoiltChannels(channels), list[Dropout]()
        made = np.random.default_rng(zlib.crc32(f"{spec.board_id} clock".encode()))
        self.clock = (
            SampleClock.made(spec.rate_hz, made)
            if spec.rate_error_ppm is None
            else SampleClock(spec.rate_hz, spec.rate_error_ppm)
        )
        self.power_up_s = 0.0
        self._first, self._rows = 0, np.empty((0, channels), np.int32)

    def __call__(self, sample: int) -> Counts:
        """[channel] counts for a sample; numbers only rise."""
        if sample >= self._first + len(self._rows):
            self._first, self._rows = sample, self.block(sample)
        row: Counts = self._rows[sample - self._first]
        return row

    def block(self, sample: int) -> Counts:
        """[BLOCK_SAMPLES, channel] counts from a sample on; numbers only rise."""
        at_s = self.clock.at_s(self.power_up_s, sample + np.arange(BLOCK_SAMPLES))
        return self._spoilt.update(self._cells.update(self._rack.load_g(at_s), at_s), at_s)

    def act(self, told: RackForce | SensorFault) -> None:
        """Accept a force on the rack, or a fault of the board."""
        if isinstance(told, Dropout):
            self._dropouts.append(told)
        elif isinstance(told, SensorFault):
            self._spoilt.fail(told)
        else:
            self._rack.act(told)

    def dropped(self, sample: int) -> int:
        """[samples] that the board drops from this one on, because a dropout has begun."""
        now_s = self.power_up_s + sample * self.clock.period_s
        due = [dropout for dropout in self._dropouts if dropout.from_s <= now_s]
        self._dropouts = [dropout for dropout in self._dropouts if dropout.from_s > now_s]
        return max((max(round((each.until_s - now_s) / self.clock.period_s), 0) for each in due), default=0)
