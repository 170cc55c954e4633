"""What is another thing than before: the changed part of the slots whose plates moved. No learned detector.

The two pictures are aligned and compared (:mod:`edge.vision.change_map`). What exceeds a threshold forms
components; those in the slots are the goods, one that reaches in from beside the shelf is something in front
of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.messages import NothingSeen
from edge.samples import Rgb
from edge.vision.change_map import Plane, change_map, grey
from edge.vision.shelf_view import Polygon, Region, ShelfView

Mask = NDArray[np.bool_]

WORKING_PX = 128
"""[px] about the longer side of the pictures that are compared: the time goes with its square."""

DARK_LEVEL = 18.0
"""[levels of 255] mean below which a picture is dark."""

SHARPNESS_MIN, SHARPNESS_SHARE_MIN = 0.004, 0.3
"""[1, 1] share of fine structure below which a picture is blurred, alone and against the other one."""

THRESHOLD = 0.40
"""[1] Chosen on rendered shelves: light left over stays below, look-alike labels come out above."""

LEAST_AREA_SHARE, LEAST_SIDE_PX = 0.02, 5
"""[1, px] of a slot's area, and of the working picture, that goods cover at least."""

INSIDE_SHARE = 0.5
"""[1] of a component that must lie in the slots to be goods of theirs."""

REACHING_PX = 3
"""[px] of the working picture's edge, beside the shelf, crossed by a thing that reaches in from outside."""

ALIGNED_PX = 0.12
"""[px] of the working picture: pictures so near to each other are compared as they are."""

BESIDE = 0.5
"""[1] of the slots' shorter side that is compared to their left and right: the light is fitted there."""

PADDING = 0.03
"""[1] of a box's sides by which it is widened for its crop: the window eats edges."""

REGIONS_MAX = 2
"""Boxes that one event is worth."""


@dataclass(frozen=True, slots=True)
class Change:
    """A part of the picture that is another one than before."""

    box: Region  # [px] in the pictures that were compared
    strength: float  # [1] mean change in it, above the threshold


