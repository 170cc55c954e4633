"""Acts of people: an event when it is decided, the same event when more is known, and its evidence."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from edge.fusion.act import Act
from edge.fusion.segmentation import Verdict
from edge.messages import EventEvidence, NodeMessage, ShelfEvent
from edge.node.evidence import EvidenceDesk
from edge.node.reports.wording import Said, Wording
from edge.node.second_look import ActKey, SecondLook
from edge.samples import NS_PER_S, CameraReport, Frame
from edge.vision.testimony import Lesson, Testimony

REVISABLE_S = 3600.0
"""[s] Nothing is revised later; a node need not remember what it said longer."""

LESSONS_MAX = 16
"""Events with pictures that wait to be taken; of more, the oldest go."""


class ActReports:
    """Says what was done, and revises it under the same name.

    Args:
        wording: numbers and dates it.
        second_look: what the cameras say of it.
        desk: collects evidence; None: nobody asks for it.
    """

    def __init__(self, wording: Wording, second_look: SecondLook, desk: EvidenceDesk | None) -> None:
        self._wording, self._second_look, self._desk = wording, second_look, desk
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new object."""
        self._said: dict[ActKey, Said] = {}
        self._undoes: dict[ActKey, ActKey] = {}
        self._lessons: deque[Lesson] = deque(maxlen=LESSONS_MAX)

    def update(self, rack: str, verdict: Verdict) -> Iterator[NodeMessage]:
        """A new event of a rack, or a revision of what was said before."""
        key, act = (rack, verdict.key), verdict.act
        earlier = self._said.get(key)
        if act is None:
            self._second_look.forget(key)
            if earlier is not None:
                self._said[key] = said = earlier.revised(earlier.decided_ns)
                yield self._wording.withdrawal(said)
            return
        decided_ns = act.total.decided_ns
        said = self._wording.new(decided_ns) if earlier is None else earlier.revised(decided_ns)
        self._said[key] = said
        self._undoes.pop(key, None)
        if verdict.undoes is not None:
            self._undoes[key] = (rack, verdict.undoes)
        act, testimonies = self._second_look.told(key, act)
        yield self._worded(key, act)
        if self._second_look.witness is None:
            self._collect(key, act, None)
        yield from self._seen(testimonies)
        horizon_ns = decided_ns - round(REVISABLE_S * NS_PER_S)
        self._said = {key: each for key, each in self._said.items() if each.decided_ns >= horizon_ns}
        self._undoes = {key: other for key, other in self._undoes.items() if key in self._said}

    def see(self, arrived: Frame | CameraReport) -> Iterator[NodeMessage]:
        """A picture came: what it tells of acts."""
        if (witness := self._second_look.witness) is not None:
            yield from self._seen(witness.update(arrived))

    def flush(self) -> Iterator[NodeMessage]:
        """No more pictures come."""
        if (witness := self._second_look.witness) is not None:
            yield from self._seen(witness.flush())
        if self._desk is not None:
            self._desk.flush()

    def take_evidence(self) -> tuple[EventEvidence, ...]:
        """Evidence of events that became complete since the last call."""
        return () if self._desk is None else self._desk.take()

    def take_lessons(self) -> tuple[Lesson, ...]:
        """Events that a camera saw as one thing, since the last call."""
        taken = tuple(self._lessons)
        self._lessons.clear()
        return taken

    def _seen(self, testimonies: Iterable[Testimony]) -> Iterator[NodeMessage]:
        """What the cameras saw: a revision of the event, under its name."""
        for testimony in testimonies:
            act = self._second_look.heard(testimony)
            if act is None:
                continue
            key = testimony.key
            earlier = self._said.get(key)
            if earlier is not None and testimony.looks:
                self._said[key] = earlier.revised(max(earlier.decided_ns, testimony.mono_ns))
                event = self._worded(key, act)
                yield event
                if isinstance(event, ShelfEvent) and len(testimony.looks) == 1:
                    shown = next(crop for crop in testimony.crops if crop.side is testimony.side)
                    self._lessons.append(Lesson(event, shown.rgb))
            self._collect(key, act, testimony)

    def _worded(self, key: ActKey, act: Act) -> NodeMessage:
        """An act under its name."""
        undoes = self._said.get(self._undoes[key]) if key in self._undoes else None
        return self._wording.act(self._said[key], act, undoes)

    def _collect(self, key: ActKey, act: Act, testimony: Testimony | None) -> None:
        """Keep the evidence of an event that was told."""
        if self._desk is not None and act.hypotheses and key in self._said:
            event = self._wording.identity(self._said[key])
            self._desk.collect(event, key[0], act.total, self._wording.utc, testimony)
