"""Open the plate: its board if nobody holds it, else the node that does."""

from __future__ import annotations

from edge.calibration.record import read_calibration
from edge.cli.calibrate_node import NodeSource
from edge.cli.calibrate_place import Place
from edge.cli.calibrate_source import BoardSource, CountsSource, PortBusyError
from edge.clock import SystemClock
from edge.config import ChannelCalibration


def open_source(place: Place) -> CountsSource:
    """The plate's counts.

    Raises:
        StartError: neither board nor node answers.
        BrokerError: the broker's credentials cannot be used.
        BoardIdError: a ``board_id`` that no board can have.
    """
    try:
        return BoardSource(place.section, place.base_dir, place.channel, SystemClock())
    except PortBusyError:
        if place.config is None:
            raise
        return NodeSource(place.config, place.base_dir, place.plate, place.section)


def in_force_of(place: Place, source: CountsSource) -> ChannelCalibration | None:
    """The plate's calibration until now.

    Raises:
        ConfigError: the board's file cannot be used.
        CalibrationRefusedError: it was written by hand.
    """
    calibration = read_calibration(place.calibration_file(source.board_id))
    if calibration is None or place.channel >= len(calibration.channels):
        return None
    return calibration.channels[place.channel]
