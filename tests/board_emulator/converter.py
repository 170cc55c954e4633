"""``hx711.c`` as a shared library: one converter, its pins and a clock of its own."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

US, MS = 1_000, 1_000_000
"""[ns]"""
INPUT = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_void_p, ctypes.c_uint64)


class Tally(ctypes.Structure):
    """``struct hx711_tally``."""

    _fields_ = tuple(
        (name, ctypes.c_uint32)
        for name in ("conversions", "reads", "overwritten", "torn", "power_downs", "hasty_edges")
    )


class Chip(ctypes.Structure):
    """The part of ``struct hx711`` that tests look at; the rest is room."""

    _fields_ = (
        ("input", INPUT), ("context", ctypes.c_void_p), ("tally", Tally), ("tear", ctypes.c_int),
        ("private", ctypes.c_uint8 * 256),
    )  # fmt: skip


class Converter:
    """An HX711 that is switched on at 0 ns, at 80 samples a second, clocked with 1 us high and 1 us low.

    Args:
        library: ``libhx711.so``.
        counts: what it measures at a time in ns.
    """

    def __init__(self, library: Path, counts: Callable[[int], float] = lambda _: 0.0) -> None:
        self._library: Any = ctypes.CDLL(str(library))
        self._library.hx711_set_oscillator.argtypes = (ctypes.c_void_p, ctypes.c_uint, ctypes.c_double)
        self._library.hx711_next_event_ns.restype = ctypes.c_uint64
        self._library.hx711_dout.restype = ctypes.c_bool
        self._input = INPUT(lambda _, now_ns: counts(now_ns))
        self._chip = Chip()
        self.now_ns = 0
        self._library.hx711_init(self._at, self._input, None)
        self._library.hx711_power_on(self._at, ctypes.c_uint64(0))

    @property
    def _at(self) -> Any:
        return ctypes.byref(self._chip)

    @property
    def tally(self) -> Tally:
        tally: Tally = self._chip.tally
        return tally

    @property
    def dout(self) -> bool:
        return bool(self._library.hx711_dout(self._at))

    @property
    def next_event_ns(self) -> int:
        return int(self._library.hx711_next_event_ns(self._at))

    def tear(self, pulses: int) -> None:
        """One pulse missing (-1) or extra (1) in the next read."""
        self._chip.tear = pulses

    def power_on(self) -> None:
        self._library.hx711_power_on(self._at, ctypes.c_uint64(self.now_ns))

    def set_oscillator(self, rate_sps: int, fast_ppm: float = 0.0) -> None:
        self._library.hx711_set_oscillator(self._at, rate_sps, fast_ppm)

    def wait(self, duration_ns: int) -> None:
        self.now_ns += duration_ns
        self._library.hx711_advance(self._at, ctypes.c_uint64(self.now_ns))

    def clock(self, level: bool) -> None:
        self._library.hx711_clock(self._at, level, ctypes.c_uint64(self.now_ns))

    def pulse(self, high_ns: int = US, low_ns: int = US) -> bool:
        """One pulse of SCK; the level of DOUT while it is high."""
        self.clock(True)
        level = self.dout
        self.wait(high_ns)
        self.clock(False)
        self.wait(low_ns)
        return level

    def wait_ready(self) -> int:
        """Until DOUT is low; [ns] when that was."""
        while self.dout:
            self.wait(self.next_event_ns - self.now_ns)
        return self.now_ns

    def read(self, pulses: int = 25) -> int:
        """Wait and shift out; the counts with their sign."""
        self.wait_ready()
        bits = [self.pulse() for _ in range(pulses)]
        word = int("".join("01"[bit] for bit in bits[:24]), 2)
        return word - (1 << 24) if word >> 23 else word
