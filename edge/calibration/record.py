"""The calibration file of a board: one channel renewed, its history kept."""

from __future__ import annotations

from pathlib import Path

import msgspec

from edge.calibration.refusal import CalibrationRefusedError, RefusalReason
from edge.config import CalibrationEntry, CalibrationFile, ChannelCalibration
from edge.errors import ConfigError
from edge.yaml_file import dump_yaml, load_yaml

MARK = "# Written by "
"""How a file begins that a tool may replace; any other was written by hand."""

FIRST_LINE = f"{MARK}`steelyard calibrate`; it replaces this file and keeps the history. Do not edit.\n"


def load_calibration(file: Path) -> CalibrationFile | None:
    """A calibration file; ``None`` when there is none.

    Raises:
        ConfigError: the file is there and cannot be used.
    """
    try:
        return load_yaml(file, CalibrationFile)
    except ConfigError as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            return None
        raise


def replaceable_calibration(file: Path) -> CalibrationFile | None:
    """The calibration file that is to be replaced; ``None`` when there is none yet.

    Raises:
        ConfigError: the file is there and cannot be used.
        CalibrationRefusedError: it was written by hand, so that no tool may replace it.
    """
    calibration = load_calibration(file)
    if calibration is None:
        return None
    if not file.read_text(encoding="utf-8").startswith(MARK):
        raise CalibrationRefusedError(
            RefusalReason.HAND_WRITTEN, "this calibration was written by hand and is left alone",
            where=str(file), expected=f"a first line that begins with `{MARK.strip()}`",
            fix="Move the file away, or name another one as `calibration` of the board.",
        )  # fmt: skip
    return calibration


def renewed(
    calibration: CalibrationFile | None, entry: CalibrationEntry, *, board_id: str, channels: int
) -> CalibrationFile:
    """The board's file with one channel's new calibration.

    Args:
        calibration: in force until now.
        entry: what was accepted.
        board_id: 16 hex digits.
        channels: [channels] of the board; those that nobody has calibrated stay empty.
    """
    rows = list(calibration.channels) if calibration is not None else []
    rows += [None] * (max(channels, entry.channel + 1) - len(rows))
    rows[entry.channel] = ChannelCalibration(
        zero_counts=entry.zero_counts, counts_per_gram=entry.counts_per_gram
    )
    history = calibration.history if calibration is not None else ()
    return CalibrationFile(
        board_id=board_id, date=entry.date, channels=tuple(rows), history=(*history, entry)
    )


def to_yaml(calibration: CalibrationFile) -> str:
    """Text of a calibration file."""
    return FIRST_LINE + dump_yaml(msgspec.to_builtins(calibration), width=10_000)