def context(view: ShelfView, plates: Sequence[str]) -> Region:
    """The part of the view's area that is compared for these plates.

    Their slots, what stands beside them, and all above and below, from where a hand reaches in.
    """
    slots, area = view.region(plates), view.area
    beside = round(BESIDE * min(slots.width, slots.height))
    left = max(area.left, slots.left - beside)
    right = min(area.left + area.width, slots.left + slots.width + beside)
    return Region(left, area.top, right - left, area.height)


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two pictures of the same part of a view, and where in it the goods may be."""

    before: Rgb  # [height, width, 3]
    after: Rgb  # [height, width, 3]
    slots: Sequence[Polygon]  # [px] of the plates that moved
    shelf: Sequence[Polygon]  # [px] of all plates of the view


def find_changes(pair: Pair, shift_px: tuple[float, float]) -> tuple[Change, ...] | NothingSeen:
    """The changed parts of the slots, largest first; or why they cannot be told.

    Args:
        pair: the pictures.
        shift_px: how the view has moved between them, right and down.
    """
    height, width = pair.before.shape[:2]
    halvings = max(0, round(log2(max(height, width) / WORKING_PX)))
    scale = 2**halvings
    before, after = (_reduced(picture, halvings) for picture in (pair.before, pair.after))
    slots, shelf = (_filled(each, scale, before.shape) for each in (pair.slots, pair.shelf))
    if (quality := _unusable(before, after, slots)) is not None:
        return quality
    score = change_map(before, _aligned(after, (shift_px[0] / scale, shift_px[1] / scale)))
    found = _components(score, slots, shelf)
    if isinstance(found, NothingSeen):
        return found
    return tuple(Change(_padded(each.box, scale, (width, height)), each.strength) for each in found)


def _reduced(picture: Rgb, halvings: int) -> Plane:
    """Halved some times; a side of one pixel stays."""
    for _ in range(halvings):
        across, down = (max(1, side // 2) for side in picture.shape[1::-1])
        even = picture[: 2 * down, : 2 * across]
        picture = np.asarray(cv2.resize(even, (across, down), interpolation=cv2.INTER_AREA), np.uint8)
    return picture.astype(np.float32)


def _filled(polygons: Sequence[Polygon], scale: float, shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape[:2], dtype=np.uint8)
    for polygon in polygons:
        cv2.fillConvexPoly(mask, np.round(polygon / scale).astype(np.int32), 1)
    return mask.view(np.bool_)


def _aligned(after: Plane, shift_px: tuple[float, float]) -> Plane:
    if np.hypot(*shift_px) < ALIGNED_PX:
        return after
    move = np.array([[1.0, 0.0, -shift_px[0]], [0.0, 1.0, -shift_px[1]]], dtype=np.float32)
    size = (after.shape[1], after.shape[0])
    moved = cv2.warpAffine(after, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.float32)


def _unusable(before: Plane, after: Plane, slots: Mask) -> NothingSeen | None:
    if not slots.any():
        return NothingSeen.NOT_IN_VIEW
    if min(np.mean(cv2.mean(picture, slots.view(np.uint8))[:3]) for picture in (before, after)) < DARK_LEVEL:
        return NothingSeen.DARK
    # What stands beside the slots is the same in both; if nothing does, the slots must do.
    around = ~slots if (~slots).mean() > 0.2 else np.ones_like(slots)
    sharpness = [_sharpness(each, around) for each in (before, after)]
    if min(sharpness) < max(SHARPNESS_MIN, SHARPNESS_SHARE_MIN * max(sharpness)):
        return NothingSeen.BLURRED
    return None


def _sharpness(picture: Plane, here: Mask) -> float:
    """[1] energy of the finest structure against that of all structure: light and contrast cancel."""
    smooth = cv2.GaussianBlur(grey(picture), (3, 3), 0)
    mask = here.view(np.uint8)
    _, fine = cv2.meanStdDev(cv2.Laplacian(smooth, cv2.CV_32F), mask=mask)
    _, coarse = cv2.meanStdDev(smooth, mask=mask)
    return float(fine[0, 0] ** 2) / max(float(coarse[0, 0] ** 2), 1.0)


def _components(score: Plane, slots: Mask, shelf: Mask) -> list[Change] | NothingSeen:
    small, large = (cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)) for side in (3, 5))
    over = (score > THRESHOLD).astype(np.uint8)
    opened = cv2.morphologyEx(over, cv2.MORPH_OPEN, small)
    changed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, large)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(changed, connectivity=8)
    least_px = max(LEAST_AREA_SHARE * float(slots.sum()), LEAST_SIDE_PX**2)
    edge = ~shelf
    edge[1:-1, 1:-1] = False
    goods: list[tuple[int, Change]] = []
    for label in range(1, count):
        area = int(stats[label, cv2.CC_STAT_AREA])
        if area < least_px:
            continue
        left, top, width, height = (int(stats[label, each]) for each in range(4))
        box = Region(left, top, width, height)
        here = box.cut(labels) == label
        inside = np.count_nonzero(here & box.cut(slots))
        if inside < least_px:
            continue
        if np.count_nonzero(here & box.cut(edge)) >= REACHING_PX:
            return NothingSeen.OCCLUDED
        if inside >= INSIDE_SHARE * area and min(width, height) >= LEAST_SIDE_PX:
            goods.append((area, Change(box, float(box.cut(score)[here].mean()) - THRESHOLD)))
    goods.sort(key=lambda each: -each[0])
    if not goods:
        return NothingSeen.NOTHING_CHANGED
    return [each for area, each in goods[:REGIONS_MAX] if 4 * area >= goods[0][0]]


def _padded(box: Region, scale: int, size: tuple[int, int]) -> Region:
    """A box of the working picture in the full one, a little wider, within it."""
    pad_x, pad_y = PADDING * box.width, PADDING * box.height
    left, top = max(0, int((box.left - pad_x) * scale)), max(0, int((box.top - pad_y) * scale))
    right = min(size[0], round((box.left + box.width + pad_x) * scale))
    bottom = min(size[1], round((box.top + box.height + pad_y) * scale))
    return Region(left, top, max(1, right - left), max(1, bottom - top))
