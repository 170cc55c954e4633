"""The first pass over a nanostore case's plates: which columns are sensors, and where samples lie in time.

It keeps one flag a column and one timestamp a batch, and looks into few of them.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from edge.errors import RecordingError
from edge.recording.batch_clock import BatchClock, fit_batch_clock
from edge.recording.ghost_columns import ColumnSurvey
from edge.recording.nanostore_batches import read_batches
from edge.recording.nanostore_shelves import PlateKey, StorePlan

LOOKED_AT_FIRST, LOOKED_AT_EVERY = 25, 25
"""[batches] The survey looks into so many of a gondola, then into one of so many: live columns show."""

LOOKED_AT_TOGETHER = 25
"""[batches] of one shape, in one piece."""


@dataclass(frozen=True, slots=True)
class Gondola:
    """One gondola's plates and clock."""

    name: str
    plates: tuple[PlateKey, ...]  # in column order
    rate_hz: float  # [Hz] nominal
    clock: BatchClock


@dataclass(slots=True)
class _Survey:
    """What is learnt of one gondola."""

    rate_hz: float
    columns: ColumnSurvey = field(default_factory=ColumnSurvey)
    timestamps_s: array[float] = field(default_factory=lambda: array("d"))
    samples: array[int] = field(default_factory=lambda: array("q"))
    _seen: list[bytes] = field(default_factory=list)  # batches of one shape, not yet looked into
    _shape: tuple[int, ...] = ()  # (shelf, plate)

    def look(self, samples: bytes, shape: tuple[int, ...]) -> None:
        """Look into a batch, by and by: flags are the same however batches are joined."""
        if shape[1:] != self._shape or len(self._seen) >= LOOKED_AT_TOGETHER:
            self.look_into_all()
        self._seen.append(samples)
        self._shape = shape[1:]

    def look_into_all(self) -> None:
        """Look into what waits."""
        if self._seen:
            grams = np.frombuffer(b"".join(self._seen), "<f4").reshape(-1, *self._shape)
            self.columns.update(grams, compare=False)
            self._seen.clear()


def survey_gondolas(file: Path, plan: StorePlan) -> tuple[Gondola, ...]:
    """Find the sensors and fit the clocks, up to the first fault of the file.

    Args:
        file: ``plate_data.json``.
        plan: tells how wide a gondola is; those it does not know are judged by their data.

    Raises:
        RecordingError: the file cannot be read at all.
    """
    surveys: dict[str, _Survey] = {}
    try:
        for batch in read_batches(file):
            survey = surveys.get(batch.gondola)
            if survey is None:
                survey = surveys[batch.gondola] = _Survey(batch.rate_hz)
            shape, batches = batch.values.shape, len(survey.samples)
            # Copies can only be told in batches that follow each other.
            if batch.gondola not in plan.widths:
                grams = np.frombuffer(batch.samples(), "<f4").reshape(shape)
                survey.columns.update(grams, compare=True)
            elif batches < LOOKED_AT_FIRST or not batches % LOOKED_AT_EVERY:
                survey.look(batch.samples(), shape)
            survey.timestamps_s.append(batch.line.timestamp)
            survey.samples.append(shape[0])
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
        survey.look_into_all()
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
