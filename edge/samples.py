"""What flows into and through a node's pipeline: blocks of samples and the readings that date them.

A *rack* is a group of plates sampled together by one clock: one board, or one gondola of a recording.
Arrays are never modified after they enter a block; stages return new ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge.config import ChannelCalibration
from edge.messages import CameraState

NS_PER_S = 1_000_000_000

RAIL_HIGH = 2**23 - 1  # [counts] largest code of a 24-bit converter (HX711 datasheet, "0x7FFFFF")
RAIL_LOW = -(2**23)  # [counts] smallest code ("0x800000")
# Codes that a converter read at a wrong moment gives: all ones below some bit, or nothing at all
# (HX711 library issue 83: 8388607, 4194303, 2097151 ... or 0). The shorter ones are ordinary readings.
BAD_CODES = np.array([0, *(2**bits - 1 for bits in range(18, 24))], dtype=np.int32)
NO_READING = -(2**31)  # stands for a read that failed: no code of a 24-bit converter

Counts = NDArray[np.int32]
Grams = NDArray[np.float64]
Rgb = NDArray[np.uint8]  # [height, width, 3] red, green, blue; origin top left


@dataclass(frozen=True, slots=True, eq=False)
class CountBlock:
    """Raw ADC counts of one rack, as its board sent them."""

    rack: str
    mono_ns: int  # [ns] time of the first sample
    period_ns: float  # [ns] time between samples
    counts: Counts  # [n, channel] raw ADC counts
    lost_before: int = 0  # [samples] known to be missing between the previous block and this one


@dataclass(frozen=True, slots=True, eq=False)
class WeightBlock:
    """Weights of one rack: calibrated counts, or grams as a scale or recording reports them."""

    rack: str
    mono_ns: int  # [ns] time of the first sample
    period_ns: float  # [ns] time between samples
    grams: Grams  # [n, plate] g, NaN where the sample is missing or was refused
    lost_before: int = 0  # [samples] known to be missing between the previous block and this one


@dataclass(frozen=True, slots=True)
class RackLayout:
    """Which plates a rack's columns are, and how fast it samples."""

    rack: str
    plates: tuple[str, ...]  # plate names in column order
    rate_hz: float  # [Hz] nominal
    resolution_g: float = 0.0  # [g] step of the readings; 0: finer than their noise


class ChangeKind(StrEnum):
    """What became of a disturbance of one plate."""

    CHANGE = "change"  # a new level: goods came or went
    TOUCH = "touch"  # back to the old level soon
    LEAN = "lean"  # back to the old level after a long press
    OFFLINE_CHANGE = "offline_change"  # the level moved while nobody looked


@dataclass(frozen=True, slots=True)
class PlateChange:
    """What became of one disturbance of one plate: from one rest to the next."""

    plate: str
    kind: ChangeKind
    delta_g: float  # [g] settled minus baseline; negative = taken
    sigma_g: float  # [g] one standard deviation, from the plate's own noise
    onset_ns: int  # [ns] mono, first motion
    settled_ns: int  # [ns] mono, start of the new level
    decided_ns: int  # [ns] mono, last sample used
    peak_g: float = 0.0  # [g] largest push on the way, over 0.2 s
    stirred_ns: int = 0  # [ns] mono, when the plate was first seen to move: noise may have come before onset
    crept_g: float = (
        0.0  # [g] from the level that the plate's change before left to that from which this began
    )


@dataclass(frozen=True, slots=True)
class PlateFault:
    """Plates whose readings became worthless, all for the same reason."""

    plates: tuple[str, ...]
    mono_ns: int
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class WeightChange:
    """A change of level of neighbouring plates, seen as one: what one hand did.

    ``sigma_g`` holds what the plates' own noise leaves open; cross-talk, unit-to-unit spread and the like
    belong to the hypotheses.
    """

    plates: tuple[str, ...]  # one shelf, left to right
    delta_g: Grams  # [plate] g, settled minus baseline; negative = taken
    sigma_g: Grams  # [plate] g, one standard deviation
    onset_ns: int  # [ns] mono, first motion
    settled_ns: int  # [ns] mono, start of the new level
    decided_ns: int  # [ns] mono, last sample used


class LinkFault(StrEnum):
    """Why no valid samples come from a rack."""

    DISCONNECTED = "disconnected"
    STALE = "stale"
    WRONG_BOARD = "wrong_board"


class LinkReport(msgspec.Struct, frozen=True, tag="link_report"):
    """A rack's link went down (``fault`` set) or came back (``None``)."""

    rack: str
    mono_ns: int  # [ns] when it was noticed
    fault: LinkFault | None


class UtcReading(msgspec.Struct, frozen=True, tag="utc_reading"):
    """One simultaneous reading of both clocks: how ``mono_ns`` is put on the calendar.

    The node takes one at start and whenever the offset has moved by more than a few milliseconds, and
    records it like any other input, so that a replay dates its events alike.
    """

    mono_ns: int  # [ns] host monotonic
    utc_s: float  # [s] Unix epoch at the same instant
    synchronized: bool  # False before the first time synchronisation of the machine

    def at(self, mono_ns: int) -> float:
        """UTC of ``mono_ns`` in epoch seconds, rounded to the microsecond."""
        return round(self.utc_s + (mono_ns - self.mono_ns) / NS_PER_S, 6)


class PriorLevels(msgspec.Struct, frozen=True, tag="prior_levels"):
    """Levels that the node stored before it stopped; what moved while it was off shows against them."""

    mono_ns: int  # [ns] when this boot read them
    utc_s: float  # [s] when they were stored
    levels_g: dict[str, float]  # [g] by plate, as calibrated then


class PlateHold(msgspec.Struct, frozen=True, tag="plate_hold"):
    """A plate is set aside while somebody calibrates it (``held``), or weighs again."""

    plate: str
    mono_ns: int  # [ns] when it was asked for
    held: bool


class Recalibration(msgspec.Struct, frozen=True, tag="recalibration"):
    """A plate weighs with another calibration from here on."""

    plate: str
    mono_ns: int  # [ns] when it was read
    calibration: ChannelCalibration


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of one camera."""

    camera: str
    mono_ns: int  # [ns] when the light fell in
    rgb: Rgb  # [height, width, 3]
    jpeg: bytes = b""  # the same picture as it came, or will be recorded: ``rgb`` is what it decodes to


class CameraReport(msgspec.Struct, frozen=True, tag="camera_report"):
    """A camera's state is another one now; only ``ok`` gives frames."""

    camera: str
    mono_ns: int  # [ns] when it was noticed
    state: CameraState


NodeInput = (
    CountBlock
    | WeightBlock
    | LinkReport
    | UtcReading
    | PriorLevels
    | PlateHold
    | Recalibration
    | Frame
    | CameraReport
)
"""Everything that may enter ``node.pipeline.step``; what a recording holds."""
