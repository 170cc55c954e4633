"""The node's boards: what the board link says, in the pipeline's terms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edge.clock import Clock
from edge.config import BoardSection, CalibrationFile
from edge.errors import ConfigError
from edge.messages import RackHealth
from edge.node.drivers import open_driver
from edge.samples import CountBlock, LinkFault, LinkReport, RackLayout, WeightBlock
from edge.yaml_file import load_yaml
from firmware_bridge.drivers.interface import BoardSamples, BoardStatus, Samples
from firmware_bridge.link import LinkState

_FAULTS = {
    LinkState.CONNECTED: None,
    LinkState.DISCONNECTED: LinkFault.DISCONNECTED,
    LinkState.STALE: LinkFault.STALE,
    LinkState.WRONG_BOARD: LinkFault.WRONG_BOARD,
    LinkState.VERSION_MISMATCH: LinkFault.WRONG_BOARD,
}

RATE_OFF_MAX = 0.2
"""[1] by how much the measured rate may differ from the configured one, on which all times of hops rest."""


def layouts(sections: Sequence[BoardSection]) -> tuple[RackLayout, ...]:
    """The racks that the boards' sections describe."""
    return tuple(
        RackLayout(section.rack, section.plates, section.rate_hz, section.resolution_g)
        for section in sections
    )


def load_calibrations(sections: Sequence[BoardSection], base_dir: Path) -> dict[str, CalibrationFile]:
    """Calibrations by rack; a rack without one is missing here, and its plates stay uncalibrated.

    Args:
        sections: boards of the node.
        base_dir: that relative paths start from.

    Raises:
        ConfigError: a file that is named is missing, or a file is broken or of another board.
    """
    found = {section.rack: load_calibration(section, base_dir) for section in sections}
    return {rack: calibration for rack, calibration in found.items() if calibration is not None}


def load_calibration(section: BoardSection, base_dir: Path) -> CalibrationFile | None:
    """The calibration of one board; ``None``: it has none, or needs none.

    Raises:
        ConfigError: as :func:`load_calibrations`.
    """
    if not section.gives_counts:
        return None
    file = base_dir / (section.calibration or f"calibration/{section.board_id}.yaml")
    if not section.calibration and not (section.board_id and file.exists()):
        return None
    calibration = load_yaml(file, CalibrationFile)
    if section.board_id and calibration.board_id.lower() != section.board_id.lower():
        raise ConfigError(
            "calibration of another board", file=file, key="board_id", found=f"`{calibration.board_id}`",
            expected=f"`{section.board_id}`", fix="Calibrate this board or name its own file.",
        )  # fmt: skip
    if len(calibration.channels) < len(section.plates):
        raise ConfigError(
            "calibration with too few channels", file=file, key="channels",
            found=f"{len(calibration.channels)}", expected=f"{len(section.plates)}, one a plate",
            fix="Calibrate all plates of the board.",
        )  # fmt: skip
    return calibration


class Boards:
    """All boards of a node.

    Args:
        sections: their configuration; ports are device paths, relative ones start from ``base_dir``.
        clock: the host's.
        base_dir: directory of the configuration file.

    Raises:
        BoardIdError: a ``board_id`` that no board can have.
        DriverOptionError: options that contradict each other.
        DriverMissingError: a driver whose library is not installed.
    """

    def __init__(self, sections: Sequence[BoardSection], *, clock: Clock, base_dir: Path) -> None:
        self._boards = [_Board(section, clock, base_dir) for section in sections]

    def poll(self) -> list[CountBlock | WeightBlock | LinkReport]:
        """What happened since the last call, board by board in its order."""
        return [news for board in self._boards for news in board.poll()]

    def health(self) -> tuple[RackHealth, ...]:
        """Every link in numbers."""
        return tuple(board.health() for board in self._boards)

    @property
    def fault(self) -> str:
        """One sentence about links that need a hand, else empty."""
        return "; ".join(board.fault for board in self._boards if board.fault)

    def close(self) -> None:
        """Release all ports."""
        for board in self._boards:
            board.close()


class _Board:
    def __init__(self, section: BoardSection, clock: Clock, base_dir: Path) -> None:
        self._rack = section.rack
        self._plates = len(section.plates)
        self._rate_hz = section.rate_hz
        port = str(base_dir / section.port) if section.port else ""
        self._driver = open_driver(section, port=port, clock=clock.mono_ns)
        self._link_fault = ""
        self._misfit = False  # the right board by its id, with too few channels
        self.close = self._driver.close

    @property
    def fault(self) -> str:
        """One sentence if the link needs a hand, else empty."""
        if self._link_fault:
            return self._link_fault
        rate_hz = self._driver.health.rate_hz
        if rate_hz and abs(rate_hz / self._rate_hz - 1) > RATE_OFF_MAX:
            return (
                f"rack `{self._rack}` samples at {rate_hz:.1f} Hz: correct `rate_hz`, now {self._rate_hz:g}"
            )
        return ""

    def poll(self) -> list[CountBlock | WeightBlock | LinkReport]:
        news: list[CountBlock | WeightBlock | LinkReport] = []
        for heard in self._driver.poll():
            if isinstance(heard, BoardStatus):
                news.append(self._report(heard))
                continue
            columns = (heard.counts if isinstance(heard, BoardSamples) else heard.grams).shape[1]
            if columns >= self._plates:
                news.append(self._block(heard))
            elif not self._misfit:
                self._misfit = True
                self._link_fault = (
                    f"rack `{self._rack}` has {self._plates} plates and its board {columns} "
                    "channels: correct `plates` or connect the right board"
                )
                news.append(LinkReport(self._rack, heard.mono_ns, LinkFault.WRONG_BOARD))
        return news

    def health(self) -> RackHealth:
        health = self._driver.health
        return RackHealth(
            rack=self._rack,
            connected=self._driver.status.state is LinkState.CONNECTED and not self._misfit,
            rate_hz=round(health.rate_hz, 3),
            samples_lost=health.samples_lost,
            frames_corrupt=health.frames_corrupt,
            drift_ppm=round(health.clock.drift_ppm, 1) if health.clock else 0.0,
            jitter_ms=round(health.clock.jitter_ns / 1e6, 2) if health.clock else 0.0,
        )

    def _report(self, status: BoardStatus) -> LinkReport:
        self._misfit = False
        fault = _FAULTS[status.state]
        self._link_fault = "" if fault is None else f"rack `{self._rack}`: {status.detail or status.fault}"
        return LinkReport(self._rack, status.mono_ns, fault)

    def _block(self, samples: Samples) -> CountBlock | WeightBlock:
        time = (self._rack, samples.mono_ns, samples.period_ns)
        if isinstance(samples, BoardSamples):
            return CountBlock(*time, samples.counts[:, : self._plates], samples.lost_before)
        return WeightBlock(*time, samples.grams[:, : self._plates], samples.lost_before)
