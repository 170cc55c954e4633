"""The second pass over a nanostore case's plates: batch by batch, or some seconds in one piece.

Batches that are joined are decoded together, which costs less than one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.recording.nanostore_batches import read_batches
from edge.recording.nanostore_records import PlateLine
from edge.recording.nanostore_shelves import PlateKey
from edge.recording.nanostore_survey import Gondola
from edge.samples import NS_PER_S, WeightBlock


def read_weight_blocks(
    file: Path, gondolas: Iterable[Gondola], epoch_s: float, window_s: float = 0.0
) -> Iterator[tuple[PlateLine, WeightBlock]]:
    """Yield blocks, dated in ns since ``epoch_s``, each with the last line that was read for it.

    Args:
        file: ``plate_data.json``.
        gondolas: those to be read, as surveyed.
        epoch_s: epoch time of 0 ns.
        window_s: [s] of a gondola's samples that come in one block, where none are missing in between. Blocks
            of all gondolas come when that of one is complete.

    Raises:
        RecordingError: as :func:`read_batches`, after everything before it was yielded.
    """
    runs = {gondola.name: _Run(gondola) for gondola in gondolas}
    line: PlateLine | None = None

    def window() -> Iterator[tuple[PlateLine, WeightBlock]]:
        for run in runs.values():
            if run.samples and line is not None:
                yield line, run.taken(epoch_s)

    try:
        for batch in read_batches(file):
            run = runs.get(batch.gondola)
            if run is None:
                continue
            samples, shape = batch.samples(), batch.values.shape
            if run.samples and not run.takes(shape, window_s):
                yield from window()
            run.add(samples, shape)
            line = batch.line
            if not window_s:
                yield from window()
    except RecordingError:
        yield from window()
        raise
    yield from window()


@dataclass(slots=True)
class _Run:
    """Batches of one gondola that follow each other without a gap."""

    gondola: Gondola
    samples: list[bytes] = field(default_factory=list)
    rows: int = 0  # [samples] in them
    first_batch: int = 0  # number of the first
    shape: tuple[int, ...] = ()  # (shelf, plate) of all
    columns: dict[tuple[int, ...], _Columns] = field(default_factory=dict)  # by shape

    def takes(self, shape: tuple[int, ...], window_s: float) -> bool:
        """Whether another batch belongs to the same block."""
        lost = self.gondola.clock.lost_before[self.first_batch + len(self.samples)]
        return self.rows < round(window_s * self.gondola.rate_hz) and shape[1:] == self.shape and not lost

    def add(self, samples: bytes, shape: tuple[int, ...]) -> None:
        """Another batch."""
        self.samples.append(samples)
        self.rows += shape[0]
        self.shape = shape[1:]

    def taken(self, epoch_s: float) -> WeightBlock:
        """The block; another begins with the next batch."""
        clock, batch = self.gondola.clock, self.first_batch
        columns = self.columns.get(self.shape)
        if columns is None:
            columns = self.columns[self.shape] = _Columns.of(self.gondola.plates, self.shape)
        samples = np.frombuffer(b"".join(self.samples), "<f4").reshape(-1, self.shape[0] * self.shape[1])
        self.first_batch += len(self.samples)
        self.samples, self.rows = [], 0
        return WeightBlock(
            rack=self.gondola.name,
            mono_ns=round((clock.first_sample_s(batch) - epoch_s) * NS_PER_S),
            period_ns=clock.period_s * NS_PER_S,
            grams=columns.grams_of(samples),
            lost_before=int(clock.lost_before[batch]),
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
        """[n, plate] g; NaN where a sample has no such column or no finite value."""
        picked = samples.take(self.index, axis=1).astype(np.float64)
        if self.absent is not None:
            picked[:, self.absent] = np.nan
        picked[np.isinf(picked)] = np.nan
        return picked
