"""The node's decision path, the same object live, in replay and in tests: inputs in, messages out.

No clock, no I/O: time comes with the inputs. How inputs are cut into calls makes no difference.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from edge.config import CalibrationFile, FusionSection, WeightSection
from edge.fusion.act import Act
from edge.fusion.hypotheses import HypothesisSearch
from edge.fusion.segmentation import SURE, Segmentation, Verdict
from edge.messages import (
    Disturbance,
    DisturbanceKind,
    EventEvidence,
    EventIdentity,
    EventKind,
    NodeMessage,
    PlateDelta,
    PlateHealth,
    SensorState,
    ShelfEvent,
)
from edge.node.evidence import EvidenceDesk
from edge.node.second_look import ActKey, SecondLook
from edge.planogram import Catalogue, Planogram
from edge.samples import (
    NS_PER_S,
    CameraReport,
    Frame,
    LinkReport,
    NodeInput,
    PlateFault,
    PlateHold,
    PriorLevels,
    RackLayout,
    Recalibration,
    UtcReading,
)
from edge.vision.testimony import Lesson, PictureEncoder, Testimony, Witness
from edge.weight.disturbance import reported
from edge.weight.rack import RackStep, RackWatch

REVISABLE_S = 3600.0
"""[s] Nothing is revised later; a node need not remember what it said longer."""

LESSONS_MAX = 16
"""Events with pictures that wait to be taken; of more, the oldest go."""


@dataclass(frozen=True, slots=True)
class _Said:
    """The name under which something was published, and when."""

    seq: int
    revision: int
    decided_ns: int  # [ns] mono, last sample used

    def revised(self, decided_ns: int) -> _Said:
        """The name of the next revision."""
        return _Said(self.seq, self.revision + 1, decided_ns)


@dataclass(slots=True)
class _Failure:
    """A fault of sensors that was told, and lasts."""

    said: _Said
    fault: PlateFault
    plates: set[str]  # that are not well again


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
        self._node, self._boot = node, boot
        known = calibrations or {}
        self._racks = {rack.rack: RackWatch(rack, weight, known.get(rack.rack)) for rack in racks}
        hypotheses = HypothesisSearch(planogram, catalogue, fusion)
        # One for each rack, so that racks do not wait for each other's clocks.
        self._segmentations = {
            rack.rack: Segmentation(planogram, hypotheses, fusion, weight.join_s) for rack in racks
        }
        self._second_look = SecondLook(witness, hypotheses)
        self._desk = EvidenceDesk(self._racks, to_jpeg) if evidence else None
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new pipeline."""
        for rack in self._racks.values():
            rack.reset()
        self._utc = UtcReading(mono_ns=0, utc_s=0.0, synchronized=False)
        self._seq = 0
        for segmentation in self._segmentations.values():
            segmentation.reset()
        self._second_look.reset()
        if self._desk is not None:
            self._desk.reset()
        self._evidence: list[EventEvidence] = []
        self._lessons: deque[Lesson] = deque(maxlen=LESSONS_MAX)
        self._said: dict[ActKey, _Said] = {}
        self._failed: dict[str, _Failure] = {}  # by plate

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
            elif isinstance(arrived, PlateHold | Recalibration):
                self._set_right(arrived)
            elif isinstance(arrived, Frame | CameraReport):
                if (witness := self._second_look.witness) is not None:
                    messages.extend(self._told_by(witness.update(arrived)))
            elif arrived.rack in self._racks:
                rack = self._racks[arrived.rack]
                if self._desk is not None and not isinstance(arrived, LinkReport):
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
            for message in self._publish(rack, verdict)
        ]
        if (witness := self._second_look.witness) is not None:
            messages.extend(self._told_by(witness.flush()))
        return tuple(messages)

    def take_evidence(self) -> tuple[EventEvidence, ...]:
        """Evidence of events since the last call."""
        taken, self._evidence = tuple(self._evidence), []
        return taken

    def take_lessons(self) -> tuple[Lesson, ...]:
        """Events that a camera saw as one thing, since the last call."""
        taken = tuple(self._lessons)
        self._lessons.clear()
        return taken

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
        for recovery in step.recoveries:
            yield from self._recovered(recovery)
        for fault in step.faults:
            failure = _Failure(self._new(fault.mono_ns), fault, set(fault.plates))
            yield from self._recovered(fault)  # what now fails in another way does not fail as before
            self._failed |= dict.fromkeys(fault.plates, failure)
            yield self._sensor_fault(failure, fault.mono_ns)
        for kind, changes in reported(step.changes):
            decided_ns = max(change.decided_ns for change in changes)
            yield self._disturbance(
                self._new(decided_ns),
                kind,
                tuple(change.plate for change in changes),
                onset_ns=min(change.onset_ns for change in changes),
                settled_ns=max(change.settled_ns for change in changes),
                delta_g=sum(change.delta_g for change in changes),
            )
        segmentation = self._segmentations[rack]
        if step.changes or segmentation.is_waiting:
            for verdict in segmentation.update(step.changes, step.moving_g, step.now_ns):
                yield from self._publish(rack, verdict)

    def _recovered(self, recovery: PlateFault) -> Iterator[NodeMessage]:
        """A fault is over when all of its plates are well again: a revision says so."""
        for plate in recovery.plates:
            failure = self._failed.pop(plate, None)
            if failure is None:
                continue
            failure.plates.discard(plate)
            if not failure.plates:
                failure.said = failure.said.revised(recovery.mono_ns)
                yield self._sensor_fault(failure, recovery.mono_ns)

    def _sensor_fault(self, failure: _Failure, until_ns: int) -> NodeMessage:
        fault = failure.fault
        return self._disturbance(
            failure.said,
            DisturbanceKind.SENSOR_FAULT,
            fault.plates,
            onset_ns=fault.mono_ns,
            settled_ns=until_ns,
            reason=fault.reason,
        )

    def _publish(self, rack: str, verdict: Verdict) -> Iterator[NodeMessage]:
        """A new event, or a revision of what was said before."""
        key, act = (rack, verdict.key), verdict.act
        earlier = self._said.get(key)
        if act is None:
            self._second_look.forget(key)
            if earlier is not None:
                self._said[key] = said = earlier.revised(earlier.decided_ns)
                yield self._withdrawal(said)
            return
        decided_ns = act.total.decided_ns
        said = self._new(decided_ns) if earlier is None else earlier.revised(decided_ns)
        self._said[key] = said
        act, testimonies = self._second_look.told(key, act)
        yield self._event(said, act)
        if self._second_look.witness is None:
            self._collect(key, act, None)
        yield from self._told_by(testimonies)
        horizon_ns = decided_ns - round(REVISABLE_S * NS_PER_S)
        self._said = {key: each for key, each in self._said.items() if each.decided_ns >= horizon_ns}

    def _told_by(self, testimonies: Iterable[Testimony]) -> Iterator[NodeMessage]:
        """What the cameras saw: a revision of the event, under its name."""
        for testimony in testimonies:
            seen = self._second_look.heard(testimony)
            if seen is None:
                continue
            key, act = testimony.key, seen
            earlier = self._said.get(key)
            if earlier is not None and testimony.looks:
                said = earlier.revised(max(earlier.decided_ns, testimony.mono_ns))
                self._said[key] = said
                event = self._event(said, act)
                yield event
                if isinstance(event, ShelfEvent) and len(testimony.looks) == 1:
                    shown = next(crop for crop in testimony.crops if crop.side is testimony.side)
                    self._lessons.append(Lesson(event, shown.rgb))
            self._collect(key, act, testimony)

    def _collect(self, key: ActKey, act: Act, testimony: Testimony | None) -> None:
        """Keep the evidence of an event that was told."""
        if self._desk is not None and act.hypotheses and key in self._said:
            event = EventIdentity(self._node, self._boot, self._said[key].seq)
            self._evidence.append(self._desk.of(event, key[0], act.total, self._utc, testimony))

    def _new(self, decided_ns: int) -> _Said:
        """The next number of this boot."""
        self._seq += 1
        return _Said(self._seq, 0, decided_ns)

    def _event(self, said: _Said, act: Act) -> NodeMessage:
        """Goods that changed place; an act that by now is taken for a touch is no event any more."""
        total = act.total
        delta_g = float(total.delta_g.sum())
        if not act.hypotheses:
            doubtful = act.probability < SURE
            return self._disturbance(
                said,
                DisturbanceKind.TOUCH,
                total.plates,
                onset_ns=total.onset_ns,
                settled_ns=total.settled_ns,
                delta_g=delta_g,
                reason=f"goods, with a probability of {1 - act.probability:.2f}" if doubtful else "",
            )
        return ShelfEvent(
            node=self._node,
            boot=self._boot,
            seq=said.seq,
            revision=said.revision,
            t_onset=self._utc.at(total.onset_ns),
            t_settled=self._utc.at(total.settled_ns),
            t_decided=self._utc.at(said.decided_ns),
            utc_synchronized=self._utc.synchronized,
            kind=EventKind.PICK if delta_g < 0 else EventKind.RETURN,
            delta_g=round(delta_g, 3),
            sigma_g=round(float((total.sigma_g**2).sum() ** 0.5), 3),
            plates=tuple(
                PlateDelta(plate, round(float(moved), 3), round(float(sigma), 3))
                for plate, moved, sigma in zip(total.plates, total.delta_g, total.sigma_g, strict=True)
            ),
            hypotheses=tuple(
                msgspec.structs.replace(each, probability=round(each.probability * act.probability, 9))
                for each in act.hypotheses
            ),
            log_odds=round(act.log_odds, 6),
            log_odds_goods=round(act.log_odds_goods, 6),
        )

    def _withdrawal(self, said: _Said) -> NodeMessage:
        """What was taken for an act of its own was part of another, which is revised beside this."""
        return self._disturbance(
            said,
            DisturbanceKind.TOUCH,
            (),
            onset_ns=said.decided_ns,
            settled_ns=said.decided_ns,
            reason="part of another act",
        )

    def _disturbance(
        self,
        said: _Said,
        kind: DisturbanceKind,
        plates: tuple[str, ...],
        *,
        onset_ns: int,
        settled_ns: int,
        delta_g: float = 0.0,
        reason: str = "",
    ) -> NodeMessage:
        """Plates moved, or failed, and nobody is charged."""
        return Disturbance(
            node=self._node,
            boot=self._boot,
            seq=said.seq,
            revision=said.revision,
            t_onset=self._utc.at(onset_ns),
            t_settled=self._utc.at(settled_ns),
            t_decided=self._utc.at(said.decided_ns),
            utc_synchronized=self._utc.synchronized,
            kind=kind,
            plates=plates,
            delta_g=round(delta_g, 3),
            reason=reason,
        )
