"""Faults of sensors: told when they begin, and once more, as a revision, when they are over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edge.messages import DisturbanceKind, NodeMessage
from edge.node.reports.wording import Said, Wording
from edge.samples import PlateFault


@dataclass(slots=True)
class _Failure:
    """A fault that was told, and lasts."""

    said: Said
    fault: PlateFault
    plates: set[str]  # that are not well again


class FailureReports:
    """Says what plates cannot tell any more, and what they can tell again."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new object."""
        self._failed: dict[str, _Failure] = {}  # by plate

    def update(self, faults: Sequence[PlateFault], recoveries: Sequence[PlateFault]) -> Iterator[NodeMessage]:
        """Faults that began, and plates that are well again."""
        for recovery in recoveries:
            yield from self._recovered(recovery)
        for fault in faults:
            failure = _Failure(self._wording.new(fault.mono_ns), fault, set(fault.plates))
            yield from self._recovered(fault)  # what now fails in another way does not fail as before
            self._failed |= dict.fromkeys(fault.plates, failure)
            yield self._message(failure, fault.mono_ns)

    def _recovered(self, recovery: PlateFault) -> Iterator[NodeMessage]:
        """A fault is over when all of its plates are well again: a revision says so."""
        for plate in recovery.plates:
            failure = self._failed.pop(plate, None)
            if failure is None:
                continue
            failure.plates.discard(plate)
            if not failure.plates:
                failure.said = failure.said.revised(recovery.mono_ns)
                yield self._message(failure, recovery.mono_ns)

    def _message(self, failure: _Failure, until_ns: int) -> NodeMessage:
        fault = failure.fault
        return self._wording.disturbance(
            failure.said,
            DisturbanceKind.SENSOR_FAULT,
            fault.plates,
            onset_ns=fault.mono_ns,
            settled_ns=until_ns,
            reason=fault.reason,
        )
