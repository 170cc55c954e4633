"""What the node's loop may expect of the thread that teaches: it never waits, and a fault is a sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import numpy as np
import pytest

from edge.errors import GalleryError
from edge.messages import EventKind, NodeMessage, PlateDelta, ShelfEvent
from edge.node.schooling import WAITING_MAX, Schooling
from edge.vision.testimony import Lesson

PATIENCE_S = 10.0


@dataclass
class Pupil:
    """Learns the number of every event; slow while ``may_learn`` is not set."""

    may_learn: threading.Event = field(default_factory=threading.Event)
    heard: list[tuple[int, int]] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def learn(self, lesson: Lesson) -> str | None:
        self.may_learn.wait(PATIENCE_S)
        return self._note(lesson.event)

    def revise(self, told: NodeMessage) -> str | None:
        return self._note(told)

    def _note(self, told: NodeMessage) -> str | None:
        with self.news:
            self.heard.append((told.seq, told.revision))
            self.news.notify_all()
        if told.seq == 13:
            raise GalleryError("no gallery here")
        return f"after {told.seq}"

    def wait_for(self, count: int) -> None:
        with self.news:
            assert self.news.wait_for(lambda: len(self.heard) >= count, PATIENCE_S)


def event(seq: int, revision: int = 1) -> ShelfEvent:
    return ShelfEvent(
        node="n", boot="b", seq=seq, revision=revision, t_onset=0.0, t_settled=1.0, t_decided=1.0,
        kind=EventKind.PICK, delta_g=-1.0, sigma_g=1.0, plates=(PlateDelta("1/1/1", -1.0),), log_odds=1.0,
        hypotheses=(),
    )  # fmt: skip


def lesson(seq: int) -> Lesson:
    return Lesson(event(seq), np.zeros((2, 2, 3), np.uint8))


@pytest.fixture
def pupil() -> Pupil:
    return Pupil()


def opened(pupil: Pupil, adopt: Callable[[str], None] = lambda _: None) -> Schooling[str]:
    return Schooling(lambda: pupil, adopt)


def test_what_was_learnt_is_adopted_in_the_loop(pupil: Pupil) -> None:
    adopted: list[tuple[str, str]] = []
    school = opened(pupil, lambda gallery: adopted.append((gallery, threading.current_thread().name)))
    pupil.may_learn.set()
    school.update([lesson(1), lesson(2)], [])
    pupil.wait_for(2)
    school.close()
    school.update([], [])
    here = threading.current_thread().name
    assert adopted == [("after 1", here), ("after 2", here)]


def test_only_revisions_of_what_was_taught_are_told(pupil: Pupil) -> None:
    school = opened(pupil)
    pupil.may_learn.set()
    school.update([lesson(1)], [event(1, 0), event(2, 3)])
    school.update([], [event(1, 2)])
    pupil.wait_for(2)
    school.close()
    assert pupil.heard == [(1, 1), (1, 2)]


def test_the_loop_never_waits_and_what_is_too_much_is_not_learnt(pupil: Pupil) -> None:
    school = opened(pupil)
    for seq in range(3 * WAITING_MAX):
        school.update([lesson(seq)], [])
    pupil.may_learn.set()
    pupil.wait_for(WAITING_MAX)
    school.close()
    assert WAITING_MAX <= len(pupil.heard) <= WAITING_MAX + 1


def test_a_fault_is_one_sentence_and_over_with_the_next_lesson(pupil: Pupil) -> None:
    school = opened(pupil)
    pupil.may_learn.set()
    school.update([lesson(13)], [])
    pupil.wait_for(1)
    school.close()
    assert school.fault.startswith("self-labelling: ")
    assert "no gallery here" in school.fault
    again = opened(pupil)
    again.update([lesson(13), lesson(14)], [])
    pupil.wait_for(3)
    again.close()
    assert again.fault == ""


def test_a_gallery_that_cannot_be_opened_is_a_fault(pupil: Pupil) -> None:
    asked = threading.Event()

    def refuse() -> Pupil:
        asked.set()
        raise GalleryError("damaged")

    school = Schooling(refuse, lambda _: None)
    school.update([lesson(1)], [msgspec.structs.replace(event(1), revision=2)])
    assert asked.wait(PATIENCE_S)
    school.close()
    assert "damaged" in school.fault
    assert pupil.heard == []
