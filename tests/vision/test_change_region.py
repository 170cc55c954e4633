"""The changed region of drawn shelves: found where goods went or came, and nowhere else; else why not."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_shelf import PLATES, SIZE_PX, draw, view
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.messages import NothingSeen
from edge.samples import Rgb
from edge.vision.camera_shift import camera_shift
from edge.vision.change_region import Change, Pair, context, find_changes
from edge.vision.shelf_view import Region
from edge.vision.thumbnail import thumbnail

VIEW = view()
FULL = [11, 12, 13, 14, 15, 16]
LIGHTS = {
    "the same": {},
    "a little brighter": {"gain": 1.03},
    "warmer, and brighter to one side": {"gain": (1.12, 1.06, 1.0), "gradient": 0.1},
    "half as bright": {"gain": 0.6},
    "camera nudged": {"shift_px": (1.6, -0.8)},
}


def look(before: Rgb, after: Rgb, *plates: str) -> tuple[Change, ...] | NothingSeen:
    """Boxes in the camera's picture."""
    shift = camera_shift(thumbnail(VIEW.area.cut(before)), thumbnail(VIEW.area.cut(after)))
    if shift is None:
        return NothingSeen.MOVED_CAMERA
    part = context(VIEW, plates)
    pair = Pair(part.cut(before), part.cut(after), VIEW.slots(plates, part), VIEW.slots(VIEW.plates, part))
    found = find_changes(pair, (shift[0] * VIEW.area.width, shift[1] * VIEW.area.height))
    if isinstance(found, NothingSeen):
        return found
    return tuple(Change(each.box.shifted(part), each.strength) for each in found)


def overlap(one: Region, other: Region) -> float:
    """[1] intersection over union."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    both = max(width, 0) * max(height, 0)
    return both / (one.width * one.height + other.width * other.height - both)


def without(column: int) -> list[int | None]:
    return [None if each == column else seed for each, seed in enumerate(FULL)]


@pytest.mark.parametrize("light", LIGHTS.values(), ids=LIGHTS)
@pytest.mark.parametrize("column", [0, 3])
def test_what_vanished_is_found(column: int, light: dict[str, object]) -> None:
    found = look(draw(FULL, noise=1), draw(without(column), noise=2, **light), PLATES[column])
    assert not isinstance(found, NothingSeen)
    assert overlap(found[0].box, Region(64 + 86 * column, 155, 60, 130)) > 0.6


def test_what_appeared_is_found() -> None:
    found = look(draw(without(2), noise=1), draw(FULL, noise=2), PLATES[2])
    assert not isinstance(found, NothingSeen)
    assert overlap(found[0].box, Region(64 + 86 * 2, 155, 60, 130)) > 0.6


@pytest.mark.parametrize("light", LIGHTS.values(), ids=LIGHTS)
def test_nothing_changed(light: dict[str, object]) -> None:
    for column in (1, 4):
        assert (
            look(draw(FULL, noise=1), draw(FULL, noise=2, **light), PLATES[column])
            is NothingSeen.NOTHING_CHANGED
        )


def test_a_change_elsewhere_is_none_of_these_plates() -> None:
    after = draw(without(4), noise=2)
    assert look(draw(FULL, noise=1), after, PLATES[0]) is NothingSeen.NOTHING_CHANGED
    assert look(draw(FULL, noise=1), after, PLATES[4]) is not NothingSeen.NOTHING_CHANGED


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ({"hand_at": 0.55}, NothingSeen.OCCLUDED),
        ({"blur": 4.0}, NothingSeen.BLURRED),
        ({"gain": 0.08}, NothingSeen.DARK),
        ({"shift_px": (25.0, 8.0)}, NothingSeen.MOVED_CAMERA),
    ],
)
def test_a_spoilt_picture_says_why(spoilt: dict[str, object], reason: NothingSeen) -> None:
    assert look(draw(FULL, noise=1), draw(without(3), noise=2, **spoilt), PLATES[3]) is reason


@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    seed=st.integers(0, 9),
    levels=st.sampled_from([0, 1, 128, 255]),
)
@settings(max_examples=25, deadline=None)
def test_any_pair_has_an_answer(size: tuple[int, int], seed: int, levels: int) -> None:
    """Tiny, flat and random pictures: an answer, boxes within them, and the same one again."""
    rng = np.random.default_rng(seed)
    before = np.full((*size, 3), levels, dtype=np.uint8)
    after = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    slots = [rng.uniform(-0.2, 1.2, (4, 2)).astype(np.float32) * size[::-1] for _ in range(2)]
    pair = Pair(before, after, slots, slots)
    found = find_changes(pair, (0.0, 0.0))
    assert found == find_changes(pair, (0.0, 0.0))
    if not isinstance(found, NothingSeen):
        for each in found:
            assert each.box.left + each.box.width <= size[1]
            assert each.box.top + each.box.height <= size[0]


def test_the_area_of_a_view_is_within_its_picture() -> None:
    area = VIEW.area
    assert area.left >= 0
    assert area.top >= 0
    assert area.left + area.width <= SIZE_PX[0]
    assert area.top + area.height <= SIZE_PX[1]
