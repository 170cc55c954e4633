"""What is said of an event, from frames in their order: seen, or why not."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from drawn_shelf import PLATES, draw, label, view

from edge.config import VisionSection
from edge.messages import CameraState, CropSide, NothingSeen
from edge.samples import NS_PER_S, CameraReport, Frame
from edge.vision.eyewitness import Eyewitness
from edge.vision.gallery.gallery import Sighting
from edge.vision.testimony import Question
from edge.vision.testimony import Testimony as Answer

FULL = [11, 12, 13, 14, 15, 16]
PERIOD_NS = NS_PER_S // 5
OPTIONS = VisionSection()


class Colours:
    """An embedder of few lines: what colours a crop has, and where."""

    model_sha256, size = "0" * 64, 48

    def embed(self, crops: Iterable[np.ndarray]) -> np.ndarray:
        rows = []
        for crop in crops:
            bands = [band.reshape(-1, 3).mean(axis=0) for band in np.array_split(crop, 16)]
            row = np.concatenate(bands) - 128
            rows.append(row / max(float(np.linalg.norm(row)), 1e-9))
        return np.array(rows, dtype=np.float32)


class Shop:
    """A gallery of labels by their seed; the farther the less likely."""

    def __init__(self, seeds: Iterable[int]) -> None:
        self._rows = {str(seed): Colours().embed([label(seed)])[0] for seed in seeds}

    def likelihoods(self, vectors: np.ndarray) -> list[Sighting]:
        return [
            Sighting({sku: float(20 * (vector @ row - 0.6)) for sku, row in self._rows.items()})
            for vector in vectors
        ]


def witness(**options: object) -> Eyewitness:
    return Eyewitness([view()], VisionSection(**options), Colours(), Shop(FULL))  # type: ignore[arg-type]


def without(column: int) -> list[int | None]:
    return [None if each == column else seed for each, seed in enumerate(FULL)]


def frames(pictures: Iterable[dict], first: int = 0) -> list[Frame]:
    return [
        Frame("cam", (first + n) * PERIOD_NS, draw(**{"goods": FULL, "noise": first + n, **each}))
        for n, each in enumerate(pictures)
    ]


def pick(
    column: int, onset: float, settled: float, number: int = 1, side: CropSide = CropSide.BEFORE
) -> Question:
    return Question(
        ("r", number), (PLATES[column],), side, round(onset * PERIOD_NS), round(settled * PERIOD_NS)
    )


CALM = [{}] * 6
HAND = [{"hand_at": 0.4}, {"hand_at": 0.45}, {"hand_at": 0.5}]


def said(eyes: Eyewitness, *arrived: Frame | CameraReport) -> list[Answer]:
    return [testimony for each in arrived for testimony in eyes.update(each)]


@pytest.mark.parametrize("late", [False, True], ids=["asked before the frames", "asked after them"])
def test_a_pick_is_recognised_by_what_vanished(late: bool) -> None:
    eyes = witness()
    before, after = frames([*CALM, *HAND]), frames([{"goods": without(2)}] * 8, 9)
    assert said(eyes, *before) == []
    question = pick(2, 6.5, 8)
    answers = said(eyes, *after) if late else list(eyes.ask(question))
    answers += eyes.ask(question) if late else said(eyes, *after)
    (answer,) = answers
    assert answer.nothing_seen is None
    assert max(answer.looks[0], key=answer.looks[0].__getitem__) == "13"
    assert answer.crops[0].side is CropSide.BEFORE
    assert {crop.side for crop in answer.crops} == set(CropSide)
    assert answer.mono_ns == 13 * PERIOD_NS  # the third calm one: 0.4 s after the hand was gone, and two more


def test_a_return_is_recognised_by_what_appeared() -> None:
    eyes = witness()
    said(eyes, *frames([{"goods": without(4)}] * 6 + HAND))
    eyes.ask(pick(4, 6.5, 8, side=CropSide.AFTER))
    (answer,) = said(eyes, *frames([{}] * 8, 9))
    assert max(answer.looks[0], key=answer.looks[0].__getitem__) == "15"
    assert answer.crops[0].side is CropSide.AFTER


def reason(
    after: list[dict], before: list[dict] = CALM, question: Question | None = None, **options: object
) -> object:
    eyes = witness(**{"wait_s": 2.0, **options})
    said(eyes, *frames([*before, *HAND]))
    answers = [*eyes.ask(question or pick(2, 6.5, 8)), *said(eyes, *frames(after, 9))]
    (answer,) = [*answers, *eyes.flush()]
    assert answer.looks == ()
    return answer.nothing_seen


def test_every_way_to_see_nothing_has_its_name() -> None:
    gone = {"goods": without(2)}
    waving = [{**gone, "hand_at": 0.3 + 0.05 * (n % 5)} for n in range(14)]
    assert reason(waving) is NothingSeen.NO_CALM_FRAME
    assert reason([{**gone, "hand_at": 0.38}] * 14) is NothingSeen.OCCLUDED
    assert reason([{**gone, "blur": 4.0}] * 14) is NothingSeen.BLURRED
    assert reason([{**gone, "gain": 0.07}] * 14) is NothingSeen.DARK
    assert reason([{**gone, "shift_px": (20.0, 5.0)}] * 14) is NothingSeen.MOVED_CAMERA
    assert reason([{}] * 14) is NothingSeen.NOTHING_CHANGED
    assert reason([gone] * 14, before=[]) is NothingSeen.NO_CALM_FRAME
    elsewhere = Question(("r", 1), ("other/1/1",), CropSide.BEFORE, 0, 1)
    assert reason([gone] * 14, question=elsewhere) is NothingSeen.NOT_IN_VIEW


def test_a_still_hand_is_waited_out() -> None:
    eyes = witness()
    said(eyes, *frames([*CALM, *HAND]))
    eyes.ask(pick(2, 6.5, 8))
    resting = [{"goods": without(2), "hand_at": 0.38}] * 6
    answers = said(eyes, *frames([*resting, *[{"goods": without(2)}] * 8], 9))
    assert [answer.nothing_seen for answer in answers] == [None]


def test_pictures_that_come_later_than_they_say_do_not_hide_what_went() -> None:
    """The plate settled, and three calm pictures still show what stood there before."""
    eyes = witness()
    said(eyes, *frames([*CALM, *CALM]))
    eyes.ask(pick(2, 6.5, 7))
    (answer,) = said(eyes, *frames([{"goods": without(2)}] * 8, 12))
    assert answer.nothing_seen is None


def test_a_camera_lost_in_mid_event_says_so_and_comes_back() -> None:
    eyes = witness()
    said(eyes, *frames([*CALM, *HAND]))
    eyes.ask(pick(2, 6.5, 8))
    (answer,) = said(eyes, CameraReport("cam", 10 * PERIOD_NS, CameraState.LOST))
    assert answer.nothing_seen is NothingSeen.CAMERA_LOST
    (at_once,) = eyes.ask(pick(3, 11, 12, number=2))
    assert at_once.nothing_seen is NothingSeen.CAMERA_LOST
    said(eyes, CameraReport("cam", 20 * PERIOD_NS, CameraState.OK), *frames([{}] * 6 + HAND, 21))
    eyes.ask(pick(2, 27.5, 29, number=3))
    (seen,) = said(eyes, *frames([{"goods": without(2)}] * 8, 30))
    assert seen.nothing_seen is None


def test_two_events_of_one_plate_in_one_stir_are_not_told_apart() -> None:
    eyes = witness()
    said(eyes, *frames([*CALM, *HAND]))
    eyes.ask(pick(2, 6.2, 7))
    eyes.ask(pick(2, 7.5, 8.2, number=2))
    answers = said(eyes, *frames([{"goods": without(2)}] * 8, 9))
    assert [answer.nothing_seen for answer in answers] == [NothingSeen.NO_CALM_FRAME] * 2


def test_what_was_withdrawn_is_not_answered_and_hides_nothing() -> None:
    eyes = witness()
    said(eyes, *frames([*CALM, *HAND]))
    eyes.ask(pick(2, 6.2, 8))
    eyes.ask(pick(2, 7.5, 8.2, number=2))
    eyes.withdraw(("r", 2))
    (answer,) = said(eyes, *frames([{"goods": without(2)}] * 8, 9))
    assert answer.nothing_seen is None


def test_without_a_gallery_there_are_pictures_and_no_names() -> None:
    eyes = Eyewitness([view()], OPTIONS)
    said(eyes, *frames([*CALM, *HAND]))
    eyes.ask(pick(2, 6.5, 8))
    (answer,) = said(eyes, *frames([{"goods": without(2)}] * 8, 9))
    assert (answer.nothing_seen, answer.looks) == (NothingSeen.NOT_ENROLLED, ())
    assert answer.crops


def test_frames_of_other_cameras_sizes_and_times_change_nothing() -> None:
    eyes = witness()
    stray = Frame("other", 5, np.zeros((9, 9, 3), np.uint8))
    small = Frame("cam", 6, np.zeros((9, 9, 3), np.uint8))
    late = Frame("cam", 0, draw(FULL))
    said(eyes, *frames([*CALM, *HAND]), stray, small, late)
    eyes.ask(pick(2, 6.5, 8))
    (answer,) = said(eyes, *frames([{"goods": without(2)}] * 8, 9))
    assert answer.nothing_seen is None


def test_reset_is_as_good_as_new() -> None:
    eyes = witness()
    said(eyes, *frames(CALM))
    eyes.ask(pick(2, 6.5, 8))
    eyes.reset()
    assert said(eyes, *frames([{"goods": without(2)}] * 8, 9)) == []
