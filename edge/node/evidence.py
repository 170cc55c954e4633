"""What an event was decided from, for whoever asks why: the weight around it, and crops of the pictures."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

import msgspec

from edge.messages import Crop, EventEvidence, EventIdentity, PlateTrace
from edge.node.traces import end_ns, plate_traces
from edge.payload import MAX_PAYLOAD_BYTES, encode
from edge.samples import NS_PER_S, CountBlock, UtcReading, WeightBlock, WeightChange
from edge.vision.testimony import PictureEncoder, Testimony
from edge.weight.rack import RackWatch

KEPT_S = 30.0
"""[s] of samples that are kept for traces."""

AROUND_S = 2.0
"""[s] before onset and after settling that a trace shows."""

TRACE_PERIOD_S = 0.05
"""[s] between values of a trace: a hop of the weight path."""

TRACE_MAX_S = 20.0
"""[s] longest trace; of more, the beginning is shown."""


class EvidenceDesk:
    """Puts evidence together.

    Args:
        racks: by name; they turn counts into grams.
        to_jpeg: encodes crops; None: without pictures.
    """

    def __init__(self, racks: Mapping[str, RackWatch], to_jpeg: PictureEncoder | None) -> None:
        self._racks, self._to_jpeg = racks, to_jpeg
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new desk."""
        self._blocks: dict[str, deque[CountBlock | WeightBlock]] = {rack: deque() for rack in self._racks}
        self._said: dict[EventIdentity, int] = {}

    def keep(self, block: CountBlock | WeightBlock) -> None:
        """Samples that an event may turn out to be in."""
        blocks = self._blocks[block.rack]
        blocks.append(block)
        while block.mono_ns - blocks[0].mono_ns > KEPT_S * NS_PER_S:
            blocks.popleft()

    def of(
        self,
        event: EventIdentity,
        rack: str,
        change: WeightChange,
        utc: UtcReading,
        testimony: Testimony | None,
    ) -> EventEvidence:
        """Evidence of one event, small enough for one message: of too many pictures the last ones go.

        Args:
            event: its name.
            rack: where it happened.
            change: what the plates did.
            utc: dates it.
            testimony: what the cameras said; None: there are none.
        """
        crops = tuple(self._crops(testimony, utc)) if testimony is not None else ()
        evidence = EventEvidence(
            node=event.node, boot=event.boot, seq=event.seq, revision=self._revision(event), crops=crops,
            nothing_seen=testimony.nothing_seen if testimony is not None else None,
            traces=tuple(self._traces(rack, change, utc)),
        )  # fmt: skip
        while evidence.crops and len(encode(evidence)) > MAX_PAYLOAD_BYTES:
            evidence = msgspec.structs.replace(evidence, crops=evidence.crops[:-1])
        return evidence

    def _revision(self, event: EventIdentity) -> int:
        revision = self._said.pop(event, -1) + 1
        self._said[event] = revision
        if len(self._said) > 1000:
            self._said.pop(next(iter(self._said)))
        return revision

    def _crops(self, testimony: Testimony, utc: UtcReading) -> Iterator[Crop]:
        if self._to_jpeg is None:
            return
        for crop in testimony.crops:
            yield Crop(crop.camera, crop.side, utc.at(crop.mono_ns), crop.box_px, self._to_jpeg(crop.rgb))

    def _traces(self, rack: str, change: WeightChange, utc: UtcReading) -> Iterator[PlateTrace]:
        from_ns = change.onset_ns - round(AROUND_S * NS_PER_S)
        to_ns = min(change.settled_ns + round(AROUND_S * NS_PER_S), from_ns + round(TRACE_MAX_S * NS_PER_S))
        watch = self._racks[rack]
        columns = {plate: watch.layout.plates.index(plate) for plate in change.plates}
        blocks = [
            watch.to_grams(block)
            for block in self._blocks[rack]
            if block.mono_ns <= to_ns and end_ns(block) > from_ns
        ]
        yield from plate_traces(
            blocks, columns, from_ns=from_ns, to_ns=to_ns, period_s=TRACE_PERIOD_S, t_first=utc.at(from_ns)
        )
