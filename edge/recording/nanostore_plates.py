"""Plate batches of a nanostore case: which columns are sensors, where samples lie in time, grams by block.

Two passes, so that memory stays flat: the survey keeps one flag a column and one timestamp a batch; the
reader then decodes batch by batch.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.recording.batch_clock import BatchClock, fit_batch_clock
from edge.recording.ghost_columns import ColumnSurvey
from edge.recording.json_lines import read_json_lines
from edge.recording.nanostore_records import LARGEST_AXIS, PlateLine
from edge.recording.nanostore_shelves import PlateKey, StorePlan
from edge.samples import NS_PER_S, WeightBlock

NOMINAL_RATE_HZ = 60.0  # [Hz] where a line does not say
FLOAT32 = "DATATYPE_FLOAT32"
SLOWEST_HZ, FASTEST_HZ = 1.0, 10_000.0  # [Hz] no scale samples slower or faster

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


def read_batches(file: Path) -> Iterator[tuple[PlateLine, NDArray[np.float32]]]:
    """Yield each line with its weights [time, shelf, plate] g; empty and doubled batches are left out.

    Raises:
        RecordingError: absent file, malformed line or array; everything before was yielded.
    """
    latest: dict[str, float] = {}
    doubled_total = 0
    for number, line in read_json_lines(file, PlateLine):
        values = line.document.plate_data.values
        if not values.data or latest.get(line.gondola) == line.timestamp:
            doubled_total += bool(values.data)
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
        fits = len(values.shape) == 3 and all(0 < side < LARGEST_AXIS for side in values.shape)
        if not fits or len(values.data) != 4 * int(np.prod(values.shape)):
            raise RecordingError(
                "batch and shape differ", where=where,
                found=f"{len(values.data)} bytes for shape {values.shape}",
                expected="4 bytes for each of [time, shelf, plate]",
                fix="Everything before this line was used.",
            )  # fmt: skip
        yield line, np.frombuffer(values.data, "<f4").reshape(values.shape)
    if doubled_total:
        log.warning("%s: left out %d batches that repeat the one before", file, doubled_total)


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
        for line, grams in read_batches(file):
            rate_hz = line.document.plate_data.freq_samp or NOMINAL_RATE_HZ
            survey = surveys.setdefault(line.gondola, _Survey(rate_hz))
            survey.columns.update(grams, compare=line.gondola not in plan.widths)
            survey.timestamps_s.append(line.timestamp)
            survey.samples.append(len(grams))
    except RecordingError:
        # The second pass meets it again, after it has delivered everything before.
        if not surveys:
            raise
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
    for line, grams in read_batches(file):
        gondola = by_name.get(line.gondola)
        if gondola is None:
            continue
        clock, batch = gondola.clock, batch_number[gondola.name]
        batch_number[gondola.name] += 1
        yield (
            line,
            WeightBlock(
                rack=gondola.name,
                mono_ns=round((clock.first_sample_s(batch) - epoch_s) * NS_PER_S),
                period_ns=clock.period_s * NS_PER_S,
                grams=_columns_of(grams, gondola.plates),
                lost_before=int(clock.lost_before[batch]),
            ),
        )


def _columns_of(grams: NDArray[np.float32], plates: tuple[PlateKey, ...]) -> NDArray[np.float64]:
    """[n, plate] g of the sensors; NaN where this batch has no such column or no finite value."""
    _, shelves, width = grams.shape
    shelf = np.array([key[1] for key in plates])
    plate = np.array([key[2] for key in plates])
    there = (shelf < shelves) & (plate < width)
    picked = np.full((len(grams), len(plates)), np.nan)
    picked[:, there] = grams[:, shelf[there], plate[there]]
    picked[~np.isfinite(picked)] = np.nan
    return picked
