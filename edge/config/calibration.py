"""A calibration file's keys."""

from __future__ import annotations

from typing import Annotated

import msgspec

from edge.config.section import Section
from edge.yaml_file import FieldError

LEAST_COUNTS_PER_GRAM, MOST_COUNTS_PER_GRAM = 0.01, 1e6
"""[counts/g] No scale is outside: a 24-bit converter reads a 50 g cell of 4 mV/V with 1.7e5, a 10 t platform
with 0.2, and text sketches that print tenths of a gram or milligrams lie between."""


class ChannelCalibration(Section, frozen=True, kw_only=True):
    """grams = (counts - zero_counts) / counts_per_gram; a negative factor turns a reversed cell round."""

    zero_counts: Annotated[float, msgspec.Meta(ge=-(2**31), le=2**31)]
    counts_per_gram: float  # 0.01 to 1e6, or the same below 0

    def __post_init__(self) -> None:
        if not LEAST_COUNTS_PER_GRAM <= abs(self.counts_per_gram) <= MOST_COUNTS_PER_GRAM:
            raise FieldError(
                "counts_per_gram",
                "no scale has such a gain",
                found=f"{self.counts_per_gram:g}",
                expected=f"{LEAST_COUNTS_PER_GRAM:g} to {MOST_COUNTS_PER_GRAM:g} counts of one gram, or "
                "that below 0 for a reversed cell",
            )


class CalibrationEntry(Section, frozen=True, kw_only=True):
    """One calibration of one plate, as it was accepted; kept for ever."""

    date: str  # ISO 8601, UTC
    plate: str  # gondola/shelf/plate
    channel: Annotated[int, msgspec.Meta(ge=0)]  # counts from 0
    zero_counts: float
    counts_per_gram: float
    gain_u95: float = 0.0  # [1] half width of the 95 % interval, as a share of counts_per_gram
    masses: str = ""  # as put on, with their class or tolerance
    technician: str = ""
    passed: bool = True  # False: accepted although a limit was not kept
    certificate: str = ""  # file name in certificates/ beside this file
    sha256: str = ""  # of the certificate's content


class CalibrationFile(Section, frozen=True, kw_only=True):
    """``configs/calibration/<board id>.yaml``; written by tools alone."""

    board_id: str
    date: str  # ISO 8601, of the latest calibration
    channels: Annotated[
        tuple[ChannelCalibration | None, ...], msgspec.Meta(min_length=1)
    ]  # in channel order; null: not calibrated yet
    history: tuple[CalibrationEntry, ...] = ()  # oldest first

    def date_of(self, channel: int) -> str:
        """[ISO 8601] of the calibration in force of a channel."""
        return next((each.date for each in reversed(self.history) if each.channel == channel), self.date)
