"""The node's boards: what the board link says, in the pipeline's terms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edge.clock import Clock
from edge.config import BoardSection, CalibrationFile
from edge.errors import ConfigError
from edge.messages import RackHealth
from edge.samples import CountBlock, LinkFault, LinkReport, RackLayout
from edge.yaml_file import load_yaml
from firmware_bridge.bridge import Bridge
from firmware_bridge.drivers.interface import BoardSamples, BoardStatus
from firmware_bridge.link import LinkState

_FAULTS = {
    LinkState.CONNECTED: None,
    LinkState.DISCONNECTED: LinkFault.DISCONNECTED,
    LinkState.STALE: LinkFault.STALE,
    LinkState.WRONG_BOARD: LinkFault.WRONG_BOARD,
    LinkState.VERSION_MISMATCH: LinkFault.WRONG_BOARD,
}


def layouts(sections: Sequence[BoardSection]) -> tuple[RackLayout, ...]:
    """The racks that the boards' sections describe."""
    return tuple(RackLayout(section.rack, section.plates, section.rate_hz) for section in sections)


def load_calibrations(sections: Sequence[BoardSection], base_dir: Path) -> dict[str, CalibrationFile]:
    """Calibrations by rack; a rack without one is missing here, and its plates stay uncalibrated.

    Args:
        sections: boards of the node.
        base_dir: that relative paths start from.

    Raises:
        ConfigError: a file that is named is missing, or a file is broken or of another board.
    """
    found = {}
    for section in sections:
        file = base_dir / (section.calibration or f"calibration/{section.board_id}.yaml")
        if not section.calibration and not (section.board_id and file.exists()):
            continue
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
        found[section.rack] = calibration
    return found


class Boards:
    """All boards of a node.

    Args:
        sections: their configuration; ports are device paths, relative ones start from ``base_dir``.
        clock: the host's.
        base_dir: directory of the configuration file.

    Raises:
        BoardIdError: a ``board_id`` that no board can have.
    """

    def __init__(self, sections: Sequence[BoardSection], *, clock: Clock, base_dir: Path) -> None:
        self._boards = [_Board(section, clock, base_dir) for section in sections]

    def poll(self) -> list[CountBlock | LinkReport]:
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
        self.fault = ""
        self._rack = section.rack
        self._plates = len(section.plates)
        port = section.port if "://" in section.port else str(base_dir / section.port)
        self._bridge = Bridge(port=port, expected_board_id=section.board_id, clock=clock.mono_ns)
        self._misfit = False  # the right board by its id, with too few channels
        self.close = self._bridge.close

    def poll(self) -> list[CountBlock | LinkReport]:
        news: list[CountBlock | LinkReport] = []
        for heard in self._bridge.poll():
            if isinstance(heard, BoardStatus):
                news.append(self._report(heard))
            elif heard.counts.shape[1] >= self._plates:
                news.append(self._block(heard))
            elif not self._misfit:
                self._misfit = True
                self.fault = (
                    f"rack `{self._rack}` has {self._plates} plates and its board {heard.counts.shape[1]} "
                    "channels: correct `plates` or connect the right board"
                )
                news.append(LinkReport(self._rack, heard.mono_ns, LinkFault.WRONG_BOARD))
        return news

    def health(self) -> RackHealth:
        health = self._bridge.health
        return RackHealth(
            rack=self._rack,
            connected=self._bridge.status.state is LinkState.CONNECTED and not self._misfit,
            rate_hz=round(health.rate_hz, 3),
            samples_lost=health.samples_lost,
            frames_corrupt=health.frames_corrupt,
        )

    def _report(self, status: BoardStatus) -> LinkReport:
        self._misfit = False
        fault = _FAULTS[status.state]
        self.fault = "" if fault is None else f"rack `{self._rack}`: {status.detail or status.fault}"
        return LinkReport(self._rack, status.mono_ns, fault)

    def _block(self, samples: BoardSamples) -> CountBlock:
        return CountBlock(
            rack=self._rack,
            mono_ns=samples.mono_ns,
            period_ns=samples.period_ns,
            counts=samples.counts[:, : self._plates],
            lost_before=samples.lost_before,
        )
