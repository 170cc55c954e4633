"""Few calm frames, and the right ones."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.samples import NS_PER_S
from edge.vision.frame_buffer import FrameBuffer, median_of

PERIOD_NS = NS_PER_S // 5
SMALL = np.zeros((20, 30), np.float32)


def picture(level: int = 0) -> np.ndarray:
    return np.full((20, 30, 3), level, dtype=np.uint8)


def filled(calm: str) -> FrameBuffer:
    """A frame a letter: ``c`` calm, ``-`` not."""
    buffer = FrameBuffer(10_000_000)
    for index, letter in enumerate(calm):
        buffer.update(picture(index), SMALL, index * PERIOD_NS, calm=letter == "c")
    return buffer


def levels(frames: tuple) -> list[int]:
    return [int(frame.rgb[0, 0, 0]) for frame in frames]


def test_the_last_before_and_the_first_after() -> None:
    buffer = filled("cccccc----cccccc")
    onset_ns, settled_ns = round(6.5 * PERIOD_NS), 8 * PERIOD_NS
    assert levels(buffer.before(onset_ns, 3, oldest_ns=0)) == [3, 4, 5]
    assert levels(buffer.after(settled_ns, 3)) == [10, 11, 12]


def test_a_short_calm_that_ended_is_left_out_where_whole_ones_are_asked_for() -> None:
    """A hand that lay still for a moment was in it."""
    buffer, settled_ns = filled("cccccc---c---cccc"), 8 * PERIOD_NS
    assert levels(buffer.after(settled_ns, 3)) == [9]
    assert levels(buffer.after(settled_ns, 3, whole=True)) == [13, 14, 15]
    assert levels(filled("cccccc---cc").after(settled_ns, 3, whole=True)) == [9, 10]  # it goes on
    assert filled("cccccc---cc-").after(settled_ns, 3, whole=True) == ()


def test_a_frame_shortly_before_onset_may_show_the_hand() -> None:
    assert levels(filled("cccccc").before(4 * PERIOD_NS + 1, 3, oldest_ns=0)) == [1, 2, 3]


def test_frames_of_two_stretches_are_never_mixed() -> None:
    buffer = filled("cccc-c-ccc")
    assert levels(buffer.before(7 * PERIOD_NS - 1, 3, oldest_ns=0)) == [5]
    assert levels(buffer.after(5 * PERIOD_NS, 3)) == [5]


def test_old_frames_stand_for_nothing() -> None:
    assert filled("cccccc").before(100 * PERIOD_NS, 3, oldest_ns=90 * PERIOD_NS) == ()


def test_a_long_calm_keeps_its_ends() -> None:
    buffer = filled("-" * 3 + "c" * 200)
    assert levels(buffer.after(0, 3)) == [3, 4, 5]
    assert levels(buffer.before(203 * PERIOD_NS, 3, oldest_ns=0)) == [200, 201, 202]
    assert len(buffer) <= 14
    ended = filled("c" * 200 + "---")
    assert levels(ended.after(0, 3)) == [0, 1, 2]
    assert levels(ended.before(200 * PERIOD_NS, 3, oldest_ns=0)) == [197, 198, 199]
    assert len(ended) <= 8


@given(
    calm=st.text("c-", max_size=120),
    memory=st.integers(1, 30_000),
    sizes=st.lists(st.integers(1, 40), max_size=8),
)
@settings(max_examples=40, deadline=None)
def test_memory_is_bounded_whatever_comes(calm: str, memory: int, sizes: list[int]) -> None:
    buffer = FrameBuffer(memory)
    for index, letter in enumerate(calm):
        size = sizes[index % len(sizes)] if sizes else 10
        buffer.update(np.zeros((size, 30, 3), np.uint8), SMALL, index * PERIOD_NS, calm=letter == "c")
        assert len(buffer) <= 2 or buffer.pixel_bytes <= memory


def test_frames_are_copies() -> None:
    buffer, source = FrameBuffer(10_000), picture(7)
    buffer.update(source, SMALL, 0, calm=True)
    source[:] = 0
    assert levels(buffer.after(0, 1)) == [7]


def test_a_median_is_one_whatever_the_count() -> None:
    rng = np.random.default_rng(1)
    for count in (1, 2, 3, 4, 5):
        pictures = [rng.integers(0, 256, (5, 6, 3), dtype=np.uint8) for _ in range(count)]
        assert (median_of(pictures) == np.median(np.stack(pictures), axis=0).astype(np.uint8)).all()
