"""Where a camera moved to is told to two pixels of 640, from small pictures."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_shelf import draw
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.samples import Rgb
from edge.vision.camera_shift import camera_shift
from edge.vision.thumbnail import WIDTH_PX, thumbnail

FULL = [11, 12, 13, 14, 15, 16]


def shift_px(before: Rgb, after: Rgb) -> tuple[float, float] | None:
    found = camera_shift(thumbnail(before), thumbnail(after))
    return None if found is None else (found[0] * before.shape[1], found[1] * before.shape[0])


@pytest.mark.parametrize("moved_px", [(0.0, 0.0), (1.5, -1.0), (-4.0, 2.0), (5.0, 3.0)])
def test_a_shift_is_told_though_a_unit_is_gone(moved_px: tuple[float, float]) -> None:
    found = shift_px(draw(FULL, noise=1), draw([11, 12, None, 14, 15, 16], noise=2, shift_px=moved_px))
    assert found == pytest.approx(moved_px, abs=2.0)


def test_another_view_has_no_shift() -> None:
    assert shift_px(draw(FULL, noise=1), draw(FULL, noise=2, shift_px=(40.0, 10.0))) is None


@given(st.integers(1, 300), st.integers(1, 300))
@settings(max_examples=40, deadline=None)
def test_thumbnails_of_any_size_have_the_picture_s_mean(height: int, width: int) -> None:
    small = thumbnail(np.full((height, width, 3), 70, np.uint8))
    assert small.shape[1] == min(width, WIDTH_PX)
    np.testing.assert_allclose(small, 70, atol=1)
