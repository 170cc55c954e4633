"""What fails in a board: the lines that the world sends to it, as it does forces."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np

from tools.store_simulator.load_cell.converter import RAIL_HIGH
from tools.store_simulator.quantities import Counts, Seconds

FAULT_S = (2.0, 20.0)
"""[s] that a channel fails."""

DROPOUT_S = (0.05, 2.0)
"""[s] that samples are lost."""


class Stuck(msgspec.Struct, frozen=True, tag="stuck"):
    """A channel repeats itself: its converter hangs."""

    channel: int
    from_s: float
    until_s: float


class Severed(msgspec.Struct, frozen=True, tag="severed"):
    """A channel stays at the rail: a wire of its bridge is broken, or touches another."""

    channel: int
    from_s: float
    until_s: float


class Dropout(msgspec.Struct, frozen=True, tag="dropout"):
    """The board loses samples of all channels, and counts them: nobody fetched them in time."""

    from_s: float
    until_s: float


SensorFault = Stuck | Severed | Dropout


@dataclass(frozen=True, slots=True)
class Troubles:
    """How often boards fail: [1/h] of one plate to be stuck or severed, and of one rack to drop samples."""

    stuck: float = 0.0
    severed: float = 0.0
    dropouts: float = 0.0

    def draw(self, plates: int, from_s: float, until_s: float, rng: np.random.Generator) -> list[SensorFault]:
        """Faults of one rack that begin within a stretch of time, as a Poisson process; in no order."""
        hours = (until_s - from_s) / 3600.0
        faults: list[SensorFault] = []
        for kind, per_hour in ((Stuck, self.stuck), (Severed, self.severed)):
            for _ in range(int(rng.poisson(plates * per_hour * hours))):
                begin_s = float(rng.uniform(from_s, until_s))
                faults.append(
                    kind(int(rng.integers(plates)), begin_s, begin_s + float(rng.uniform(*FAULT_S)))
                )
        for _ in range(int(rng.poisson(self.dropouts * hours))):
            begin_s = float(rng.uniform(from_s, until_s))
            faults.append(Dropout(begin_s, begin_s + float(rng.uniform(*DROPOUT_S))))
        return faults


class SpoiltChannels:
    """Stuck and severed channels of one board, as they come and go."""

    def __init__(self, channels: int) -> None:
        self._faults: list[Stuck | Severed] = []
        self._held: dict[Stuck, int] = {}
        self._latest: Counts = np.zeros(channels, np.int32)

    def fail(self, fault: Stuck | Severed) -> None:
        """A channel fails, or will."""
        self._faults.append(fault)

    def update(self, counts: Counts, at_s: Seconds) -> Counts:
        """[n, channel] counts as they are read; ``at_s`` rises, later than ever before."""
        self._faults = [fault for fault in self._faults if fault.until_s > at_s[0]]
        read = counts.copy() if self._faults else counts
        for fault in self._faults:
            during = (at_s >= fault.from_s) & (at_s < fault.until_s)
            if isinstance(fault, Severed):
                read[during, fault.channel] = RAIL_HIGH
            elif during.any():
                first = int(np.argmax(during))
                before = counts[first - 1] if first else self._latest
                read[during, fault.channel] = self._held.setdefault(fault, int(before[fault.channel]))
        self._latest = counts[-1]
        return read
