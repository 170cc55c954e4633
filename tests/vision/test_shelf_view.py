"""Plates and picture: the homography, and the corners that are refused."""

from __future__ import annotations

import itertools
import math

import msgspec
import numpy as np
import pytest
from drawn_shelf import CORNERS_PX, ENTRY, PLANOGRAM, PLATES, SIZE_PX, view
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.config import ViewPlane
from edge.planogram import Box, Facing, Planogram
from edge.vision.shelf_view import Region, ShelfView, ViewRefusal, ViewRefusedError, check_corners


def refusal(**changed: object) -> ViewRefusal:
    with pytest.raises(ViewRefusedError) as refused:
        ShelfView("cam", msgspec.structs.replace(ENTRY, **changed), PLANOGRAM)
    return refused.value.reason


def test_the_slots_lie_side_by_side_between_the_corners() -> None:
    middles = [view().slot(plate).mean(axis=0) for plate in PLATES]
    assert all(left[0] < right[0] for left, right in itertools.pairwise(middles))
    region = view().region(PLATES)
    assert region.left < CORNERS_PX[3][0]
    assert region.left + region.width > CORNERS_PX[2][0]


def test_a_turned_gondola_is_seen_alike() -> None:
    """What counts is the gondola's own axes, not the store's."""
    yaw = 2.1
    turned = {
        plate: Box((math.cos(yaw) * 0.1 * n + 3, math.sin(yaw) * 0.1 * n - 1, 1.0), (0.1, 0.4, 0.3), yaw)
        for n, plate in enumerate(PLATES)
    }
    seen = ShelfView("cam", ENTRY, Planogram("turned", turned, [Facing((PLATES[0],), None)]))
    for plate in PLATES:
        assert np.allclose(seen.slot(plate), view().slot(plate), atol=0.05)


def test_a_shelf_seen_from_above() -> None:
    seen = ShelfView("cam", msgspec.structs.replace(ENTRY, plane=ViewPlane.TOP), PLANOGRAM)
    assert seen.plates == PLATES


REFUSED = {
    "mirrored": (tuple(CORNERS_PX[i] for i in (1, 0, 3, 2)), ViewRefusal.MIRRORED),
    "other way round": (tuple(CORNERS_PX[i] for i in (3, 2, 1, 0)), ViewRefusal.MIRRORED),
    "crossed": (tuple(CORNERS_PX[i] for i in (0, 2, 1, 3)), ViewRefusal.DEGENERATE),
    "on a line": (((10.0, 10.0), (200.0, 10.0), (400.0, 10.0), (600.0, 10.0)), ViewRefusal.DEGENERATE),
    "one point": (((50.0, 50.0),) * 4, ViewRefusal.DEGENERATE),
    "a dent": (((50.0, 50.0), (600.0, 50.0), (300.0, 80.0), (50.0, 300.0)), ViewRefusal.DEGENERATE),
    "tiny": (((50.0, 50.0), (70.0, 50.0), (70.0, 70.0), (50.0, 70.0)), ViewRefusal.DEGENERATE),
    "outside": (((-900.0, 50.0), (600.0, 50.0), (600.0, 300.0), (50.0, 300.0)), ViewRefusal.OUTSIDE),
}


@pytest.mark.parametrize(("corners", "reason"), REFUSED.values(), ids=REFUSED)
def test_corners_that_are_no_shelf_are_refused(corners: tuple, reason: ViewRefusal) -> None:
    assert refusal(corners_px=corners) is reason


def test_plates_that_cannot_be_on_one_plane_are_refused() -> None:
    assert refusal(plates=("g/9/9",)) is ViewRefusal.UNKNOWN_PLATE
    plates = {**PLANOGRAM.plates, "h/1/1": Box((0.0, 2.0, 1.0), (0.1, 0.4, 0.3))}
    with pytest.raises(ViewRefusedError) as refused:
        ShelfView(
            "cam", msgspec.structs.replace(ENTRY, plates=(*PLATES, "h/1/1")), Planogram("p", plates, [])
        )
    assert refused.value.reason is ViewRefusal.NOT_COPLANAR
    assert "h/1/1" in str(refused.value)


POINTS = st.tuples(*[st.tuples(st.floats(-200, 900), st.floats(-200, 600)) for _ in range(4)])


@given(corners=POINTS)
@settings(max_examples=150, deadline=None)
def test_any_corners_make_a_view_or_a_refusal(corners: tuple) -> None:
    """And whatever is accepted has slots of finite size, in the picture or cut to it."""
    try:
        seen = ShelfView("cam", msgspec.structs.replace(ENTRY, corners_px=corners), PLANOGRAM)
    except ViewRefusedError:
        return
    for plate in PLATES:
        assert np.isfinite(seen.slot(plate)).all()
    area = seen.area
    assert 0 <= area.left < area.left + area.width <= SIZE_PX[0]
    assert len(seen.slots(PLATES, area)) == len(PLATES)


def test_not_a_number_is_no_corner() -> None:
    with pytest.raises(ViewRefusedError):
        check_corners(((math.nan, 0.0), *CORNERS_PX[1:]), SIZE_PX, where="cam")


def test_regions_count_from_each_other() -> None:
    inner, outer = Region(30, 40, 5, 6), Region(10, 20, 50, 50)
    assert inner.within(outer) == Region(20, 20, 5, 6)
    assert inner.within(outer).shifted(outer) == inner
