"""Bench scales that speak MT-SICS, level 0 (Mettler-Toledo, "MT-SICS Interface Command Set"; many copy it).

=========================  ==============================================================================
the host says              the scale answers
=========================  ==============================================================================
``I4``                     ``I4 A "SERIAL"``; also unasked, at power-up
``SIR``                    readings, again and again, at a pace of its own
``SI``                     one reading
=========================  ==============================================================================

A reading is ``S S 100.00 g`` (stable), ``S D 100.02 g`` (moving), ``S +`` or ``S -`` (beyond its range), or
``S I`` (busy: no reading). Lines end with CR LF.
"""

from __future__ import annotations

import math
import re

from firmware_bridge.drivers.dialogue import LineSplitter, Reading, Unit, quoted

_WEIGHT = re.compile(r"S ([SD]) +([+-]? *\d{1,9}(?:\.\d{1,6})?) +(\w+) *")
_BEYOND = {"S +": math.inf, "S -": -math.inf}
_BUSY = "S I"
_SERIAL_NUMBER = re.compile(r'I4 A "([^"]+)" *')
_GRAMS = {unit.name.lower(): unit.value for unit in Unit if unit.value is not None}

RETRY_NS = 500_000_000
"""[ns] A scale that has not answered by then has not heard."""
NAME_TRIES = 3
"""[requests] for the serial number; some copies have none to tell."""
QUIET_NS = 2_000_000_000
"""[ns] without readings after which a scale is told once more to send them."""


class MtSics:
    """One scale. See ``dialogue.Dialogue``.

    Args:
        rate_hz: [Hz] to ask for readings, one by one (``SI``); 0: the scale sends them by itself (``SIR``).
    """

    gives_counts = False

    def __init__(self, *, rate_hz: float = 0.0) -> None:
        self.period_ns = round(1e9 / rate_hz) if rate_hz else 0
        self.serial_number = ""
        self.refused_total = 0
        self.complaint = ""
        self._lines = LineSplitter()
        self.restart()

    def restart(self) -> None:
        """See ``Dialogue``."""
        self._lines.restart()
        self.serial_number = ""
        self._name_tries = 0
        self._send_at_ns = 0
        self._asked_ns: int | None = None  # [ns] of the request that a reading answers

    def receive(self, data: bytes, mono_ns: int) -> list[Reading]:
        """See ``Dialogue``."""
        readings = []
        for line in self._lines.receive(data):
            reading = self._read(line.strip(), mono_ns)
            if reading is not None:
                readings.append(reading)
        return readings

    def tick(self, mono_ns: int) -> bytes:
        """See ``Dialogue``."""
        if mono_ns < self._send_at_ns:
            return b""
        if self._asks_name:
            self._name_tries += 1
            self._send_at_ns = mono_ns + RETRY_NS
            return b"I4\r\n"
        if not self.period_ns:
            self._send_at_ns = mono_ns + QUIET_NS
            return b"SIR\r\n"
        self._asked_ns = mono_ns
        self._send_at_ns = mono_ns + max(RETRY_NS, self.period_ns)
        return b"SI\r\n"

    @property
    def _asks_name(self) -> bool:
        return not self.serial_number and self._name_tries < NAME_TRIES

    def _read(self, line: str, mono_ns: int) -> Reading | None:
        if name := _SERIAL_NUMBER.fullmatch(line):
            self.serial_number = name[1]
            self._send_at_ns = 0
            return None
        if line == _BUSY:
            return None
        beyond_g = _BEYOND.get(line)
        weight = _WEIGHT.fullmatch(line)
        if beyond_g is not None:
            return self._reading(beyond_g, stable=False, mono_ns=mono_ns)
        if weight is None or (unit_g := _GRAMS.get(weight[3].lower())) is None:
            self.refused_total += 1
            self.complaint = f"{quoted(line)} is no MT-SICS reading"
            return None
        grams = float(weight[2].replace(" ", "")) * unit_g
        return self._reading(grams, stable=weight[1] == "S", mono_ns=mono_ns)

    def _reading(self, grams: float, *, stable: bool, mono_ns: int) -> Reading | None:
        if not self.period_ns:
            if not self._asks_name:
                self._send_at_ns = mono_ns + QUIET_NS
            return Reading((grams,), stable)
        if self._asked_ns is None:
            return None  # nobody asked: an answer that came after its time
        taken_ns = (self._asked_ns + mono_ns) // 2
        self._send_at_ns, self._asked_ns = self._asked_ns + self.period_ns, None
        return Reading((grams,), stable, taken_ns)
