"""A case of AiFi's nanostore (CPS-IoT Week 2020 AutoCheckout competition): a directory of four files.

One node a gondola (``g1`` ...), with one rack named after the gondola and plates ``gondola/shelf/plate``.
``mono_ns`` counts from the first sample of the case. Plates and people are merged by arrival: the tracker of
that store was 2.3 s late.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from edge.errors import RecordingError
from edge.recording.case import REPLAY_BOOT, CaseInput, CaseSetup, NodeSetup
from edge.recording.nanostore_people import Gate, Stay, read_frames, survey_visits
from edge.recording.nanostore_plates import read_weight_blocks
from edge.recording.nanostore_records import Line
from edge.recording.nanostore_shelves import plate_name, read_catalogue, read_store_plan
from edge.recording.nanostore_survey import Gondola, survey_gondolas
from edge.samples import RackLayout, UtcReading

_RecordT = TypeVar("_RecordT")

_Arrival = tuple[float, int, CaseInput]
"""(epoch s, order among equals, what arrived)"""


class NanostoreCase:
    """A case directory; opening it makes one light pass over plates and people.

    Raises:
        RecordingError: a file is absent or holds nothing readable.
    """

    def __init__(self, directory: Path) -> None:
        is_directory = False
        with suppress(OSError):  # a name too long to be one
            is_directory = directory.is_dir()
        if not is_directory:
            raise RecordingError(
                "not a case directory", where=str(directory), expected="a directory with plate_data.json",
                fix="Check the path and --format.",
            )  # fmt: skip
        self._plates_file = directory / "plate_data.json"
        self._people_file = directory / "full_targets.json"
        plan = read_store_plan(directory / "planogram.json")
        catalogue = read_catalogue(directory / "products.json")
        self._gondolas = survey_gondolas(self._plates_file, plan)
        self._stays: dict[str, Stay] = survey_visits(self._people_file)
        self._epoch_s = min(gondola.clock.first_sample_s(0) for gondola in self._gondolas)
        sampled = [key for gondola in self._gondolas for key in gondola.plates]
        name = os.fsencode(directory.resolve().name).decode("utf-8", "backslashreplace")
        self.setup = CaseSetup.of(
            name,
            {_node(gondola): _node_setup(gondola) for gondola in self._gondolas},
            catalogue,
            plan.planogram(name, sampled),
        )

    def inputs(self, window_s: float = 0.0) -> Iterator[CaseInput]:
        """See :class:`edge.recording.case.Case`. A fault of one file does not cut the other short."""
        for gondola in self._gondolas:
            yield _node(gondola), UtcReading(mono_ns=0, utc_s=self._epoch_s, synchronized=True)
        faults: list[RecordingError] = []
        merged = heapq.merge(
            self._plates(window_s, faults), self._people(faults), key=lambda arrival: arrival[:2]
        )
        for _, _, arrived in merged:
            yield arrived
        if faults:
            raise faults[0]

    def _plates(self, window_s: float, faults: list[RecordingError]) -> Iterator[_Arrival]:
        arrivals = _ArrivalClock()
        blocks = read_weight_blocks(self._plates_file, self._gondolas, self._epoch_s, window_s)
        for line, block in _until_fault(blocks, faults):
            yield arrivals.next_s(line), 0, (f"g{block.rack}", block)

    def _people(self, faults: list[RecordingError]) -> Iterator[_Arrival]:
        arrivals, gate = _ArrivalClock(), Gate(self._stays)
        arrival_s = self._epoch_s
        for line, frame in _until_fault(read_frames(self._people_file), faults):
            arrival_s = arrivals.next_s(line)
            for event in gate.before(frame):
                yield arrival_s, 1, (None, event)
            yield arrival_s, 1, (None, frame)
        for event in gate.at_end():
            yield arrival_s, 1, (None, event)


class _ArrivalClock:
    """When lines of one file arrived: in file order; a line that does not say is as late as the one above."""

    def __init__(self) -> None:
        self._lag_s = 0.0
        self._latest_s = 0.0

    def next_s(self, line: Line) -> float:
        lag_s = line.arrival_lag_s()
        self._lag_s = self._lag_s if lag_s is None else lag_s
        self._latest_s = max(self._latest_s, line.timestamp + self._lag_s)
        return self._latest_s


def _until_fault(records: Iterable[_RecordT], faults: list[RecordingError]) -> Iterator[_RecordT]:
    """Yield what can be read and note the fault that ended it."""
    try:
        yield from records
    except RecordingError as fault:
        faults.append(fault)


def _node(gondola: Gondola) -> str:
    return f"g{gondola.name}"


def _node_setup(gondola: Gondola) -> NodeSetup:
    layout = RackLayout(gondola.name, tuple(plate_name(key) for key in gondola.plates), gondola.rate_hz)
    return NodeSetup(boot=REPLAY_BOOT, racks=(layout,))
