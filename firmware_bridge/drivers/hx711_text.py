"""HX711 sketches that print readings as text: ``12345``, ``a:123 b:456``, ``HX711 reading: -8388608``, CSV.

The numbers of a line are its channels, in their order; a number is no part of a word (the 711 of ``HX711`` is
none). A sketch prints the same text around its numbers every time: a line of another shape, such as a banner
or noise, is no reading. Where a line holds other numbers too, ``pattern`` says which count: one group a
channel, matched by RE2, whose time grows with the line alone: no pattern can hold a node up. Text has no
checksum: a digit that is damaged on the line becomes a wrong reading, which only its being alone gives away.

A pattern needs RE2: ``pip install 'steelyard[patterns]'``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from firmware_bridge.drivers.dialogue import LineSplitter, Reading, Unit, quoted
from firmware_bridge.errors import DriverMissingError, DriverOptionError
from firmware_bridge.wire import COUNTS_MAX, COUNTS_MIN

NUMBER = re.compile(r"(?<![\w.+-])[-+]?\d+(?:\.\d+)?(?![\d.])")
SAME_SHAPE = 3
"""[lines] in a row of one shape that make it the sketch's."""
VALUE_MAX = 1e9
"""[1] anything beyond is no weight."""


class Hx711Text:
    """One sketch. See ``dialogue.Dialogue``.

    Args:
        channels: numbers in a line.
        unit: what they mean.
        pattern: regular expression with one group a channel; empty: all numbers of the line.

    Raises:
        DriverOptionError: ``pattern`` is no regular expression, or has another number of groups.
        DriverMissingError: there is a ``pattern`` and RE2 is not installed.
    """

    period_ns = 0
    serial_number = ""

    def __init__(self, *, channels: int, unit: Unit = Unit.COUNTS, pattern: str = "") -> None:
        self._channels = channels
        self._grams = unit.value
        self._pattern = _compiled(pattern, channels) if pattern else None
        self._lines = LineSplitter()
        self._shape = ""  # of the sketch's lines, as far as it is known
        self._latest_shape, self._same_shape = "", 0  # of the latest lines, and how many
        self.gives_counts = unit is Unit.COUNTS
        self.refused_total = 0
        self.complaint = ""

    def restart(self) -> None:
        """See ``Dialogue``."""
        self._lines.restart()

    def receive(self, data: bytes, mono_ns: int) -> list[Reading]:
        """See ``Dialogue``."""
        readings = []
        for line in self._lines.receive(data):
            read = self._read(line)
            if isinstance(read, Reading):
                readings.append(read)
            else:
                self.refused_total += 1
                self.complaint = f"{quoted(line)}: {read}"
        return readings

    def tick(self, mono_ns: int) -> bytes:
        """See ``Dialogue``."""
        return b""

    def _read(self, line: str) -> Reading | str:
        """The reading in a line, or why there is none."""
        if not self._has_shape(line):
            return "another shape than the lines before"
        try:
            values = tuple(map(float, self._numbers(line)))  # type: ignore[arg-type]
        except (TypeError, ValueError):  # a group that took no part, or took more than a number
            return "a group of the pattern is no number"
        if len(values) != self._channels:
            return f"{len(values)} numbers, expected {self._channels}"
        return self._in_range(values)

    def _in_range(self, values: tuple[float, ...]) -> Reading | str:
        if self._grams is None:
            if all(COUNTS_MIN <= value <= COUNTS_MAX and value == int(value) for value in values):
                return Reading(values)
            return "no counts of a 24-bit converter"
        if all(abs(value) <= VALUE_MAX for value in values):
            return Reading(tuple(value * self._grams for value in values))
        return "no weight"

    def _has_shape(self, line: str) -> bool:
        """Whether the text around the numbers is the usual one; a new one becomes usual after some lines."""
        shape = " ".join(NUMBER.sub("#", line).split())
        self._same_shape = self._same_shape + 1 if shape == self._latest_shape else 1
        self._latest_shape = shape
        if self._same_shape >= SAME_SHAPE:
            self._shape = shape
        return shape == self._shape

    def _numbers(self, line: str) -> Sequence[str | None]:
        if self._pattern is None:
            return NUMBER.findall(line)
        found = self._pattern.search(line)
        return found.groups() if found else ()


class _Match(Protocol):
    def groups(self) -> tuple[str | None, ...]: ...


class _Pattern(Protocol):
    @property
    def groups(self) -> int: ...
    def search(self, text: str) -> _Match | None: ...


def _compiled(pattern: str, channels: int) -> _Pattern:
    try:
        import re2  # noqa: PLC0415 - only who uses it needs it
    except ImportError as error:
        raise DriverMissingError(
            "a `pattern` needs RE2", found=str(error),
            fix="Install it with: pip install 'steelyard[patterns]'",
        ) from error  # fmt: skip
    options = re2.Options()
    options.log_errors = False  # told below
    try:
        compiled: _Pattern = re2.compile(pattern, options)
    except re2.error as error:
        found = error.args[0].decode("utf-8", "replace") if error.args else ""
        raise DriverOptionError("not a regular expression", where="pattern", found=found) from error
    if compiled.groups != channels:
        raise DriverOptionError(
            "pattern with another number of groups", where="pattern", found=f"{compiled.groups}",
            expected=f"{channels}, one a plate",
        )  # fmt: skip
    return compiled
