"""The node's decision path, the same object live, in replay and in tests: inputs in, messages out.

No clock, no I/O: time comes with the inputs. How inputs are cut into calls makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from edge.config import CalibrationFile, FusionSection, WeightSection
from edge.fusion.act import Act
from edge.fusion.hypotheses import HypothesisSearch
from edge.fusion.segmentation import Segmentation, Verdict
from edge.messages import (
    Disturbance,
    DisturbanceKind,
    EventKind,
    NodeMessage,
    PlateDelta,
    PlateHealth,
    SensorState,
    ShelfEvent,
)
from edge.planogram import Catalogue, Planogram
from edge.samples import (
    NS_PER_S,
    ChangeKind,
    LinkReport,
    NodeInput,
    PlateChange,
    PlateFault,
    PriorLevels,
    RackLayout,
    UtcReading,
)
from edge.weight.rack import RackStep, RackWatch

REPORTED_PEAK_G = 40.0
"""[g] Touches that never moved a plate by more are not worth a word."""

BUMP_PLATES = 5
"""[plates] so many touches of one rack at one moment are a bump of the rack."""

REVISABLE_S = 60.0
"""[s] Nothing is revised later; a node need not remember what it said longer."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What was published for an act."""

    seq: int
    revision: int
    decided_ns: int


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
    ) -> None:
        self._node, self._boot = node, boot
        known = calibrations or {}
        self._racks = {rack.rack: RackWatch(rack, weight, known.get(rack.rack)) for rack in racks}
        hypotheses = HypothesisSearch(planogram, catalogue, fusion)
        # One for each rack, so that racks do not wait for each other's clocks.
        self._segmentations = {
            rack.rack: Segmentation(planogram, hypotheses, fusion, weight.join_s) for rack in racks
        }
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new pipeline."""
        for rack in self._racks.values():
            rack.reset()
        self._utc = UtcReading(mono_ns=0, utc_s=0.0, synchronized=False)
        self._seq = 0
        for segmentation in self._segmentations.values():
            segmentation.reset()
        self._said: dict[tuple[str, int], _Said] = {}  # by rack and key of the act

    @property
    def next_seq(self) -> int:
        """Sequence number of the next new message."""
        return self._seq + 1

    def step(self, inputs: Sequence[NodeInput]) -> tuple[NodeMessage, ...]:
        """Take in inputs in their order; give the messages that they complete.

        Inputs of racks that this node does not have are ignored.
        """
        messages: list[NodeMessage] = []
        for arrived in inputs:
            if isinstance(arrived, UtcReading):
                self._utc = arrived
            elif isinstance(arrived, PriorLevels):
                for rack in self._racks.values():
                    rack.expect(arrived)
            elif arrived.rack in self._racks:
                rack = self._racks[arrived.rack]
                steps = [rack.link(arrived)] if isinstance(arrived, LinkReport) else rack.update(arrived)
                for step in steps:
                    messages.extend(self._messages(arrived.rack, step))
        return tuple(messages)

    def flush(self) -> tuple[NodeMessage, ...]:
        """The recording ends here: decide what waits for neighbours only."""
        return tuple(
            message
            for rack, segmentation in self._segmentations.items()
            for verdict in segmentation.flush()
            for message in self._publish(rack, verdict)
        )

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
        for fault in step.faults:
            yield self._fault(fault)
        yield from self._disturbances([each for each in step.changes if each.kind is not ChangeKind.CHANGE])
        segmentation = self._segmentations[rack]
        if step.changes or segmentation.is_waiting:
            for verdict in segmentation.update(step.changes, step.moving_g, step.now_ns):
                yield from self._publish(rack, verdict)

    def _publish(self, rack: str, verdict: Verdict) -> Iterator[NodeMessage]:
        """A new event, or a revision of what was said before."""
        key = (rack, verdict.key)
        said = self._said.get(key)
        if verdict.act is None:
            if said is not None:
                yield self._withdrawal(key, said)
            return
        decided_ns = verdict.act.total.decided_ns
        if said is None:
            self._seq += 1
            said = _Said(self._seq, 0, decided_ns)
        else:
            said = _Said(said.seq, said.revision + 1, decided_ns)
        self._said[key] = said
        yield self._event(verdict.act, said)
        horizon_ns = decided_ns - round(REVISABLE_S * NS_PER_S)
        self._said = {key: each for key, each in self._said.items() if each.decided_ns >= horizon_ns}

    def _event(self, act: Act, said: _Said) -> NodeMessage:
        total = act.total
        t_onset, t_settled, t_decided = (
            self._utc.at(mono_ns) for mono_ns in (total.onset_ns, total.settled_ns, total.decided_ns)
        )
        delta_g = float(total.delta_g.sum())
        if not act.hypotheses:
            return Disturbance(
                node=self._node, boot=self._boot, seq=said.seq, revision=said.revision,
                t_onset=t_onset, t_settled=t_settled, t_decided=t_decided,
                utc_synchronized=self._utc.synchronized,
                kind=DisturbanceKind.TOUCH, plates=total.plates, delta_g=round(delta_g, 3),
            )  # fmt: skip
        return ShelfEvent(
            node=self._node, boot=self._boot, seq=said.seq, revision=said.revision,
            t_onset=t_onset, t_settled=t_settled, t_decided=t_decided,
            utc_synchronized=self._utc.synchronized,
            kind=EventKind.PICK if delta_g < 0 else EventKind.RETURN,
            delta_g=round(delta_g, 3),
            sigma_g=round(float((total.sigma_g**2).sum() ** 0.5), 3),
            plates=tuple(
                PlateDelta(plate, round(float(moved), 3), round(float(sigma), 3))
                for plate, moved, sigma in zip(total.plates, total.delta_g, total.sigma_g, strict=True)
            ),
            hypotheses=act.hypotheses,
        )  # fmt: skip

    def _withdrawal(self, key: tuple[str, int], said: _Said) -> NodeMessage:
        """What was taken for an act of its own was part of another, which is revised beside this."""
        t = self._utc.at(said.decided_ns)
        self._said[key] = _Said(said.seq, said.revision + 1, said.decided_ns)
        return Disturbance(
            node=self._node, boot=self._boot, seq=said.seq, revision=said.revision + 1,
            t_onset=t, t_settled=t, t_decided=t, utc_synchronized=self._utc.synchronized,
            kind=DisturbanceKind.TOUCH, plates=(), reason="part of another act",
        )  # fmt: skip

    def _disturbances(self, changes: Sequence[PlateChange]) -> Iterator[NodeMessage]:
        """Plates that came back to where they were, or moved while nobody looked."""
        for change in changes:
            if change.kind is ChangeKind.OFFLINE_CHANGE:
                yield self._disturbance(DisturbanceKind.OFFLINE_CHANGE, [change])
        back = [
            change
            for change in changes
            if change.kind is not ChangeKind.OFFLINE_CHANGE and abs(change.peak_g) > REPORTED_PEAK_G
        ]
        if len(back) >= BUMP_PLATES:
            yield self._disturbance(DisturbanceKind.BUMP, back)
        else:
            for change in back:
                yield self._disturbance(DisturbanceKind(change.kind.value), [change])

    def _disturbance(self, kind: DisturbanceKind, changes: Sequence[PlateChange]) -> NodeMessage:
        self._seq += 1
        return Disturbance(
            node=self._node, boot=self._boot, seq=self._seq,
            t_onset=self._utc.at(min(change.onset_ns for change in changes)),
            t_settled=self._utc.at(max(change.settled_ns for change in changes)),
            t_decided=self._utc.at(max(change.decided_ns for change in changes)),
            utc_synchronized=self._utc.synchronized,
            kind=kind, plates=tuple(change.plate for change in changes),
            delta_g=round(sum(change.delta_g for change in changes), 3),
        )  # fmt: skip

    def _fault(self, fault: PlateFault) -> NodeMessage:
        self._seq += 1
        t = self._utc.at(fault.mono_ns)
        return Disturbance(
            node=self._node, boot=self._boot, seq=self._seq, t_onset=t, t_settled=t, t_decided=t,
            utc_synchronized=self._utc.synchronized,
            kind=DisturbanceKind.SENSOR_FAULT, plates=fault.plates, reason=fault.reason,
        )  # fmt: skip
