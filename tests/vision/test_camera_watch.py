"""What pictures and silence of a camera are taken for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.config import CameraSection
from edge.messages import CameraState
from edge.samples import NS_PER_S
from edge.vision.camera.source import CameraFaultError, Picture
from edge.vision.camera.watch import CameraWatch, as_rgb

SIZE_PX = (32, 24)
SECTION = CameraSection(camera="cam", source="pictures", lost_after_s=5, frozen_after_s=10)


def picture(at_s: float, seed: int | None = None, size: tuple[int, int] = SIZE_PX) -> Picture:
    rng = np.random.default_rng(round(at_s * 10) if seed is None else seed)
    return Picture(rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8), round(at_s * NS_PER_S))


def fed(watch: CameraWatch, *pictures: Picture) -> list[bool]:
    return [watch.update(each, each.mono_ns) is not None for each in pictures]


def test_good_pictures_become_frames_and_their_rate_is_measured() -> None:
    watch = CameraWatch(SECTION, SIZE_PX)
    assert watch.state is CameraState.STARTING
    assert all(fed(watch, *[picture(1 + n / 5) for n in range(10)]))
    assert watch.health().state is CameraState.OK
    assert watch.health().rate_hz == pytest.approx(5.0, rel=0.01)


def test_a_camera_without_a_view_gives_frames_and_says_what_to_run() -> None:
    watch = CameraWatch(SECTION, None)
    assert fed(watch, picture(1)) == [True]
    assert watch.state is CameraState.UNCALIBRATED
    assert "steelyard calibrate camera cam" in watch.health().detail


def test_the_same_picture_for_long_is_frozen_and_comes_back() -> None:
    watch = CameraWatch(SECTION, SIZE_PX)
    assert fed(watch, *[picture(1 + n, seed=7) for n in range(12)]) == [True] * 10 + [False] * 2
    assert watch.state is CameraState.FROZEN
    assert fed(watch, picture(14, seed=8)) == [True]
    assert watch.state is CameraState.OK


def test_another_size_is_refused_in_mid_stream() -> None:
    watch = CameraWatch(SECTION, SIZE_PX)
    assert fed(watch, picture(1), picture(2, size=(64, 48)), picture(3)) == [True, False, True]
    assert watch.health().refused_total == 1


def test_time_never_runs_backwards() -> None:
    watch = CameraWatch(SECTION, SIZE_PX)
    assert fed(watch, picture(5), picture(4)) == [True, False]
    assert watch.state is CameraState.CLOCK_OFF


def test_silence_is_a_lost_camera() -> None:
    watch = CameraWatch(SECTION, SIZE_PX)
    fed(watch, picture(10))
    assert not watch.silence(14 * NS_PER_S)
    assert watch.silence(16 * NS_PER_S)
    assert watch.state is CameraState.LOST
    fed(watch, picture(17))
    assert watch.state is CameraState.OK


def test_one_that_never_spoke_is_lost_after_a_while() -> None:
    watch = CameraWatch(SECTION, SIZE_PX)
    assert [watch.silence(at * NS_PER_S) for at in (100, 103, 106)] == [False, False, True]


def test_a_fault_of_the_source_is_the_state() -> None:
    watch = CameraWatch(SECTION, SIZE_PX)
    watch.fault(CameraFaultError(CameraState.CLOCK_OFF, "the clock is off", where="cam"))
    assert (watch.state, watch.health().refused_total) == (CameraState.CLOCK_OFF, 1)
    assert "the clock is off" in watch.health().detail


HOSTILE = {
    "no pixels": np.zeros((0, 0, 3), np.uint8),
    "no rows": np.zeros((0, 5, 3), np.uint8),
    "two channels": np.zeros((5, 5, 2), np.uint8),
    "floats": np.zeros((5, 5, 3)),
    "four axes": np.zeros((1, 5, 5, 3), np.uint8),
    "a line": np.zeros(5, np.uint8),
}


@pytest.mark.parametrize("pixels", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_picture_is_refused(pixels: np.ndarray) -> None:
    watch = CameraWatch(SECTION, None)
    assert watch.update(Picture(pixels, NS_PER_S), NS_PER_S) is None
    assert watch.state is CameraState.UNREADABLE


def test_grey_and_alpha_are_converted() -> None:
    grey = np.full((4, 5), 9, np.uint8)
    assert as_rgb(grey).shape == as_rgb(grey[:, :, None]).shape == (4, 5, 3)
    assert as_rgb(np.dstack([grey] * 4)).shape == (4, 5, 3)


SHAPES = st.sampled_from([(24, 32, 3), (24, 32), (24, 32, 4), (0, 0, 3), (12, 32, 3), (24, 32, 2), (24,)])


@given(shapes=st.lists(st.tuples(SHAPES, st.integers(-5, 100)), max_size=20))
@settings(max_examples=50, deadline=None)
def test_frames_are_always_rgb_of_the_views_size_in_order(shapes: list) -> None:
    watch = CameraWatch(SECTION, SIZE_PX)
    last_ns = None
    for shape, at in shapes:
        frame = watch.update(Picture(np.zeros(shape, np.uint8), at * NS_PER_S), 200 * NS_PER_S)
        if frame is not None:
            assert frame.rgb.shape == (SIZE_PX[1], SIZE_PX[0], 3)
            assert last_ns is None or frame.mono_ns > last_ns
            last_ns = frame.mono_ns
