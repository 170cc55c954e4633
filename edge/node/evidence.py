"""What an event was decided from, for whoever asks why: the weight around it, and crops of the pictures."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from edge.messages import Crop, EventEvidence, EventIdentity, PlateTrace
from edge.node.traces import end_ns, plate_traces
from edge.payload import MAX_PAYLOAD_BYTES, encode
from edge.samples import NS_PER_S, CountBlock, LinkReport, UtcReading, WeightBlock, WeightChange
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


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """Evidence that will be put together when its trace is complete."""

    rack: str
    change: WeightChange
    utc: UtcReading
    testimony: Testimony | None

    @property
    def until_ns(self) -> int:
        """[ns] end of the trace."""
        longest_ns = self.change.onset_ns + round((TRACE_MAX_S - AROUND_S) * NS_PER_S)
        return min(self.change.settled_ns + round(AROUND_S * NS_PER_S), longest_ns)


class EvidenceDesk:
    """Puts evidence together: when the weight after the event has been seen as long as that before it.

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
        self._silent: set[str] = set()  # racks whose link is down
        self._waiting: dict[EventIdentity, _Waiting] = {}
        self._is_over = False
        self._said: dict[EventIdentity, int] = {}

    def keep(self, arrived: CountBlock | WeightBlock | LinkReport) -> None:
        """Samples that an event may turn out to be in, or that none come any more."""
        if isinstance(arrived, LinkReport):
            (self._silent.discard if arrived.fault is None else self._silent.add)(arrived.rack)
            return
        blocks = self._blocks[arrived.rack]
        blocks.append(arrived)
        while arrived.mono_ns - blocks[0].mono_ns > KEPT_S * NS_PER_S:
            blocks.popleft()

    def collect(
        self,
        event: EventIdentity,
        rack: str,
        change: WeightChange,
        utc: UtcReading,
        testimony: Testimony | None,
    ) -> None:
        """An event was told; what was collected of it before and not taken yet is replaced.

        Args:
            event: its name.
            rack: where it happened.
            change: what the plates did.
            utc: dates it.
            testimony: what the cameras said; None: there are none.
        """
        self._waiting[event] = _Waiting(rack, change, utc, testimony)

    def flush(self) -> None:
        """No more samples come."""
        self._is_over = True

    def take(self) -> tuple[EventEvidence, ...]:
        """Evidence whose trace is complete, or as complete as it will be."""
        done = [event for event, waiting in self._waiting.items() if self._is_complete(waiting)]
        return tuple(self._evidence(event, self._waiting.pop(event)) for event in done)

    def _is_complete(self, waiting: _Waiting) -> bool:
        blocks = self._blocks[waiting.rack]
        seen_ns = end_ns(blocks[-1]) if blocks else waiting.until_ns
        return self._is_over or waiting.rack in self._silent or seen_ns >= waiting.until_ns

    def _evidence(self, event: EventIdentity, waiting: _Waiting) -> EventEvidence:
        """Small enough for one message: of too many pictures the last ones go."""
        testimony, utc = waiting.testimony, waiting.utc
        crops = tuple(self._crops(testimony, utc)) if testimony is not None else ()
        evidence = EventEvidence(
            node=event.node, boot=event.boot, seq=event.seq, revision=self._revision(event), crops=crops,
            nothing_seen=testimony.nothing_seen if testimony is not None else None,
            traces=tuple(self._traces(waiting)),
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
        for crop in (*testimony.crops, *testimony.scenes):
            yield Crop(crop.camera, crop.side, utc.at(crop.mono_ns), crop.box_px, self._to_jpeg(crop.rgb))

    def _traces(self, waiting: _Waiting) -> Iterator[PlateTrace]:
        rack, change, utc = waiting.rack, waiting.change, waiting.utc
        from_ns, to_ns = change.onset_ns - round(AROUND_S * NS_PER_S), waiting.until_ns
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
