"""One board as its node sees it: dated samples, and changes of the link's state.

A node calls ``poll`` of each of its bridges from one thread; only the bytes are read elsewhere.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from firmware_bridge import wire
from firmware_bridge.clock_sync import ClockReport, ClockSync
from firmware_bridge.framing import encode_frame
from firmware_bridge.link import LinkFault, LinkState
from firmware_bridge.serial_port import BAUD, Chunk, PortLost, PortOpened, SerialPort
from firmware_bridge.session import BlockReceived, LinkDown, LinkUp, Session, SessionEvent
from firmware_bridge.wire import Counts

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class BoardSamples:
    """Consecutive samples of one board. Counts at an end of their range are no measurement (see ``wire``)."""

    board_id: str  # 16 hex digits
    mono_ns: int  # [ns] time of the first sample
    period_ns: float  # [ns] time between samples
    counts: Counts  # [n, channel] raw ADC counts, 24 bit
    lost_before: int  # [samples] missing between the previous block and this one


@dataclass(frozen=True, slots=True)
class BoardStatus:
    """The link's state changed, or the reason for it."""

    board_id: str  # 16 hex digits; empty while nobody has answered
    mono_ns: int  # [ns] when it was noticed
    state: LinkState
    fault: LinkFault | None  # None: connected
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BridgeHealth:
    """The link in numbers; counters cover the bridge's lifetime."""

    rate_hz: float  # [Hz] measured; 0 before the first samples
    samples_lost: int  # [samples] missing between blocks, whoever lost them
    samples_overflowed: int  # [samples] of these, dropped by the board because its line was full
    samples_flagged: int  # [samples] arrived, but the board says that a read went wrong
    blocks_dropped: int  # [blocks] repeated, overtaken, misshapen or from an unaccepted board
    frames_corrupt: int  # [frames]
    chunks_dropped: int  # [chunks] read and never polled in time
    board_faults: tuple[str, ...]  # what the board itself complains of now
    clock: ClockReport | None


