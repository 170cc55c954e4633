"""The conversation with one board: identify, check, start, then number every sample. Sans-I/O.

======================  =================  ===============================================  ==============
state                   says, again every  goes on when                                     gives up after
======================  =================  ===============================================  ==============
``IDENTIFYING``         IdentifyRequest    the right ``Identity`` comes -> ``STARTING``,    3 s, keeps on
                        0.5 s              a wrong one -> ``REFUSED``                       asking
``STARTING``            Start 0.5 s        the first block comes -> ``STREAMING``           2 s
``STREAMING``           nothing            (stays)                                          2 s of silence
``REFUSED``             IdentifyRequest    the right ``Identity`` comes -> ``STARTING``     never
                        5 s
======================  =================  ===============================================  ==============

Blocks count in ``STARTING`` and ``STREAMING`` only. A missing sample number is reported with the block after
it; an old one is dropped; numbers that cannot follow from each other end the stream and start it anew.
All transitions are in this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from firmware_bridge import wire
from firmware_bridge.errors import BoardIdError
from firmware_bridge.framing import FrameDecoder, FrameFault, encode_frame
from firmware_bridge.link import LinkFault

NS_PER_S = 1_000_000_000
SEQUENCE_MODULUS = 1 << 16
OLD_BLOCKS_MAX = 8
"""[blocks] in a row with old numbers: not repetitions, but a board that counts anew."""
GAP_SLACK_S = 5.0
"""[s] of samples that may be missing beyond what the elapsed time explains (a board's clock may run off)."""


class SessionState(Enum):
    """See the table above: (what to say, how often [s], silence [s] that is a fault, that fault)."""

    IDENTIFYING = (wire.IdentifyRequest(), 0.5, 3.0, LinkFault.NO_IDENTITY)
    STARTING = (wire.Start(), 0.5, 2.0, LinkFault.NO_SAMPLES)
    STREAMING = (None, 0.5, 2.0, LinkFault.NO_SAMPLES)
    REFUSED = (wire.IdentifyRequest(), 5.0, float("inf"), LinkFault.NO_IDENTITY)

    def __init__(
        self, request: wire.Message | None, retry_s: float, silence_s: float, silence_fault: LinkFault
    ) -> None:
        self.request = encode_frame(wire.encode(request)) if request else b""
        self.retry_ns = int(retry_s * NS_PER_S)
        self.silence_s = silence_s
        self.silence_fault = silence_fault


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The right board streams. ``resumed``: its numbering and ticks go on from before the silence."""

    identity: wire.Identity
    resumed: bool


@dataclass(frozen=True, slots=True)
class LinkDown:
    """No more samples, and why."""

    fault: LinkFault
    detail: str


@dataclass(frozen=True, slots=True)
class BlockReceived:
    """An accepted block, ``lost_before`` samples after the one before it."""

    block: wire.SampleBlock
    lost_before: int  # [samples]
    mono_ns: int  # [ns] arrival


SessionEvent = LinkUp | LinkDown | BlockReceived | wire.BoardFault


@dataclass(slots=True)
class SessionCounters:
    """What went wrong since the session began; all only grow."""

    samples_lost: int = 0  # [samples] never arrived, whoever lost them
    samples_overflowed: int = 0  # [samples] of these, dropped by the board itself
    blocks_old: int = 0  # [blocks] repeated or overtaken, dropped
    blocks_unidentified: int = 0  # [blocks] of a board not (yet) accepted, dropped
    blocks_misshapen: int = 0  # [blocks] with another channel count than the identity's, dropped
    messages_refused: int = 0  # [messages] intact frames that hold no message for a host


def parse_board_id(text: str) -> bytes:
    """The 8 bytes of a board id written as 16 hex digits.

    Raises:
        BoardIdError: anything else.
    """
    try:
        board_id = bytes.fromhex(text)
    except ValueError:
        board_id = b""
    if len(board_id) != wire.BYTES_8.length:
        raise BoardIdError(
            "not a board id", found=repr(text), expected="16 hex digits",
            fix="`steelyard boards` lists the ids of all boards that are plugged in.",
        )  # fmt: skip
    return board_id


class Session:
    """One board's link over one open port.

    Args:
        expected_board_id: 16 hex digits; empty accepts any board.

    Raises:
        BoardIdError: ``expected_board_id`` is not a board id.
    """

    def __init__(self, *, expected_board_id: str = "") -> None:
        self._expected_id = parse_board_id(expected_board_id) if expected_board_id else None
        self.identity: wire.Identity | None = None
        self.counters = SessionCounters()
        self.frames = FrameDecoder()
        self._next_sequence: int | None = None  # None: the next block's number is not known
        self._overflow_total = 0  # [samples] as the last block said
        self._block_ns = 0  # [ns] arrival of the last accepted block
        self._old_blocks = 0  # [blocks] in a row
        self._quiet_since_ns: int | None = None  # None: no time has been told yet
        self._state = SessionState.IDENTIFYING
        self._send_at_ns = 0
        self._fault_reported = False

    @property
    def state(self) -> SessionState:
        """Where the conversation is."""
        return self._state

    def reconnect(self, mono_ns: int) -> None:
        """The port was opened again: ask anew who is there, and trust no old numbering. Counters are kept."""
        self.frames.restart()
        self._next_sequence = None
        self._quiet_since_ns = mono_ns
        self._enter(SessionState.IDENTIFYING)

    def receive(self, chunk: bytes, mono_ns: int) -> list[SessionEvent]:
        """What the bytes, or their absence, mean.

        Args:
            chunk: bytes as they came; none lets only time pass.
            mono_ns: [ns] when they came, or now.
        """
        events: list[SessionEvent] = []
        self._notice_silence(events, mono_ns)
        if chunk:
            for frame in self.frames.receive(chunk):
                if not isinstance(frame, FrameFault):
                    self._take(wire.decode(frame), events, mono_ns)
        return events

    def tick(self, mono_ns: int) -> bytes:
        """Bytes that are due to be sent."""
        if mono_ns < self._send_at_ns:
            return b""
        self._send_at_ns = mono_ns + self._state.retry_ns
        return self._state.request

    # --- transitions ---

    def _enter(self, state: SessionState) -> None:
        self._state = state
        self._send_at_ns = 0  # at once
        self._fault_reported = False

    def _fail(
        self, fault: LinkFault, detail: str, events: list[SessionEvent], next_state: SessionState
    ) -> None:
        events.append(LinkDown(fault, detail))
        self._enter(next_state)
        self._fault_reported = True

    def _notice_silence(self, events: list[SessionEvent], mono_ns: int) -> None:
        if self._quiet_since_ns is None:
            self._quiet_since_ns = mono_ns
        silence_s = (mono_ns - self._quiet_since_ns) / NS_PER_S
        if silence_s > self._state.silence_s and not self._fault_reported:
            detail = f"nothing for {silence_s:.1f} s"
            self._fail(self._state.silence_fault, detail, events, SessionState.IDENTIFYING)
            self._quiet_since_ns = mono_ns

    def _take(
        self,
        message: wire.Message | wire.ForeignIdentity | wire.WireFault,
        events: list[SessionEvent],
        mono_ns: int,
    ) -> None:
        if isinstance(message, wire.SampleBlock):
            self._take_block(message, events, mono_ns)
        elif isinstance(message, wire.Identity):
            self._take_identity(message, events, mono_ns)
        elif isinstance(message, wire.ForeignIdentity):
            found, ours = message.protocol_version, wire.PROTOCOL_VERSION
            self._refuse(LinkFault.PROTOCOL_VERSION, f"board speaks version {found}, host {ours}", events)
        elif isinstance(message, wire.BoardFault):
            events.append(message)
        else:
            self.counters.messages_refused += 1

    def _take_identity(self, identity: wire.Identity, events: list[SessionEvent], mono_ns: int) -> None:
        same_boot = identity == self.identity
        if self._state in (SessionState.STARTING, SessionState.STREAMING):
            if same_boot:
                return  # a late answer to a repeated request
            self._fail(LinkFault.REBOOTED, "identified itself anew", events, SessionState.IDENTIFYING)
        if self._expected_id not in (None, identity.board_id):
            expected = self._expected_id.hex() if self._expected_id else ""
            detail = f"found {identity.board_id.hex()}, expected {expected}"
            self._refuse(LinkFault.WRONG_BOARD, detail, events)
            return
        away_s = (mono_ns - self._block_ns) / NS_PER_S
        if not same_boot or away_s * identity.rate_hz > SEQUENCE_MODULUS / 4:
            self._next_sequence = None  # after so long a silence, sample numbers may have gone round
        self.identity = identity
        self._quiet_since_ns = mono_ns
        self._enter(SessionState.STARTING)

    def _refuse(self, fault: LinkFault, detail: str, events: list[SessionEvent]) -> None:
        if self._state is not SessionState.REFUSED:
            self._fail(fault, detail, events, SessionState.REFUSED)
        self.identity = self._next_sequence = None

    # --- samples ---

    def _take_block(self, block: wire.SampleBlock, events: list[SessionEvent], mono_ns: int) -> None:
        identity = self.identity
        if identity is None or self._state not in (SessionState.STARTING, SessionState.STREAMING):
            self.counters.blocks_unidentified += 1
            return
        if block.channels != identity.channels:
            self.counters.blocks_misshapen += 1
            return
        lost = 0
        if self._next_sequence is not None:
            lost = (block.sequence - self._next_sequence) % SEQUENCE_MODULUS
            if lost >= SEQUENCE_MODULUS // 2:
                self._drop_old(block, events)
                return
            elapsed_s = (mono_ns - self._block_ns) / NS_PER_S
            if lost > identity.rate_hz * (2 * elapsed_s + GAP_SLACK_S):
                self._restart_numbering(f"{lost} samples missing at once", events)
                return
        if self._state is SessionState.STARTING:
            self._enter(SessionState.STREAMING)
            events.append(LinkUp(identity, resumed=self._next_sequence is not None))
        self._count(block, lost)
        self._quiet_since_ns = self._block_ns = mono_ns
        events.append(BlockReceived(block, lost, mono_ns))

    def _count(self, block: wire.SampleBlock, lost: int) -> None:
        if self._next_sequence is not None:
            overflowed = (block.overflow_total - self._overflow_total) % SEQUENCE_MODULUS
            self.counters.samples_overflowed += overflowed
        self.counters.samples_lost += lost
        self._overflow_total = block.overflow_total
        self._next_sequence = (block.sequence + block.samples) % SEQUENCE_MODULUS
        self._old_blocks = 0

    def _drop_old(self, block: wire.SampleBlock, events: list[SessionEvent]) -> None:
        self.counters.blocks_old += 1
        self._old_blocks += 1
        if self._old_blocks >= OLD_BLOCKS_MAX:
            self._restart_numbering(f"number {block.sequence} is old, {self._old_blocks} times over", events)

    def _restart_numbering(self, detail: str, events: list[SessionEvent]) -> None:
        self._old_blocks = 0
        self._next_sequence = None
        self._fail(LinkFault.DESYNC, detail, events, SessionState.IDENTIFYING)
