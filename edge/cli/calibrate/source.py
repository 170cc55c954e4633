"""Where the counts of the plate under calibration come from: its board, opened by this command."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from edge.calibration.reading import Capture
from edge.clock import Clock
from edge.config import BoardSection
from edge.errors import StartError
from edge.samples import NS_PER_S
from firmware_bridge.bridge import Bridge
from firmware_bridge.drivers.interface import BoardSamples
from firmware_bridge.link import LinkFault, LinkState

CONNECT_S = 10.0
"""[s] for a board to answer after the port was opened: an Arduino restarts then, which takes 2 s."""

SILENCE_S = 3.0
"""[s] without a sample that end a capture: a board sends every 0.1 s."""

POLL_S = 0.02
"""[s] between looks at the port."""


class CountsSource(Protocol):
    """One channel of one board.

    Attributes:
        board_id: 16 hex digits.
        channels: [channels] of the board.
        origin: where the counts come from, in words.
    """

    board_id: str
    channels: int
    origin: str

    def capture(self, seconds: float) -> Capture:
        """Samples of so many seconds, all taken after the call.

        Raises:
            StartError: they do not come.
        """
        ...

    def adopt(self) -> str:
        """Let whoever weighs with this plate use the new calibration; says what came of it."""
        ...

    def close(self) -> None:
        """Release the plate."""
        ...


class PortBusyError(StartError):
    """Another program reads this board: its node, most likely."""


class BoardSource:
    """A board that no node holds.

    Args:
        section: the board's configuration.
        base_dir: that a relative port starts from.
        channel: counts from 0.
        clock: the host's.

    Raises:
        PortBusyError: another program holds the port.
        StartError: no board answers, or not the right one.
        BoardIdError: a ``board_id`` that no board can have.
    """

    def __init__(self, section: BoardSection, base_dir: Path, channel: int, clock: Clock) -> None:
        port = str(base_dir / section.port) if section.port else ""
        self.origin = port or section.board_id
        self._channel, self._clock = channel, clock
        self._bridge = Bridge(port=port, expected_board_id=section.board_id, clock=clock.mono_ns)
        try:
            self.board_id, self.channels = self._connect()
        except BaseException:
            self._bridge.close()
            raise

    def capture(self, seconds: float) -> Capture:
        """See :class:`CountsSource`."""
        self._bridge.poll()  # what came before is of no interest
        start_ns = self._clock.mono_ns()
        until_ns = start_ns + round(seconds * NS_PER_S)
        rows: list[np.ndarray] = []
        lost = 0
        for samples in self._samples():
            first = max(0, int(np.ceil((start_ns - samples.mono_ns) / samples.period_ns)))
            if first >= len(samples.counts):
                continue
            lost += samples.lost_before if rows else 0
            rows.append(samples.counts[first:, self._channel])
            if samples.mono_ns + len(samples.counts) * samples.period_ns >= until_ns:
                break
        counts = np.concatenate(rows)
        return Capture(counts.astype(np.int32), self._bridge.health.rate_hz, lost)

    def adopt(self) -> str:
        """See :class:`CountsSource`."""
        return "a node reads it when it starts"

    def close(self) -> None:
        """See :class:`CountsSource`."""
        self._bridge.close()

    def _connect(self) -> tuple[str, int]:
        """(board id, channels) of the board that answers."""
        self._wait_connected()
        identity = self._bridge.identity
        assert identity is not None, "a connected bridge knows its board"  # noqa: S101
        if self._channel >= identity.channels:
            raise StartError(
                "the board has no such channel", where=self.origin, found=f"{identity.channels} channels",
                expected=f"at least {self._channel + 1}", fix="Correct `plates` or connect the right board.",
            )  # fmt: skip
        return identity.board_id.hex(), identity.channels

    def _wait_connected(self) -> None:
        deadline = time.monotonic() + CONNECT_S
        while True:
            self._bridge.poll()
            status = self._bridge.status
            if status.state is LinkState.CONNECTED:
                return
            if status.fault is LinkFault.PORT_BUSY:
                raise PortBusyError(status.detail)
            if status.fault is not None and status.fault.is_lasting:
                raise StartError(status.detail or str(status.fault))
            if time.monotonic() > deadline:
                raise StartError(
                    status.detail or "no board answers", where=self.origin,
                    fix="Plug the board in, or correct the port in the node's configuration.",
                )  # fmt: skip
            time.sleep(POLL_S)

    def _samples(self) -> Iterator[BoardSamples]:
        """Blocks as they come.

        Raises:
            StartError: none for ``SILENCE_S``.
        """
        heard = time.monotonic()
        while True:
            for news in self._bridge.poll():
                if isinstance(news, BoardSamples):
                    heard = time.monotonic()
                    yield news
            if time.monotonic() - heard > SILENCE_S:
                raise StartError(
                    "the board fell silent", where=self.origin,
                    found=self._bridge.status.detail or f"no sample for {SILENCE_S:g} s",
                    fix="Check plug and cable, and start again; the calibration in force is untouched.",
                )  # fmt: skip
            time.sleep(POLL_S)