class Bridge:
    """Port, session and clock of one board.

    Args:
        port: device path.
        expected_board_id: 16 hex digits; empty accepts whichever board answers.
        clock: gives ``mono_ns``, the host's monotonic nanoseconds.
        baud: speed of the line.

    Raises:
        BoardIdError: ``expected_board_id`` is not a board id.
    """

    def __init__(
        self, *, port: str, expected_board_id: str = "", clock: Callable[[], int], baud: int = BAUD
    ) -> None:
        self._session = Session(expected_board_id=expected_board_id)
        self._expected_id = expected_board_id.lower()
        self._clock = clock
        self._clock_sync: ClockSync | None = None
        self._samples_flagged = 0
        self._board_faults: dict[tuple[int, int], str] = {}
        self._is_open = False
        self._status = BoardStatus(self._expected_id, clock(), LinkState.DISCONNECTED, None)
        self._port = SerialPort(port, clock=clock, baud=baud)

    @property
    def status(self) -> BoardStatus:
        """The latest status; before the first change, disconnected for no reason yet."""
        return self._status

    @property
    def identity(self) -> wire.Identity | None:
        """Who answered last, if it was the right board."""
        return self._session.identity

    @property
    def health(self) -> BridgeHealth:
        """The link in numbers."""
        counters = self._session.counters
        clock = self._clock_sync.report() if self._clock_sync else None
        return BridgeHealth(
            rate_hz=clock.rate_hz if clock else 0.0,
            samples_lost=counters.samples_lost,
            samples_overflowed=counters.samples_overflowed,
            samples_flagged=self._samples_flagged,
            blocks_dropped=counters.blocks_old + counters.blocks_misshapen + counters.blocks_unidentified,
            frames_corrupt=self._session.frames.frames_corrupt,
            chunks_dropped=self._port.chunks_dropped,
            board_faults=tuple(self._board_faults.values()),
            clock=clock,
        )

    def poll(self) -> list[BoardSamples | BoardStatus]:
        """What happened since the last call, in its order. Never waits for the board.

        Call it at least every few seconds: bytes are kept for about 25 s.
        """
        results: list[BoardSamples | BoardStatus] = []
        for arrival in self._port.receive():
            if isinstance(arrival, Chunk):
                self._take(self._session.receive(arrival.data, arrival.mono_ns), arrival.mono_ns, results)
            elif isinstance(arrival, PortOpened):
                self._is_open = True
                self._session.reconnect(arrival.mono_ns)
            else:
                self._take_loss(arrival, results)
        if self._is_open:
            now_ns = self._clock()
            self._take(self._session.receive(b"", now_ns), now_ns, results)
            if request := self._session.tick(now_ns):
                self._port.write(request)
        return results

    def blink(self, duration_ms: int) -> bool:
        """Blink the board's light; ``False`` when the board cannot be told."""
        return self._port.write(encode_frame(wire.encode(wire.Blink(duration_ms))))

    def close(self) -> None:
        """Release the port."""
        self._port.close()

    # --- events ---

    def _take(
        self, events: list[SessionEvent], mono_ns: int, results: list[BoardSamples | BoardStatus]
    ) -> None:
        for event in events:
            if isinstance(event, BlockReceived):
                results.append(self._date(event))
            elif isinstance(event, LinkUp):
                if self._clock_sync is None or not event.resumed:
                    identity = event.identity
                    self._clock_sync = ClockSync(tick_hz=identity.tick_hz, rate_hz=identity.rate_hz)
                self._change(results, mono_ns, LinkState.CONNECTED, None, "")
            elif isinstance(event, LinkDown):
                self._change(results, mono_ns, event.fault.state, event.fault, event.detail)
            else:
                self._note_board_fault(event)

    def _date(self, event: BlockReceived) -> BoardSamples:
        block, clock_sync = event.block, self._clock_sync
        assert clock_sync is not None, "a session reports LinkUp before its first block"  # noqa: S101
        if block.flags.any():
            self._samples_flagged += int(np.count_nonzero(block.flags))
        time = clock_sync.date(
            mcu_ticks=block.mcu_ticks,
            samples=block.samples,
            lost_before=event.lost_before,
            arrival_ns=event.mono_ns,
        )
        return BoardSamples(
            self._status.board_id, time.mono_ns, time.period_ns, block.counts, event.lost_before
        )

    def _take_loss(self, loss: PortLost, results: list[BoardSamples | BoardStatus]) -> None:
        self._is_open = False
        fault = loss.error.fault
        if fault is LinkFault.PORT_MISSING and self._status.fault is LinkFault.UNPLUGGED:
            return  # of course
        self._change(results, loss.mono_ns, fault.state, fault, str(loss.error))

    def _change(
        self,
        results: list[BoardSamples | BoardStatus],
        mono_ns: int,
        state: LinkState,
        fault: LinkFault | None,
        detail: str,
    ) -> None:
        was = self._status
        if (state, fault) == (was.state, was.fault):
            return
        identity = self._session.identity
        board_id = identity.board_id.hex() if identity else self._expected_id
        self._status = BoardStatus(board_id, mono_ns, state, fault, detail)
        results.append(self._status)
        name = f"{self._port.device} ({board_id or 'any board'})"
        if fault is None:
            _log.info("%s: connected", name)
        else:
            _log.warning("%s: %s, %s: %s", name, state, fault, detail)

    def _note_board_fault(self, fault: wire.BoardFault) -> None:
        key = (fault.code, fault.channel)
        known = fault.code in wire.BoardFaultCode.__members__.values()
        name = wire.BoardFaultCode(fault.code).name.lower() if known else f"fault {fault.code}"
        text = name if fault.channel == wire.NO_CHANNEL else f"{name} on channel {fault.channel}"
        if fault.active and key not in self._board_faults:
            self._board_faults[key] = text
            _log.warning("%s: the board reports %s (%d)", self._port.device, text, fault.detail)
        elif not fault.active and self._board_faults.pop(key, ""):
            _log.info("%s: the board reports the end of %s", self._port.device, text)
