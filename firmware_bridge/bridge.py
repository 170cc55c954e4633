"""The driver of Steelyard's own boards: dated samples, and changes of the link's state.

A board is known by its id first, by its port second: a board whose port is not named, or named by a pattern,
is looked for on every port that nobody else has open.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np

from firmware_bridge import wire
from firmware_bridge.clock_sync import ClockSync
from firmware_bridge.drivers.interface import NO_READING, BoardSamples, BoardStatus, LinkHealth
from firmware_bridge.errors import BoardIdError
from firmware_bridge.framing import encode_frame
from firmware_bridge.link import LinkFault, LinkState
from firmware_bridge.port_choice import PortChoice
from firmware_bridge.serial_port import Chunk, PortLost, PortOpened, SerialPort
from firmware_bridge.session import BlockReceived, LinkDown, LinkUp, Session, SessionEvent

_ELSEWHERE = {LinkFault.WRONG_BOARD, LinkFault.NO_IDENTITY, LinkFault.PROTOCOL_VERSION}
"""Faults of a port on which the board that is looked for is not."""

_FAILED = wire.SampleFlag.DESYNC | wire.SampleFlag.TIMEOUT
"""Flags of a sample in which ``COUNTS_MIN`` is no reading at all."""

_log = logging.getLogger(__name__)


class Bridge:
    """Port, session and clock of one board.

    Args:
        port: device path, or a pattern of paths to look at; empty: any USB adapter.
        expected_board_id: 16 hex digits; empty accepts whichever board answers on the one port.
        clock: gives ``mono_ns``, the host's monotonic nanoseconds.

    Raises:
        BoardIdError: ``expected_board_id`` is not a board id, or is needed to know the board by.
    """

    def __init__(self, *, port: str = "", expected_board_id: str = "", clock: Callable[[], int]) -> None:
        choice = PortChoice(port, identified=bool(expected_board_id), clock=clock)
        if choice.is_search and not expected_board_id:
            raise BoardIdError(
                "a board that is looked for has no id", where=choice.name, expected="a board id, or a port",
                fix="`steelyard boards` lists the ids of all boards that are plugged in.",
            )  # fmt: skip
        self._session = Session(expected_board_id=expected_board_id)
        self._expected_id = expected_board_id.lower()
        self._clock = clock
        self._clock_sync: ClockSync | None = None
        self._samples_flagged = 0
        self._board_faults: dict[tuple[int, int], str] = {}
        self._device = ""  # the one that is open
        self._searching = choice.is_search
        self._name = choice.name
        self._status = BoardStatus(self._expected_id, clock(), LinkState.DISCONNECTED, None)
        self._port = SerialPort(choice, clock=clock)

    @property
    def status(self) -> BoardStatus:
        """The latest status; before the first change, disconnected for no reason yet."""
        return self._status

    @property
    def identity(self) -> wire.Identity | None:
        """Who answered last, if it was the right board."""
        return self._session.identity

    @property
    def health(self) -> LinkHealth:
        """The link in numbers."""
        counters = self._session.counters
        clock = self._clock_sync.report() if self._clock_sync else None
        return LinkHealth(
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

        Call it at least once a second: bytes are kept for 1.5 s in the worst case.
        """
        results: list[BoardSamples | BoardStatus] = []
        for arrival in self._port.receive():
            if isinstance(arrival, Chunk):
                if not self._device:
                    continue  # of a device that is being closed
                self._take(self._session.receive(arrival.data, arrival.mono_ns), arrival.mono_ns, results)
            elif isinstance(arrival, PortOpened):
                self._device = arrival.device
                self._session.reconnect(arrival.mono_ns)
            else:
                self._take_loss(arrival, results)
        if self._device:
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
            elif isinstance(event, LinkDown) and self._searching and event.fault in _ELSEWHERE:
                self._look_elsewhere(event, mono_ns, results)
            elif isinstance(event, LinkDown):
                self._change(results, mono_ns, event.fault.state, event.fault, event.detail)
            else:
                self._note_board_fault(event)

    def _date(self, event: BlockReceived) -> BoardSamples:
        block, clock_sync = event.block, self._clock_sync
        assert clock_sync is not None, "a session reports LinkUp before its first block"  # noqa: S101
        counts = block.counts
        if block.flags.any():
            self._samples_flagged += int(np.count_nonzero(block.flags))
            failed = (block.flags & _FAILED != 0)[:, None] & (counts == wire.COUNTS_MIN)
            counts = np.where(failed, NO_READING, counts).astype(np.int32)
        time = clock_sync.date(
            mcu_ticks=block.mcu_ticks,
            samples=block.samples,
            lost_before=event.lost_before,
            arrival_ns=event.mono_ns,
        )
        return BoardSamples(self._status.board_id, time.mono_ns, time.period_ns, counts, event.lost_before)

    def _look_elsewhere(
        self, down: LinkDown, mono_ns: int, results: list[BoardSamples | BoardStatus]
    ) -> None:
        """The open port is not the board's; bytes that are still to come from it mean nothing."""
        detail = f"not on {self._device}: {down.detail}"
        self._change(results, mono_ns, LinkState.DISCONNECTED, LinkFault.NOT_FOUND, detail)
        if self._device:
            self._port.reject(self._device)
            self._device = ""

    def _take_loss(self, loss: PortLost, results: list[BoardSamples | BoardStatus]) -> None:
        self._device = ""
        fault = loss.error.fault
        if fault is LinkFault.PORT_MISSING and self._status.fault is LinkFault.UNPLUGGED:
            return  # of course
        if self._status.fault is LinkFault.NOT_FOUND:
            return  # still looking
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
        name = f"{self._device or self._name} ({board_id or 'any board'})"
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
            _log.warning("%s: the board reports %s (%d)", self._device, text, fault.detail)
        elif not fault.active and self._board_faults.pop(key, ""):
            _log.info("%s: the board reports the end of %s", self._device, text)
