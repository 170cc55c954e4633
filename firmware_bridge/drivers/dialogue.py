"""What a driver for another maker's scale must know: which bytes are readings, and what to ask. Sans-I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Unit(Enum):
    """What a scale's numbers mean; the value is the grams of one, None for raw counts."""

    COUNTS = None
    MG = 0.001
    G = 1.0
    KG = 1000.0
    T = 1e6
    OZ = 28.349523125  # avoirdupois; NIST Handbook 44, appendix C
    LB = 453.59237
    OZT = 31.1034768  # troy
    CT = 0.2  # metric carat


@dataclass(frozen=True, slots=True)
class Reading:
    """One sample of all channels."""

    values: tuple[float, ...]  # g or counts; infinite beyond the scale's range, NaN for no reading
    stable: bool = True  # the scale itself says so
    mono_ns: int | None = None  # [ns] when it was taken, where the host set the time by asking for it


class Dialogue(Protocol):
    """The conversation with one scale over one open port.

    Attributes:
        gives_counts: whether values are raw counts, to be calibrated, or grams.
        period_ns: [ns] between two requests of the host; 0: the scale sends at a pace of its own.
        serial_number: the scale's own name; empty while, or if, it does not say.
        refused_total: [pieces] of what came that were no reading.
        complaint: why the latest such piece was none; empty before the first.
    """

    gives_counts: bool
    period_ns: int
    serial_number: str
    refused_total: int
    complaint: str

    def restart(self) -> None:
        """The port was opened: whatever was in the air is gone. Counters stay."""
        ...

    def receive(self, data: bytes, mono_ns: int) -> list[Reading]:
        """Readings that the bytes complete. Never raises on any bytes, and keeps a bounded number of them.

        Args:
            data: bytes as they came, cut anywhere.
            mono_ns: [ns] when they came.
        """
        ...

    def tick(self, mono_ns: int) -> bytes:
        """Bytes that are due to be sent."""
        ...


LINE_BYTES_MAX = 256
"""[B] no scale writes longer lines."""
_QUOTED = 60  # [characters] of a foreign line that a complaint repeats


class LineSplitter:
    """Cuts a byte stream into lines that end with CR, LF or both; what precedes the first end is no line."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin with a new stream, in the middle of somebody's line."""
        self._partial = b""
        self._skipping = True

    def receive(self, data: bytes) -> list[str]:
        """Lines that are complete and not empty; bytes beyond ASCII become U+FFFD."""
        *lines, self._partial = (self._partial + data).replace(b"\r", b"\n").split(b"\n")
        if lines and self._skipping:
            del lines[0]
            self._skipping = False
        if len(self._partial) > LINE_BYTES_MAX:
            self._partial, self._skipping = b"", True
        return [
            line.decode("ascii", errors="replace")
            for line in lines
            if line.strip() and len(line) <= LINE_BYTES_MAX
        ]


def quoted(text: str) -> str:
    """A foreign line as it may stand in a message: printable and short."""
    return repr(text[:_QUOTED] + ("..." if len(text) > _QUOTED else ""))
