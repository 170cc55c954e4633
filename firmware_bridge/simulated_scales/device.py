"""What a simulated scale is. Sans-I/O."""

from __future__ import annotations

from typing import Protocol

NS_PER_S = 1_000_000_000


class Device(Protocol):
    """Something at the far end of a line."""

    def receive(self, data: bytes) -> bytes:
        """Hear the host; the answer."""
        ...

    def advance(self, mono_ns: int) -> bytes:
        """What it says by itself up to now."""
        ...


class Pace:
    """An oscillator of its own, from the first call on.

    Args:
        rate_hz: [Hz] samples.
    """

    def __init__(self, rate_hz: float) -> None:
        self._period_ns = NS_PER_S / rate_hz
        self._next_ns: float | None = None
        self._sample = 0

    def due(self, mono_ns: int) -> range:
        """Numbers of the samples that are due by now."""
        if self._next_ns is None:
            self._next_ns = float(mono_ns)
        first = self._sample
        while self._next_ns <= mono_ns:
            self._next_ns += self._period_ns
            self._sample += 1
        return range(first, self._sample)
