"""Plate batches of a nanostore case as its file holds them: line by line, checked, not yet decoded."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.errors import RecordingError
from edge.recording.json_lines import read_json_lines
from edge.recording.nanostore_records import LARGEST_AXIS, PlateData, PlateLine, Values

NOMINAL_RATE_HZ = 60.0  # [Hz] where a line does not say
FLOAT32 = "DATATYPE_FLOAT32"
SLOWEST_HZ, FASTEST_HZ = 1.0, 10_000.0  # [Hz] no scale samples slower or faster

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Batch:
    """Some samples of one gondola; a fault of theirs names the line."""

    file: Path
    number: int  # of the line, from 1
    gondola: str
    line: PlateLine

    @property
    def values(self) -> Values:
        """The samples as they were written."""
        return self.line.document.plate_data.values

    @property
    def rate_hz(self) -> float:
        """[Hz] nominal."""
        return self.line.document.plate_data.freq_samp or NOMINAL_RATE_HZ

    def samples(self) -> bytes:
        """[time, shelf, plate] little-endian float32 [g].

        Raises:
            RecordingError: no base64, or not as many as the shape says.
        """
        values = self.values
        try:
            data = values.decoded()
        except msgspec.DecodeError as error:
            raise RecordingError(
                f"malformed line: {error}", where=_where(self.file, self.number),
                fix="Everything before this line was used.",
            ) from error  # fmt: skip
        if len(data) != 4 * math.prod(values.shape):
            raise _misshapen(_where(self.file, self.number), values)
        return data


def read_batches(file: Path) -> Iterator[Batch]:
    """Yield each batch of ``plate_data.json``; empty and doubled ones are left out.

    Raises:
        RecordingError: absent file, malformed line, or one that contradicts itself; everything before was
            yielded.
    """
    latest_s: dict[str, float] = {}
    checked: dict[str, tuple[object, ...]] = {}  # what the last batch of each gondola was like
    doubled_total = 0
    for number, line in read_json_lines(file, PlateLine):
        batch, gondola = line.document.plate_data, line.gondola
        values = batch.values
        if values.is_empty:
            continue
        if latest_s.get(gondola) == line.timestamp:
            doubled_total += 1
            continue
        latest_s[gondola] = line.timestamp
        likeness = (values.shape, values.type, batch.freq_samp)
        if checked.get(gondola) != likeness:
            _check(batch, _where(file, number))
            checked[gondola] = likeness
        yield Batch(file, number, gondola, line)
    if doubled_total:
        log.warning("%s: left out %d batches that repeat the one before", file, doubled_total)


def _check(batch: PlateData, where: str) -> None:
    values, rate_hz = batch.values, batch.freq_samp
    if values.type != FLOAT32:
        raise RecordingError("unknown sample type", where=where, found=values.type, expected=FLOAT32)
    if rate_hz and not SLOWEST_HZ <= rate_hz <= FASTEST_HZ:
        raise RecordingError(
            "impossible sampling rate", where=where, found=f"{rate_hz:g} Hz",
            expected=f"{SLOWEST_HZ:g} to {FASTEST_HZ:g} Hz, or none for {NOMINAL_RATE_HZ:g}",
            fix="Everything before this line was used.",
        )  # fmt: skip
    if len(values.shape) != 3 or not all(0 < side < LARGEST_AXIS for side in values.shape):
        raise _misshapen(where, values)


def _misshapen(where: str, values: Values) -> RecordingError:
    return RecordingError(
        "batch and shape differ", where=where,
        found=f"{len(values.data)} characters for shape {values.shape}",
        expected="base64 of 4 bytes for each of [time, shelf, plate]",
        fix="Everything before this line was used.",
    )  # fmt: skip


def _where(file: Path, number: int) -> str:
    return f"{file}:{number}"
