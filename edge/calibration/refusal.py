"""Why a capture, a load or a whole calibration is refused."""

from __future__ import annotations

from enum import StrEnum

from edge.errors import SteelyardError


class RefusalReason(StrEnum):
    """What is wrong, for programs; the sentence of the error is for people."""

    MOTION = "motion"
    SATURATED = "saturated"
    STUCK = "stuck"
    MISREAD = "misread"
    LOST_SAMPLES = "lost_samples"
    WRONG_MASS = "wrong_mass"
    REVERSED = "reversed"
    ABSURD_GAIN = "absurd_gain"
    UNKNOWN_WEIGHT = "unknown_weight"
    TOO_FEW_LOADS = "too_few_loads"
    HAND_WRITTEN = "hand_written"
    NOT_ACCEPTED = "not_accepted"


class CalibrationRefusedError(SteelyardError):
    """A calibration that must not go on like this; what was in force stays so. ``reason`` is typed."""

    def __init__(
        self,
        reason: RefusalReason,
        what: str,
        *,
        where: str = "",
        found: str = "",
        expected: str = "",
        fix: str = "",
    ) -> None:
        self.reason = reason
        super().__init__(what, where=where, found=found, expected=expected, fix=fix)
