"""A board in Python that speaks the same messages as the firmware. Sans-I/O.

``process`` puts it behind a pty. Samples are numbered and dated as a real board does it, and made only
when they are due, so that a board that is asked late makes up for it evenly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from firmware_bridge import wire
from firmware_bridge.framing import FrameDecoder, FrameFault, encode_frame

NS_PER_S = 1_000_000_000
BLOCK_S = 0.1
"""[s] of samples in one block, if they fit: what a board waits before it sends."""
BLOCK_SAMPLES_MAX = 8
TICK_HZ = 250_000
"""[Hz] a 16 MHz microcontroller's timer, prescaled by 64."""

Signal = Callable[[int], Sequence[int]]
"""Counts of all channels for the sample with this number (0 at power-up, never wrapped)."""


class SimulatedBoard:
    """One board from power-up on.

    Args:
        board_id: 8 bytes.
        signal: gives the counts of each sample; what exceeds 24 bits ends at the rails, as in a converter.
        channels: length of what ``signal`` gives.
        rate_hz: true and nominal sample rate.
        drift_ppm: by how much its clock runs fast, ticks and samples alike.
        first_tick: tick counter at power-up; near 2^32, it soon goes round.
        first_sequence: sample number at power-up, as sent; near 2^16, it soon goes round.

    Attributes:
        streaming: whether the host has started it.
        blinking: whether its light blinks.
        silent: fault: sends no blocks, answers nothing.
        blocks_to_drop: fault: so many blocks vanish on the line.
        frames_to_corrupt: fault: so many frames get a flipped bit on the line.
        samples_to_overflow: fault: so many samples are dropped by the board itself.
    """

    def __init__(
        self,
        board_id: bytes,
        signal: Signal,
        *,
        channels: int = 4,
        rate_hz: int = 80,
        drift_ppm: float = 0.0,
        first_tick: int = 0,
        first_sequence: int = 0,
    ) -> None:
        self.identity = wire.Identity(
            protocol_version=wire.PROTOCOL_VERSION,
            board_id=board_id,
            boot_count=1,
            firmware_version=bytes((0, 1, 0)),
            build_hash=b"simu",
            channels=channels,
            rate_hz=rate_hz,
            tick_hz=TICK_HZ,
        )
        self.streaming = False
        self.blinking = False
        self.silent = False
        self.blocks_to_drop = 0
        self.frames_to_corrupt = 0
        self.samples_to_overflow = 0
        self._saturated: set[int] = set()
        self._stuck_counts: dict[int, int] = {}
        self._latest: Sequence[int] = [0] * channels
        self._signal = signal
        self._period_ns = NS_PER_S / rate_hz / (1 + drift_ppm * 1e-6)
        self._ticks_per_sample = TICK_HZ / rate_hz
        self._first_tick, self._first_sequence = first_tick, first_sequence
        self._block_samples = max(
            1, min(BLOCK_SAMPLES_MAX, round(BLOCK_S * rate_hz), wire.samples_that_fit(channels))
        )
        self._power_up_ns: int | None = None
        self._sample = 0  # number of the next sample
        self._overflow_total = 0
        self._commands = FrameDecoder()

    def receive(self, data: bytes) -> bytes:
        """Obey the host's bytes; returns the answer."""
        answer = b""
        for frame in self._commands.receive(data):
            command = frame if isinstance(frame, FrameFault) else wire.decode(frame)
            if isinstance(command, wire.IdentifyRequest):
                answer += encode_frame(wire.encode(self.identity))
            elif isinstance(command, wire.Start):
                self.streaming = True
            elif isinstance(command, wire.Stop):
                self.streaming = False
            elif isinstance(command, wire.Blink):
                self.blinking = command.duration_ms > 0
            else:
                fault = wire.BoardFault(wire.BoardFaultCode.BAD_COMMAND, wire.NO_CHANNEL, active=1, detail=0)
                answer += encode_frame(wire.encode(fault))
        return b"" if self.silent else answer

    @property
    def next_block_ns(self) -> int:
        """[ns] when the next block is full."""
        last_sample = self._sample + self.samples_to_overflow + self._block_samples - 1
        return (self._power_up_ns or 0) + round(last_sample * self._period_ns)

    def advance(self, mono_ns: int) -> list[bytes]:
        """Frames of all blocks that have become full by now; the first call is the power-up."""
        if self._power_up_ns is None:
            self._power_up_ns = mono_ns
        frames = []
        while mono_ns >= self.next_block_ns:
            block = self._sample_block()
            if not self.streaming or self.silent:
                continue
            if self.blocks_to_drop:
                self.blocks_to_drop -= 1
                continue
            frame = encode_frame(wire.encode(block))
            if self.frames_to_corrupt:
                self.frames_to_corrupt -= 1
                frame = frame[:5] + bytes((frame[5] ^ 0x10,)) + frame[6:]
            frames.append(frame)
        return frames

    def overflow_block(self) -> None:
        """The line did not take a frame of ``advance``: its samples are lost and counted."""
        self._overflow_total += self._block_samples

    def stick(self, channel: int, *, on: bool) -> None:
        """Fault: the channel repeats its latest counts until it is released."""
        if on:
            self._stuck_counts.setdefault(channel, int(self._latest[channel]))
        else:
            self._stuck_counts.pop(channel, None)

    def saturate(self, channel: int, *, on: bool) -> None:
        """Fault: the channel reads the upper rail until it is released."""
        (self._saturated.add if on else self._saturated.discard)(channel)

    def reboot(self, mono_ns: int) -> bytes:
        """Power down and up again; returns what it says at power-up."""
        self.identity = replace(self.identity, boot_count=(self.identity.boot_count + 1) % (1 << 16))
        self._power_up_ns, self._sample, self._overflow_total = mono_ns, 0, 0
        self._first_tick = self._first_sequence = 0
        self.streaming = False
        return encode_frame(wire.encode(self.identity))

    def _sample_block(self) -> wire.SampleBlock:
        if self.samples_to_overflow:
            self._sample += self.samples_to_overflow
            self._overflow_total += self.samples_to_overflow
            self.samples_to_overflow = 0
        first, samples, channels = self._sample, self._block_samples, self.identity.channels
        rows = [self._signal(first + index) for index in range(samples)]
        counts = np.clip(
            np.array(rows, np.int64).reshape(samples, channels), wire.COUNTS_MIN, wire.COUNTS_MAX
        )
        self._latest = counts[-1]
        for channel, held in self._stuck_counts.items():
            counts[:, channel] = held
        for channel in self._saturated:
            counts[:, channel] = wire.COUNTS_MAX
        self._sample += samples
        return wire.SampleBlock(
            sequence=(self._first_sequence + first) % (1 << 16),
            mcu_ticks=(self._first_tick + round(first * self._ticks_per_sample)) % (1 << 32),
            overflow_total=self._overflow_total % (1 << 16),
            channels=channels,
            samples=samples,
            flags=np.zeros(samples, np.uint8),
            counts=counts.astype(np.int32),
        )
