"""HX711 converters at the level of pins and microseconds around the C core; datasheet, Fig. 2 and 3."""

from __future__ import annotations

import ctypes as c
from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_core import Core

from firmware_bridge import wire
from firmware_bridge.framing import FrameDecoder, FrameFault
from firmware_bridge.wire import COUNTS_MIN

SETTLING_PERIODS = 4
POWER_DOWN_US = 60
UPDATE_US = 75
"""[us] that DOUT of an unread converter is high while its next conversion takes the old one's place."""
EDGE_US = 1
"""[us] between two edges of the clock."""
TICK_US = 4
TURN_US, SENDING_TURN_US = 100, 1500
"""[us] one turn of the main loop, about, and one that sends a block."""
REST_US = 4000
"""[us] that the main loop sleeps at most until DOUT changes."""


@dataclass
class Converter:
    """One HX711 that has just been switched on.

    Attributes:
        signal: counts of a conversion by its number.
        silent: it is not there: DOUT is pulled up.
        stuck_low: DOUT has a short to ground.
        deaf_pulses: so many of the next clock pulses it does not see.
        ready_us: when each conversion was.
    """

    signal: Callable[[int], int] = lambda number: 1000 + number
    rate_hz: float = 80.0
    phase_us: float = 0.0
    silent: bool = False
    stuck_low: bool = False
    deaf_pulses: int = 0
    gains: list[int] = field(default_factory=list)  # pulses of each complete read
    power_downs: int = 0
    ready_us: list[float] = field(default_factory=list)
    longest_high_us: float = 0.0

    def __post_init__(self) -> None:
        self._clock = False
        self._high_since_us = 0.0
        self._restart(self.phase_us)

    def _restart(self, now_us: float) -> None:
        self._ready_us = now_us + SETTLING_PERIODS * self.period_us
        self._bits: int | None = None  # of the conversion that waits; None: busy
        self._pulses = 0
        self._update_until_us = 0.0

    @property
    def period_us(self) -> float:
        return 1e6 / self.rate_hz

    def lose_power(self, now_us: float) -> None:
        """For a moment."""
        self._restart(now_us)

    def advance(self, now_us: float) -> None:
        """Let time pass without clock edges."""
        while self._ready_us <= now_us and not self._clock:
            if self._bits is not None and self._pulses == 0:
                self._update_until_us = self._ready_us + UPDATE_US
            if self._pulses:
                self.gains.append(self._pulses)
            self._bits = self.signal(len(self.ready_us)) & 0xFFFFFF
            self.ready_us.append(self._ready_us)
            self._pulses = 0
            self._ready_us += self.period_us

    def next_change_us(self, now_us: float) -> float:
        """When DOUT changes next by itself."""
        return self._update_until_us if self._update_until_us > now_us else self._ready_us

    def set_clock(self, high: bool, now_us: float) -> None:
        if high:
            self.advance(now_us)
            self._high_since_us = now_us
            if self.deaf_pulses:
                self.deaf_pulses -= 1
            else:
                self._pulses += 1
        else:
            high_us = now_us - self._high_since_us
            if high_us > POWER_DOWN_US:
                self.power_downs += 1
                self._restart(now_us)
            else:
                self.longest_high_us = max(self.longest_high_us, high_us)
        self._clock = high

    def dout(self, now_us: float) -> bool:
        if self.stuck_low:
            return False
        if self.silent or self._bits is None or now_us < self._update_until_us or self._pulses > 24:
            return True
        return bool(self._bits >> (24 - self._pulses) & 1) if self._pulses else False


class Bench:
    """A powered-up core with converters, in simulated time; the host's side of the line is decoded.

    Attributes:
        now_us: since power-up.
        messages: all that the board has sent.
    """

    def __init__(
        self, library: c.CDLL, converters: list[Converter], *, first_tick: int = 0, reset_cause: int = 0
    ) -> None:
        self.core = Core(library)
        self.core.variable("host_reset_cause", c.c_uint8).value = reset_cause
        self.converters = converters
        self.now_us = 0.0
        self.messages: list[wire.Message] = []
        self._first_tick = first_tick
        self._ticks = self.core.variable("host_ticks", c.c_uint32)
        self._frames = FrameDecoder()
        self._raw = b""
        self._interrupted = False
        self._tell_time()
        self.core.connect(self._clock, self._dout)
        self.core.power_up()
        self.now_us += 80  # the power cycle
        self._tell_time()

    @property
    def blocks(self) -> list[wire.SampleBlock]:
        return [each for each in self.messages if isinstance(each, wire.SampleBlock)]

    @property
    def identities(self) -> list[wire.Identity]:
        return [each for each in self.messages if isinstance(each, wire.Identity)]

    @property
    def faults(self) -> list[wire.BoardFault]:
        return [each for each in self.messages if isinstance(each, wire.BoardFault)]

    def say(self, *frames: bytes) -> None:
        """Bytes from the host."""
        self._hear(self.core.receive(b"".join(frames)))

    def run(self, seconds: float) -> None:
        """Let the main loop turn; it sleeps when no interrupt has come since its last sleep."""
        end_us = self.now_us + seconds * 1e6
        while self.now_us < end_us:
            self._interrupted = False
            sent = self.core.update()
            self._hear(sent)
            self.idle(SENDING_TURN_US if sent else TURN_US)
            wakes_us = self.now_us + REST_US
            while not self._interrupted and self.now_us < wakes_us:
                self._step(wakes_us)

    def take_raw(self) -> bytes:
        """Bytes on the line since the last call."""
        raw, self._raw = self._raw, b""
        return raw

    def idle(self, us: float) -> None:
        """The main loop is busy elsewhere; interrupts come."""
        end_us = self.now_us + us
        while self.now_us < end_us:
            self._step(end_us)

    def _step(self, end_us: float) -> None:
        """To the next change of DOUT, or not so far; a change is an interrupt."""
        before = self._dout()
        changes = [each.next_change_us(self.now_us) for each in self.converters]
        self.now_us = min(max(min(changes), self.now_us + 0.1), end_us)
        for each in self.converters:
            each.advance(self.now_us)
        self._tell_time()
        self.core.library.host_dout_changed()
        self._interrupted = self._interrupted or self._dout() != before

    def _tell_time(self) -> None:
        self._ticks.value = (self._first_tick + int(self.now_us / TICK_US)) % (1 << 32)

    def _clock(self, channels: int, high: bool) -> None:
        ticks = self._first_tick + int(self.now_us / TICK_US)
        self.now_us += (self._ticks.value - ticks) % (1 << 32) * TICK_US + EDGE_US  # a power cycle takes time
        self._tell_time()
        for index, each in enumerate(self.converters):
            if channels >> index & 1:
                each.set_clock(high, self.now_us)
            else:
                each.advance(self.now_us)

    def _dout(self) -> int:
        levels = (each.dout(self.now_us) << index for index, each in enumerate(self.converters))
        return sum(levels)

    def _hear(self, data: bytes) -> None:
        self._raw += data
        for frame in self._frames.receive(data):
            assert not isinstance(frame, FrameFault)
            message = wire.decode(frame)
            assert not isinstance(message, wire.WireFault | wire.ForeignIdentity), message
            self.messages.append(message)


def failed(block: wire.SampleBlock, channel: int) -> int:
    """Failed reads of a channel in a block."""
    return int((block.counts[:, channel] == COUNTS_MIN).sum())
