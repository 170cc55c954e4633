"""Open the plate: its board if nobody holds it, else the node that does."""

from __future__ import annotations

from edge.calibration.record import load_calibration, replaceable_calibration
from edge.cli.calibrate.node import NodeSource
from edge.cli.calibrate.place import Place
from edge.cli.calibrate.source import BoardSource, CountsSource, PortBusyError
from edge.clock import SystemClock
from edge.config import CalibrationFile, ChannelCalibration
from edge.errors import ConfigError, StartError


def open_source(place: Place) -> CountsSource:
    """The plate's counts.

    Raises:
        StartError: neither board nor node answers, or the scale needs no calibration. The board of another
            driver is reached through its node only.
        BrokerError: the broker's credentials cannot be used.
        BoardIdError: a ``board_id`` that no board can have.
    """
    driver = place.section.driver
    if not place.section.gives_counts:
        raise StartError(
            "this scale is calibrated by itself", where=place.plate, found=f"a board with driver `{driver}`",
            expected="one that gives counts", fix="Follow its maker's manual.",
        )  # fmt: skip
    if driver != "steelyard" and place.config is not None:
        return NodeSource(place.config, place.base_dir, place.plate, place.section)
    try:
        return BoardSource(place.section, place.base_dir, place.channel, SystemClock())
    except PortBusyError:
        if place.config is None:
            raise
        return NodeSource(place.config, place.base_dir, place.plate, place.section)


def in_force(place: Place, board_id: str) -> CalibrationFile | None:
    """The board's calibration until now, if it has one.

    Raises:
        ConfigError: it cannot be used, or is another board's.
        CalibrationRefusedError: the file that is to be written was written by hand.
    """
    replaceable_calibration(place.file_to_write(board_id))
    file = place.file_in_force(board_id)
    calibration = load_calibration(file)
    if calibration is not None and calibration.board_id.lower() != board_id:
        raise ConfigError(
            "calibration of another board", file=file, key="board_id", found=f"`{calibration.board_id}`",
            expected=f"`{board_id}`", fix="Connect the right board, or move this file away.",
        )  # fmt: skip
    return calibration


def channel_of(calibration: CalibrationFile | None, channel: int) -> ChannelCalibration | None:
    """A channel's calibration, if it has one."""
    if calibration is None or channel >= len(calibration.channels):
        return None
    return calibration.channels[channel]
