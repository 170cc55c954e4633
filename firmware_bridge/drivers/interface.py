"""What every driver says to whoever polls it, whatever is behind its port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.clock_sync import ClockReport
from firmware_bridge.link import LinkFault, LinkState
from firmware_bridge.wire import Counts

NO_READING = -(2**31)
"""[counts] stands for a read that failed: no code of a 24-bit converter."""


@dataclass(frozen=True, slots=True, eq=False)
class BoardSamples:
    """Consecutive samples of raw counts, or ``NO_READING``. Those at an end of their range are saturated."""

    board_id: str  # as it identifies itself; empty where it cannot
    mono_ns: int  # [ns] time of the first sample
    period_ns: float  # [ns] time between samples
    counts: Counts  # [n, channel] raw ADC counts, 24 bit
    lost_before: int  # [samples] missing between the previous block and this one


@dataclass(frozen=True, slots=True, eq=False)
class ScaleSamples:
    """Consecutive samples of a scale that knows its own calibration."""

    board_id: str  # as it identifies itself; empty where it cannot
    mono_ns: int  # [ns] time of the first sample
    period_ns: float  # [ns] time between samples
    grams: NDArray[np.float64]  # [n, channel] g; infinite beyond the scale's range, NaN for no reading
    stable: NDArray[np.bool_]  # [n] the scale itself says so; True where it says nothing
    lost_before: int  # [samples] missing between the previous block and this one


Samples = BoardSamples | ScaleSamples


@dataclass(frozen=True, slots=True)
class BoardStatus:
    """The link's state changed, or the reason for it."""

    board_id: str  # as it identifies itself; empty while nobody has, or where it cannot
    mono_ns: int  # [ns] when it was noticed
    state: LinkState
    fault: LinkFault | None  # None: connected
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LinkHealth:
    """The link in numbers; counters cover the driver's lifetime."""

    rate_hz: float  # [Hz] measured; 0 before the first samples
    samples_lost: int  # [samples] missing between blocks, whoever lost them
    frames_corrupt: int  # [frames] or lines, or replies
    chunks_dropped: int  # [chunks] read and never polled in time
    clock: ClockReport | None  # None before the first samples
    samples_overflowed: int = 0  # [samples] of those lost, dropped by the board because its line was full
    samples_flagged: int = 0  # [samples] arrived, but the board says that a read went wrong
    blocks_dropped: int = 0  # [blocks] repeated, overtaken, misshapen or from an unaccepted board
    board_faults: tuple[str, ...] = ()  # what the board itself complains of now


class Driver(Protocol):
    """One device behind one port. A node calls ``poll`` of each from one thread."""

    @property
    def status(self) -> BoardStatus:
        """The latest status; before the first change, disconnected for no reason yet."""
        ...

    @property
    def health(self) -> LinkHealth:
        """The link in numbers."""
        ...

    def poll(self) -> Sequence[Samples | BoardStatus]:
        """What happened since the last call, in its order. Never waits, never raises."""
        ...

    def close(self) -> None:
        """Release the port; what is called twice does no harm."""
        ...
