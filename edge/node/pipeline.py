"""The node's decision path, the same object live, in replay and in tests: inputs in, messages out.

No clock, no I/O: time comes with the inputs. How inputs are cut into calls makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from edge.config import CalibrationFile, FusionSection, WeightSection
from edge.fusion.hypotheses import HypothesisSearch
from edge.fusion.segmentation import Segmentation
from edge.messages import EventEvidence, NodeMessage, PlateHealth, SensorState
from edge.node.evidence import EvidenceDesk
from edge.node.reports.acts import ActReports
from edge.node.reports.failures import FailureReports
from edge.node.reports.wording import Wording
from edge.node.second_look import SecondLook
from edge.planogram import Catalogue, Planogram
from edge.samples import (
    CameraReport,
    CountBlock,
    Frame,
    LinkReport,
    NodeInput,
    PlateHold,
    PriorLevels,
    RackLayout,
    Recalibration,
    UtcReading,
    WeightBlock,
)
from edge.vision.testimony import Lesson, PictureEncoder, Witness
from edge.weight.disturbance import reported
from edge.weight.rack import RackStep, RackWatch


class NodePipeline:
    """Turns a node's inputs into its durable messages.

    Args:
        node: name of the node.
        boot: identity of this run of it.
        racks: its racks.
        planogram: what stands where.
        catalogue: what things weigh.
        weight: options of the weight path.
        fusion: options of the hypotheses.
        calibrations: by rack; racks that report grams need none.
        witness: sees the shelves; None: events are told by weight alone.
        evidence: whether evidence of events is collected, see :meth:`take_evidence`.
        to_jpeg: encodes its pictures.
    """

    def __init__(
        self,
        *,
        node: str,
        boot: str,
        racks: Sequence[RackLayout],
        planogram: Planogram,
        catalogue: Catalogue,
        weight: WeightSection,
        fusion: FusionSection,
        calibrations: Mapping[str, CalibrationFile] | None = None,
        witness: Witness | None = None,
        evidence: bool = False,
        to_jpeg: PictureEncoder | None = None,
    ) -> None:
        known = calibrations or {}
        self._racks = {rack.rack: RackWatch(rack, weight, known.get(rack.rack)) for rack in racks}
        hypotheses = HypothesisSearch(planogram, catalogue, fusion)
        # One for each rack, so that racks do not wait for each other's clocks.
        self._segmentations = {
            rack.rack: Segmentation(planogram, hypotheses, fusion, weight.join_s) for rack in racks
        }
        self._second_look = SecondLook(witness, hypotheses)
        self._desk = EvidenceDesk(self._racks, to_jpeg) if evidence else None
        self._wording = Wording(node, boot)
        self._acts = ActReports(self._wording, self._second_look, self._desk)
        self._failures = FailureReports(self._wording)

    def reset(self) -> None:
        """Forget everything; equal to a new pipeline."""
        for rack in self._racks.values():
            rack.reset()
        for segmentation in self._segmentations.values():
            segmentation.reset()
        self._second_look.reset()
        if self._desk is not None:
            self._desk.reset()
        self._wording.reset()
        self._acts.reset()
        self._failures.reset()

    @property
    def next_seq(self) -> int:
        """Sequence number of the next new message."""
        return self._wording.next_seq

    def step(self, inputs: Sequence[NodeInput]) -> tuple[NodeMessage, ...]:
        """Take in inputs in their order; give the messages that they complete.

        Inputs of racks that this node does not have are ignored.
        """
        messages: list[NodeMessage] = []
        for arrived in inputs:
            if isinstance(arrived, UtcReading):
                self._wording.utc = arrived
            elif isinstance(arrived, PriorLevels):
                for rack in self._racks.values():
                    rack.expect(arrived)
            elif isinstance(arrived, PlateHold | Recalibration):
                self._set_right(arrived)
            elif isinstance(arrived, Frame | CameraReport):
                messages.extend(self._acts.see(arrived))
            elif arrived.rack in self._racks:
                rack = self._racks[arrived.rack]
                if self._desk is not None:
                    self._desk.keep(arrived)
                steps = [rack.link(arrived)] if isinstance(arrived, LinkReport) else rack.update(arrived)
                for step in steps:
                    messages.extend(self._messages(arrived.rack, step))
        return tuple(messages)

    def _set_right(self, arrived: PlateHold | Recalibration) -> None:
        """A plate is set aside, or weighs another way."""
        for rack in self._racks.values():
            if arrived.plate in rack.layout.plates:
                rack.hold(arrived) if isinstance(arrived, PlateHold) else rack.recalibrate(arrived)

    def flush(self) -> tuple[NodeMessage, ...]:
        """The recording ends here: decide what waits for neighbours or pictures only."""
        messages = [
            message
            for rack, segmentation in self._segmentations.items()
            for verdict in segmentation.flush()
            for message in self._acts.update(rack, verdict)
        ]
        return (*messages, *self._acts.flush())

    def to_grams(self, block: CountBlock | WeightBlock) -> WeightBlock:
        """A block of one of its racks in grams, by the calibration in force; changes nothing."""
        return self._racks[block.rack].to_grams(block)

    def take_evidence(self) -> tuple[EventEvidence, ...]:
        """Evidence of events that became complete since the last call."""
        return self._acts.take_evidence()

    def take_lessons(self) -> tuple[Lesson, ...]:
        """Events that a camera saw as one thing, since the last call."""
        return self._acts.take_lessons()

    def plate_health(self) -> tuple[PlateHealth, ...]:
        """Every plate as it is now."""
        return tuple(health for rack in self._racks.values() for health in rack.health())

    def levels(self) -> dict[str, float]:
        """Settled levels by plate [g], of those plates that have one."""
        return {
            health.plate: health.level_g
            for health in self.plate_health()
            if health.state is SensorState.OK and health.settled
        }

    def _messages(self, rack: str, step: RackStep) -> Iterator[NodeMessage]:
        """What one step of one rack is worth saying."""
        yield from self._failures.update(step.faults, step.recoveries)
        for kind, changes in reported(step.changes):
            decided_ns = max(change.decided_ns for change in changes)
            yield self._wording.disturbance(
                self._wording.new(decided_ns),
                kind,
                tuple(change.plate for change in changes),
                onset_ns=min(change.onset_ns for change in changes),
                settled_ns=max(change.settled_ns for change in changes),
                delta_g=sum(change.delta_g for change in changes),
            )
        segmentation = self._segmentations[rack]
        if step.changes or segmentation.is_waiting:
            for verdict in segmentation.update(step.changes, step.moving_g, step.now_ns):
                yield from self._acts.update(rack, verdict)
