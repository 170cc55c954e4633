"""The node's decision path, the same object live, in replay and in tests: inputs in, messages out.

No clock, no I/O: time comes with the inputs. How inputs are cut into calls makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from edge.config import CalibrationFile, FusionSection, WeightSection
from edge.fusion.hypotheses import HypothesisSearch
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
    ChangeKind,
    CountBlock,
    LinkReport,
    NodeInput,
    PriorLevels,
    RackLayout,
    UtcReading,
    WeightBlock,
    WeightChange,
)
from edge.weight.rack import RackWatch


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
        self._hypotheses = HypothesisSearch(planogram, catalogue, fusion)
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new pipeline."""
        for rack in self._racks.values():
            rack.reset()
        self._utc = UtcReading(mono_ns=0, utc_s=0.0, synchronized=False)
        self._seq = 0

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
                messages.extend(self._message(change) for change in self._changes(arrived))
        return tuple(messages)

    def flush(self) -> tuple[NodeMessage, ...]:
        """The recording ends here: decide what waits for neighbours only."""
        return tuple(self._message(change) for rack in self._racks.values() for change in rack.flush())

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

    def _changes(self, arrived: CountBlock | WeightBlock | LinkReport) -> Iterator[WeightChange]:
        rack = self._racks[arrived.rack]
        if isinstance(arrived, LinkReport):
            return rack.link(arrived)
        return rack.update(arrived)

    def _message(self, change: WeightChange) -> NodeMessage:
        self._seq += 1
        t_onset, t_settled, t_decided = (
            self._utc.at(mono_ns) for mono_ns in (change.onset_ns, change.settled_ns, change.decided_ns)
        )
        delta_g = float(change.delta_g.sum())
        if change.kind is not ChangeKind.CHANGE:
            return Disturbance(
                node=self._node, boot=self._boot, seq=self._seq,
                t_onset=t_onset, t_settled=t_settled, t_decided=t_decided,
                utc_synchronized=self._utc.synchronized,
                kind=DisturbanceKind(change.kind.value), plates=change.plates,
                delta_g=round(delta_g, 3), reason=change.reason,
            )  # fmt: skip
        return ShelfEvent(
            node=self._node, boot=self._boot, seq=self._seq,
            t_onset=t_onset, t_settled=t_settled, t_decided=t_decided,
            utc_synchronized=self._utc.synchronized,
            kind=EventKind.PICK if delta_g < 0 else EventKind.RETURN,
            delta_g=round(delta_g, 3),
            sigma_g=round(float((change.sigma_g**2).sum() ** 0.5), 3),
            plates=tuple(
                PlateDelta(plate, round(float(moved), 3), round(float(sigma), 3))
                for plate, moved, sigma in zip(change.plates, change.delta_g, change.sigma_g, strict=True)
            ),
            hypotheses=self._hypotheses.explain(change),
        )  # fmt: skip
