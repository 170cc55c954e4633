"""Plate batches of a nanostore case: which columns are sensors, where samples lie in time, grams by block.

Two passes, so that memory stays flat: the survey keeps one flag a column and one timestamp a batch, and looks
into few of them; the reader then decodes batch by batch.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.recording.batch_clock import BatchClock, fit_batch_clock
from edge.recording.ghost_columns import ColumnSurvey
from edge.recording.json_lines import read_json_lines
from edge.recording.nanostore_records import LARGEST_AXIS, PlateLine, Values
from edge.recording.nanostore_shelves import PlateKey, StorePlan
from edge.samples import NS_PER_S, WeightBlock

NOMINAL_RATE_HZ = 60.0  # [Hz] where a line does not say
FLOAT32 = "DATATYPE_FLOAT32"
SLOWEST_HZ, FASTEST_HZ = 1.0, 10_000.0  # [Hz] no scale samples slower or faster

LOOKED_AT_FIRST, LOOKED_AT_EVERY = 25, 10
"""[batches] The survey looks into so many of a gondola, then into one of so many: live columns show."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gondola:
    """One gondola's plates and clock."""

    name: str
    plates: tuple[PlateKey, ...]  # in column order
    rate_hz: float  # [Hz] nominal
    clock: BatchClock


@dataclass(slots=True)
class _Survey:
    """What the first pass learns of one gondola."""

    rate_hz: float
    columns: ColumnSurvey = field(default_factory=ColumnSurvey)
    timestamps_s: list[float] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)


def read_batches(file: Path) -> Iterator[tuple[str, PlateLine]]:
    """Yield (file and line, line) of each batch; empty and doubled ones are left out.

    Raises:
        RecordingError: absent file, malformed line, or one that contradicts itself; everything before was
            yielded.
    """
    latest: dict[str, float] = {}
    doubled_total = 0
    for number, line in read_json_lines(file, PlateLine):
        values = line.document.plate_data.values
        if values.is_empty or latest.get(line.gondola) == line.timestamp:
            doubled_total += not values.is_empty
            continue
        latest[line.gondola] = line.timestamp
        where = f"{file}:{number}"
        if values.type != FLOAT32:
            raise RecordingError("unknown sample type", where=where, found=values.type, expected=FLOAT32)
        rate_hz = line.document.plate_data.freq_samp
        if rate_hz and not SLOWEST_HZ <= rate_hz <= FASTEST_HZ:
            raise RecordingError(
                "impossible sampling rate", where=where, found=f"{rate_hz:g} Hz",
                expected=f"{SLOWEST_HZ:g} to {FASTEST_HZ:g} Hz, or none for {NOMINAL_RATE_HZ:g}",
                fix="Everything before this line was used.",
            )  # fmt: skip
        if len(values.shape) != 3 or not all(0 < side < LARGEST_AXIS for side in values.shape):
            raise _misshapen(where, values)
        yield where, line
    if doubled_total:
        log.warning("%s: left out %d batches that repeat the one before", file, doubled_total)


def samples_of(where: str, values: Values) -> NDArray[np.float32]:
    """Weights [time, shelf, plate] g of a batch.

    Raises:
        RecordingError: no base64, or not as many as the shape says.
    """
    try:
        data = values.decoded()
    except msgspec.DecodeError as error:
        raise RecordingError(
            f"malformed line: {error}", where=where, fix="Everything before this line was used."
        ) from error
    if len(data) != 4 * math.prod(values.shape):
        raise _misshapen(where, values)
    return np.frombuffer(data, "<f4").reshape(values.shape)


