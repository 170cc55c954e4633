"""One camera's memory of its shelf, and its answers: what changed between two calm pictures.

A question waits for calm frames, and is answered when they have come, when the camera is lost, or by the
first frame after ``wait_s``.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from edge.config import VisionSection
from edge.messages import CameraState, CropSide, NothingSeen
from edge.samples import NS_PER_S, CameraReport, Frame
from edge.vision.camera_shift import camera_shift
from edge.vision.change_region import Pair, context, find_changes, surroundings
from edge.vision.frame_buffer import CalmFrame, FrameBuffer, median_of
from edge.vision.hand_gate import HandGate
from edge.vision.shelf_view import Region, ShelfView
from edge.vision.testimony import Question, SeenCrop, Testimony
from edge.vision.thumbnail import thumbnail

PATIENCE_S = 1.0
"""[s] after the first calm frame in which the others of a median come, or it stays alone."""

OPEN_MAX = 16
"""[questions] that wait for a calm frame; of more, the oldest are given up."""

REMEMBERED = 64
"""[questions] that are remembered, to tell whether a picture shows another event of the same plates too."""

_PASSING = (NothingSeen.OCCLUDED, NothingSeen.BLURRED, NothingSeen.DARK, NothingSeen.NOTHING_CHANGED)
"""Reasons that a later frame may not have."""


@dataclass(slots=True, eq=False)
class _Open:
    """A question that waits."""

    question: Question
    before: tuple[CalmFrame, ...]
    from_ns: int  # [ns] what came before has been looked at in vain
    beyond: int = -1  # number of a calm stretch in which nothing had changed yet
    reason: NothingSeen = NothingSeen.NO_CALM_FRAME  # why it has no answer yet


class Eye:
    """Sees the shelf through one camera.

    Args:
        view: what it sees.
        options: of vision.
    """

    def __init__(self, view: ShelfView, options: VisionSection) -> None:
        self.view, self._options = view, options
        self._gate = HandGate(options.calm_s)
        self._frames = FrameBuffer(options.memory_mb * 1_000_000)
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new eye."""
        self._gate.reset()
        self._frames.reset()
        self.is_up = True  # whether its camera gives pictures, as far as anybody said
        self._now_ns = -(2**62)  # [ns] of the last frame
        self._open: list[_Open] = []
        self._asked: deque[Question] = deque(maxlen=REMEMBERED)

    def see(self, frame: Frame) -> list[Testimony]:
        """Take in a frame; give the answers that became possible. One of another size is left out."""
        if (frame.rgb.shape[1], frame.rgb.shape[0]) != self.view.size_px or frame.mono_ns <= self._now_ns:
            return []
        self._now_ns, self.is_up = frame.mono_ns, True
        area = self.view.area.cut(frame.rgb)
        small = thumbnail(area)
        self._frames.update(area, small, frame.mono_ns, calm=self._gate.update(small, frame.mono_ns))
        return self._answers()

    def hear(self, report: CameraReport) -> list[Testimony]:
        """The camera's state is another one."""
        self.is_up = report.state is CameraState.OK
        return [] if self.is_up else self.give_up()

    def ask(self, question: Question) -> list[Testimony]:
        """What changed at the plates of an event; a question with a known key replaces the earlier one."""
        self.withdraw(question.key)
        self._asked.append(question)
        oldest_ns = question.onset_ns - round(self._options.before_max_s * NS_PER_S)
        before = self._frames.before(question.onset_ns, self._options.median_frames, oldest_ns=oldest_ns)
        self._open.append(_Open(question, before, question.settled_ns))
        if not self.is_up:
            return self.give_up()
        answers = self._answers()
        while len(self._open) > OPEN_MAX:
            answers.append(_nothing(self._open.pop(0)))
        return answers

    def withdraw(self, key: tuple[str, int]) -> None:
        """The event of this question was none."""
        self._asked = deque((each for each in self._asked if each.key != key), REMEMBERED)
        self._open = [each for each in self._open if each.question.key != key]

    def give_up(self) -> list[Testimony]:
        """Answer what waits: no more pictures come."""
        answers = []
        for waiting in self._open:
            if not self.is_up:
                waiting.reason = NothingSeen.CAMERA_LOST
            answers.append(self._look(waiting, patient=False) or _nothing(waiting))
        self._open.clear()
        return answers

    def _answers(self) -> list[Testimony]:
        answers = []
        for waiting in tuple(self._open):
            late_ns = waiting.question.settled_ns + round(self._options.wait_s * NS_PER_S)
            is_late = self._now_ns >= late_ns
            answer = self._look(waiting, patient=not is_late) or (_nothing(waiting) if is_late else None)
            if answer is not None:
                self._open.remove(waiting)
                answers.append(answer)
        return answers

    def _look(self, waiting: _Open, *, patient: bool) -> Testimony | None:
        """The answer, if it can be given; ``patient``: a later frame may give a better one."""
        question, count = waiting.question, self._options.median_frames
        if not waiting.before:
            return _nothing(waiting)
        after = self._frames.after(waiting.from_ns, count, beyond=waiting.beyond, whole=patient)
        may_grow = patient and len(after) < count
        if not after or (may_grow and self._now_ns - after[0].mono_ns < PATIENCE_S * NS_PER_S):
            return None
        if self._shows_others(question, waiting.before[-1].mono_ns, after[-1].mono_ns):
            return _nothing(waiting)
        seen = self._compare(question, waiting.before, after)
        if isinstance(seen, NothingSeen):
            waiting.reason, waiting.from_ns = seen, after[-1].mono_ns + 1
            if seen is NothingSeen.NOTHING_CHANGED:
                # A picture may be older than it says, by the camera's delay: the next stretch may show it.
                waiting.beyond = after[-1].stretch
            if patient and seen in _PASSING:
                return None
            scenes = self._scenes(waiting, after) if seen is NothingSeen.NOTHING_CHANGED else ()
            return replace(_nothing(waiting), scenes=scenes)
        scenes = self._scenes(waiting, after)
        return Testimony(question.key, after[-1].mono_ns, question.side, tuple(seen), scenes)

    def _scenes(self, waiting: _Open, after: tuple[CalmFrame, ...]) -> tuple[SeenCrop, ...]:
        """The shelf before and after, for people."""
        box = surroundings(self.view, waiting.question.plates).within(self.view.area)
        return (
            self._crop(CropSide.BEFORE, waiting.before[:1], box), self._crop(CropSide.AFTER, after[-1:], box)
        )  # fmt: skip

    def _shows_others(self, question: Question, before_ns: int, after_ns: int) -> bool:
        """Whether another event of the same plates lies between the two pictures."""
        return any(
            other.key != question.key
            and set(other.plates) & set(question.plates)
            and other.settled_ns > before_ns
            and other.onset_ns < after_ns
            for other in self._asked
        )

    def _compare(
        self, question: Question, before: tuple[CalmFrame, ...], after: tuple[CalmFrame, ...]
    ) -> list[SeenCrop] | NothingSeen:
        """Crops of what changed: those that show the goods, then the same places at the other time."""
        if before[-1].rgb.shape != after[0].rgb.shape:
            return NothingSeen.MOVED_CAMERA
        shift = camera_shift(before[0].small, after[-1].small)
        if shift is None:
            return NothingSeen.MOVED_CAMERA
        part = context(self.view, question.plates)
        here = part.within(self.view.area)
        # The outermost ones are compared: the hand is farthest from them.
        pair = Pair(
            here.cut(before[0].rgb), here.cut(after[-1].rgb),
            self.view.slots(question.plates, part), self.view.slots(self.view.plates, part),
        )  # fmt: skip
        changes = find_changes(pair, (shift[0] * self.view.area.width, shift[1] * self.view.area.height))
        if isinstance(changes, NothingSeen):
            return changes
        frames = {CropSide.BEFORE: before, CropSide.AFTER: after}
        sides = sorted(CropSide, key=lambda side: side is not question.side)
        return [
            self._crop(side, frames[side], change.box.shifted(here)) for side in sides for change in changes
        ]

    def _crop(self, side: CropSide, frames: tuple[CalmFrame, ...], box: Region) -> SeenCrop:
        """Part of the median picture; ``box`` counts from the area's corner."""
        seen = box.shifted(self.view.area)
        return SeenCrop(
            self.view.camera, side, (frames[-1] if side is CropSide.BEFORE else frames[0]).mono_ns,
            (seen.left, seen.top, seen.width, seen.height),
            median_of([box.cut(frame.rgb) for frame in frames]).copy(),
        )  # fmt: skip


def _nothing(waiting: _Open) -> Testimony:
    return Testimony(waiting.question.key, side=waiting.question.side, nothing_seen=waiting.reason)
