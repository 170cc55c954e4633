"""A simulated store as AiFi's nanostore would have recorded it: numbers for names, grams for counts."""

from __future__ import annotations

from collections.abc import Iterator

from edge.planogram import Facing, Planogram
from edge.recording.case import CaseInput, CaseSetup
from edge.samples import CountBlock
from edge.weight.calibration import CountsToGrams
from tools.store_simulator.case import SimulatedCase


class WeighedCase:
    """A case whose counts have been turned into grams by its own calibrations.

    Args:
        case: of counts.
    """

    def __init__(self, case: SimulatedCase) -> None:
        self._case = case

    @property
    def setup(self) -> CaseSetup:
        """See :class:`edge.recording.case.Case`."""
        return self._case.setup

    def inputs(self) -> Iterator[CaseInput]:
        """See :class:`edge.recording.case.Case`."""
        scales = {
            rack: CountsToGrams(calibration)
            for node in self.setup.nodes.values()
            for rack, calibration in node.calibrations.items()
        }
        for node, arrived in self._case.inputs():
            if isinstance(arrived, CountBlock):
                yield node, scales[arrived.rack].update(arrived)
            else:
                yield node, arrived


def numbered(planogram: Planogram) -> Planogram:
    """The same store with gondolas, their shelves and plates named by numbers from 1, in shelf order.

    Empty facings, which the format needs to place a plate, stand for plates without one.
    """
    name = _Numbers(planogram)
    plates = {name.of(plate): box for plate, box in planogram.plates.items()}
    facings = [
        Facing(tuple(name.of(plate) for plate in facing.plates), facing.sku, facing.capacity)
        for facing in planogram.facings
    ]
    planned = {plate for facing in facings for plate in facing.plates}
    empty = [Facing((plate,)) for plate in plates if plate not in planned]
    return Planogram(planogram.version, plates, [*facings, *empty])


def by_gondola(planogram: Planogram) -> dict[str, tuple[str, ...]]:
    """Plates of each gondola, in shelf order."""
    racks: dict[str, tuple[str, ...]] = {}
    for plate in planogram.plates:
        gondola = plate.partition("/")[0]
        racks[gondola] = (*racks.get(gondola, ()), plate)
    return racks


class _Numbers:
    """Numbers of gondolas in a store, shelves in a gondola, plates in a shelf."""

    def __init__(self, planogram: Planogram) -> None:
        self._number: dict[str, int] = {}
        counted: dict[str, int] = {}
        for plate in planogram.plates:
            gondola, _, _ = plate.partition("/")
            shelf = plate.rpartition("/")[0]
            for place, above in ((gondola, ""), (shelf, gondola), (plate, shelf)):
                if place not in self._number:
                    counted[above] = counted.get(above, 0) + 1
                    self._number[place] = counted[above]

    def of(self, plate: str) -> str:
        gondola, shelf = plate.partition("/")[0], plate.rpartition("/")[0]
        return "/".join(str(self._number[place]) for place in (gondola, shelf, plate))