def survey_gondolas(file: Path, plan: StorePlan) -> tuple[Gondola, ...]:
    """First pass: find the sensors and fit the clocks, up to the first fault of the file.

    Args:
        file: ``plate_data.json``.
        plan: tells how wide a gondola is; those it does not know are judged by their data.

    Raises:
        RecordingError: the file cannot be read at all.
    """
    surveys: dict[str, _Survey] = {}
    try:
        for where, line in read_batches(file):
            gondola, batch = line.gondola, line.document.plate_data
            survey = surveys.get(gondola)
            if survey is None:
                survey = surveys[gondola] = _Survey(batch.freq_samp or NOMINAL_RATE_HZ)
            # Copies can only be told in batches that follow each other.
            compare, batches = gondola not in plan.widths, len(survey.samples)
            if compare or batches < LOOKED_AT_FIRST or not batches % LOOKED_AT_EVERY:
                survey.columns.update(samples_of(where, batch.values), compare=compare)
            survey.timestamps_s.append(line.timestamp)
            survey.samples.append(batch.values.shape[0])
    except RecordingError:
        # The second pass meets it again, after it has delivered everything before.
        if not surveys:
            raise
    surveys = {gondola: survey for gondola, survey in surveys.items() if survey.samples}
    if not surveys:
        raise RecordingError("no samples", where=str(file), fix="Check that the recording is complete.")
    found = []
    for name in sorted(surveys, key=int):
        survey = surveys[name]
        listed = {(shelf, plate) for gondola, shelf, plate in plan.boxes if gondola == name}
        columns = survey.columns.sensors(plan.widths.get(name), listed)
        clock = fit_batch_clock(np.array(survey.timestamps_s), np.array(survey.samples), survey.rate_hz)
        if columns:
            plates = tuple((name, shelf, plate) for shelf, plate in columns)
            found.append(Gondola(name, plates, survey.rate_hz, clock))
    if not found:
        raise RecordingError(
            "no plate has a usable signal", where=str(file),
            found="no number, constants and copies alone, or columns beyond those of the planogram",
            fix="Check that the recording is complete and the planogram is its own.",
        )  # fmt: skip
    return tuple(found)


def read_weight_blocks(
    file: Path, gondolas: Iterable[Gondola], epoch_s: float
) -> Iterator[tuple[PlateLine, WeightBlock]]:
    """Second pass: yield each line with its block, dated in ns since ``epoch_s``.

    Raises:
        RecordingError: as :func:`read_batches`.
    """
    by_name = {gondola.name: gondola for gondola in gondolas}
    batch_number = dict.fromkeys(by_name, 0)
    columns: dict[tuple[str, tuple[int, ...]], _Columns] = {}
    for where, line in read_batches(file):
        gondola = by_name.get(line.gondola)
        if gondola is None:
            continue
        values = line.document.plate_data.values
        samples = samples_of(where, values)
        clock, batch = gondola.clock, batch_number[gondola.name]
        batch_number[gondola.name] += 1
        shape = values.shape[1:]
        picked = columns.get((gondola.name, shape))
        if picked is None:
            picked = columns[gondola.name, shape] = _Columns.of(gondola.plates, shape)
        yield (
            line,
            WeightBlock(
                rack=gondola.name,
                mono_ns=round((clock.first_sample_s(batch) - epoch_s) * NS_PER_S),
                period_ns=clock.period_s * NS_PER_S,
                grams=picked.grams_of(samples),
                lost_before=int(clock.lost_before[batch]),
            ),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """Where a gondola's sensors are in batches of one shape."""

    index: NDArray[np.intp]  # [plate] among a sample's values; 0 where there is none
    absent: NDArray[np.bool_] | None  # [plate] that these batches do not have; None: they have all

    @classmethod
    def of(cls, plates: tuple[PlateKey, ...], shape: tuple[int, ...]) -> _Columns:
        shelves, width = shape
        shelf, plate = (np.array([key[axis] for key in plates]) for axis in (1, 2))
        there = (shelf < shelves) & (plate < width)
        return cls(np.where(there, shelf * width + plate, 0), None if there.all() else ~there)

    def grams_of(self, samples: NDArray[np.float32]) -> NDArray[np.float64]:
        """[n, plate] g; NaN where this batch has no such column or no finite value."""
        picked = samples.reshape(len(samples), -1)[:, self.index].astype(np.float64)
        if self.absent is not None:
            picked[:, self.absent] = np.nan
        if not math.isfinite(picked.sum()):
            picked[~np.isfinite(picked)] = np.nan
        return picked


def _misshapen(where: str, values: Values) -> RecordingError:
    return RecordingError(
        "batch and shape differ", where=where,
        found=f"{len(values.data)} characters for shape {values.shape}",
        expected="base64 of 4 bytes for each of [time, shelf, plate]",
        fix="Everything before this line was used.",
    )  # fmt: skip
