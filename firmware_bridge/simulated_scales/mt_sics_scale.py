"""A bench scale that speaks level 0 of MT-SICS, as far as it concerns weights. Sans-I/O."""

from __future__ import annotations

from collections.abc import Callable

from firmware_bridge.simulated_scales.device import Pace


class MtSicsScale:
    """Answers ``I4`` and ``SI``, and repeats itself after ``SIR``.

    Args:
        weight: what stands behind the ``S`` of the reading with this number, e.g. ``"S     100.00 g"``.
        rate_hz: [Hz] repeated readings.
        serial_number: its own name.
    """

    def __init__(
        self, weight: Callable[[int], str], *, rate_hz: float = 10.0, serial_number: str = "B021002593"
    ) -> None:
        self._weight, self._serial_number = weight, serial_number
        self._pace = Pace(rate_hz)
        self._sample = 0
        self._repeats = False
        self._heard = b""

    def receive(self, data: bytes) -> bytes:
        """See ``Device``."""
        *commands, self._heard = (self._heard + data).split(b"\r\n")
        return b"".join(map(self._answer, commands))

    def advance(self, mono_ns: int) -> bytes:
        """See ``Device``."""
        due = self._pace.due(mono_ns)
        self._sample += len(due)
        return b"".join(f"S {self._weight(k)}\r\n".encode() for k in due if self._repeats)

    def _answer(self, command: bytes) -> bytes:
        if command == b"I4":
            return f'I4 A "{self._serial_number}"\r\n'.encode()
        if command == b"SIR":
            self._repeats = True
            return b""
        if command == b"SI":
            return f"S {self._weight(self._sample)}\r\n".encode()
        return b"ES\r\n"  # syntax error
