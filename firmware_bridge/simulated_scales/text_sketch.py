"""An Arduino sketch that prints what its HX711 reads. Sans-I/O."""

from __future__ import annotations

from collections.abc import Callable

from firmware_bridge.simulated_scales.device import Pace


class TextSketch:
    """Prints a line a sample, after the banner that such sketches have.

    Args:
        line: text of the sample with this number.
        rate_hz: [Hz] lines.
        end: of each line.
    """

    def __init__(self, line: Callable[[int], str], *, rate_hz: float = 10.0, end: str = "\r\n") -> None:
        self._line, self._end = line, end
        self._pace = Pace(rate_hz)
        self._banner = f"HX711 Demo{end}Initializing the scale{end}"

    def receive(self, data: bytes) -> bytes:
        """It does not listen."""
        del data
        return b""

    def advance(self, mono_ns: int) -> bytes:
        """See ``Device``."""
        said, self._banner = self._banner, ""
        return (said + "".join(self._line(k) + self._end for k in self._pace.due(mono_ns))).encode()
