"""What is another thing than before: the changed part of the slots whose plates moved. No learned detector.

The two pictures are aligned (sub-pixel shift by phase correlation), brought to the same light (a gain and an
offset a channel, fitted to what has not changed), and compared by structure and colour:

    change = (1 - ZNCC) / 2 x texture + colour difference

where ZNCC is the zero-mean normalised cross-correlation in a small window (J. P. Lewis, Fast Normalized
Cross-Correlation, 1995), blind to what light is left over, and texture says whether there is any structure to
compare. What exceeds a threshold forms components; those in the slots are the goods, one that reaches in from
beside the shelf is something in front of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.messages import NothingSeen
from edge.samples import Rgb
from edge.vision.shelf_view import Region, ShelfView

Mask = NDArray[np.uint8]
Plane = NDArray[np.float32]

WORKING_PX = 160
"""[px] longer side of the pictures that are compared: the time goes with its square."""

SHIFT_WORKING_PX = (128, 64)
"""[px] width and height of the pictures whose shift is measured: sizes that the transform needs not pad."""

SHIFT_SHARE_MAX = 0.012
"""[1] of the view's width by which it may have moved between the pictures (1.5 px of 128)."""

SHIFT_RESPONSE_MIN = 0.03
"""[1] A weaker peak is no shift but another picture."""

DARK_LEVEL = 18.0
"""[levels of 255] mean below which a picture is dark."""

SHARPNESS_MIN, SHARPNESS_SHARE_MIN = 0.004, 0.3
"""[1, 1] share of fine structure below which a picture is blurred, alone and against the other one."""

WINDOW = 5
"""[px] side of the window in which structure and colour are compared."""

TEXTURE_LEVELS = 12.0
"""[levels of 255] standard deviation in a window from which its structure counts fully."""

COLOUR_LEVELS = 60.0
"""[levels of 255] difference of a channel's mean in a window that is a change by itself."""

FIT_SHARE = 0.6
"""[1] of the places, those that fit best, to which the light is fitted: goods may cover the rest."""

THRESHOLD = 0.40
"""[1] Chosen on rendered shelves: light left over stays below, look-alike labels come out above."""

LEAST_AREA_SHARE, LEAST_SIDE_PX = 0.02, 5
"""[1, px] of a slot's area, and of the working picture, that goods cover at least."""

INSIDE_SHARE = 0.5
"""[1] of a component that must lie in the slots to be goods of theirs."""

REACHING_PX = 3
"""[px] of the working picture's edge, beside the shelf, crossed by a thing that reaches in from outside."""

BESIDE = 0.5
"""[1] of the slots' shorter side that is compared to their left and right: the light is fitted there."""

PADDING = 0.06
"""[1] of a box's sides by which it is widened for its crop: the window eats edges."""

REGIONS_MAX = 2
"""Boxes that one event is worth."""


_HANNING = cv2.createHanningWindow(SHIFT_WORKING_PX, cv2.CV_32F)


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
    slots: Mask  # [height, width] 255 in the slots of the plates that moved
    shelf: Mask  # [height, width] 255 in the slots of all plates of the view


def camera_shift_px(before: Rgb, after: Rgb) -> tuple[float, float] | None:
    """By how much a view has moved between two pictures of it (right, down); ``None``: it is another view.

    Args:
        before: [height, width, 3] the whole area of the view.
        after: the same later.
    """
    size = SHIFT_WORKING_PX
    first, second = (
        cv2.resize(cv2.cvtColor(each, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA).astype(
            np.float32
        )
        for each in (before, after)
    )
    (right, down), response = cv2.phaseCorrelate(first, second, _HANNING)
    if response < SHIFT_RESPONSE_MIN or np.hypot(right, down) > SHIFT_SHARE_MAX * size[0]:
        return None
    return right * before.shape[1] / size[0], down * before.shape[0] / size[1]


def find_changes(pair: Pair, shift_px: tuple[float, float]) -> tuple[Change, ...] | NothingSeen:
    """The changed parts of the slots, largest first; or why they cannot be told.

    Args:
        pair: the pictures.
        shift_px: how the view has moved between them, right and down.
    """
    height, width = pair.before.shape[:2]
    scale = min(1.0, WORKING_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    before, after = (_reduced(picture, size) for picture in (pair.before, pair.after))
    slots, shelf = (
        cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST) > 0 for mask in (pair.slots, pair.shelf)
    )
    if (quality := _unusable(before, after, slots)) is not None:
        return quality
    after = _aligned(after, (shift_px[0] * size[0] / width, shift_px[1] * size[1] / height))
    score = change_map(before, _same_light(before, after))
    found = _components(score, slots, shelf)
    if isinstance(found, NothingSeen):
        return found
    back = (width / size[0], height / size[1])
    return tuple(Change(_padded(each.box, back, (width, height)), each.strength) for each in found)


def change_map(before: Plane, after: Plane) -> Plane:
    """[height, width] how much each place differs, about 0 to 2.

    Args:
        before: [height, width, 3] levels.
        after: the same part later, aligned and in the same light.
    """
    grey_before, grey_after = (_grey(each) for each in (before, after))
    mean_before, mean_after = _window_mean(grey_before), _window_mean(grey_after)
    variance_before = np.maximum(_window_mean(grey_before * grey_before) - mean_before**2, 0.0)
    variance_after = np.maximum(_window_mean(grey_after * grey_after) - mean_after**2, 0.0)
    covariance = _window_mean(grey_before * grey_after) - mean_before * mean_after
    spread = np.sqrt(variance_before * variance_after)
    zncc = covariance / np.maximum(spread, 1.0)
    texture = np.minimum(np.sqrt(np.maximum(variance_before, variance_after)) / TEXTURE_LEVELS, 1.0)
    colour = np.abs(_window_mean(before) - _window_mean(after)).max(axis=2) / COLOUR_LEVELS
    return np.asarray((1.0 - np.clip(zncc, -1.0, 1.0)) / 2 * texture + colour, dtype=np.float32)


def _reduced(picture: Rgb, size: tuple[int, int]) -> Plane:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _grey(picture: Plane) -> Plane:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.float32)


def _window_mean(values: Plane) -> Plane:
    return np.asarray(cv2.blur(values, (WINDOW, WINDOW)), dtype=np.float32)


def _aligned(after: Plane, shift_px: tuple[float, float]) -> Plane:
    if np.hypot(*shift_px) < 0.05:
        return after
    move = np.array([[1.0, 0.0, -shift_px[0]], [0.0, 1.0, -shift_px[1]]], dtype=np.float32)
    size = (after.shape[1], after.shape[0])
    moved = cv2.warpAffine(after, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.float32)


def _unusable(before: Plane, after: Plane, slots: NDArray[np.bool_]) -> NothingSeen | None:
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


def _sharpness(picture: Plane, here: NDArray[np.bool_]) -> float:
    """[1] energy of the finest structure against that of all structure: light and contrast cancel."""
    grey = cv2.GaussianBlur(_grey(picture), (3, 3), 0)
    mask = here.view(np.uint8)
    _, fine = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_32F), mask=mask)
    _, coarse = cv2.meanStdDev(grey, mask=mask)
    return float(fine[0, 0] ** 2) / max(float(coarse[0, 0] ** 2), 1.0)


def _same_light(before: Plane, after: Plane) -> Plane:
    """``after`` in the light of ``before``: gain and offset a channel, least squares over what fits best."""
    lit = np.empty_like(after)
    for channel in range(3):
        x, y = after[::4, ::4, channel].ravel(), before[::4, ::4, channel].ravel()
        gain, offset = 1.0, float(np.median(y - x))
        for _ in range(3):
            residual = np.abs(gain * x + offset - y)
            middle = int(FIT_SHARE * (residual.size - 1))
            fits = residual <= max(float(np.partition(residual, middle)[middle]), 2.0)
            x_mean, y_mean = float(x[fits].mean()), float(y[fits].mean())
            apart = x[fits] - x_mean
            if (spread := float(apart @ apart)) > fits.sum():
                gain = min(max(float(apart @ (y[fits] - y_mean)) / spread, 0.5), 2.0)
            offset = y_mean - gain * x_mean
        lit[:, :, channel] = gain * after[:, :, channel] + offset
    return lit


def _components(
    score: Plane, slots: NDArray[np.bool_], shelf: NDArray[np.bool_]
) -> list[Change] | NothingSeen:
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
        here = labels == label
        area = int(stats[label, cv2.CC_STAT_AREA])
        inside = int((here & slots).sum())
        if inside < least_px:
            continue
        if int((here & edge).sum()) >= REACHING_PX:
            return NothingSeen.OCCLUDED
        if inside < INSIDE_SHARE * area:
            continue
        left, top, width, height = (int(stats[label, each]) for each in range(4))
        if min(width, height) >= LEAST_SIDE_PX:
            goods.append(
                (area, Change(Region(left, top, width, height), float(score[here].mean()) - THRESHOLD))
            )
    goods.sort(key=lambda each: -each[0])
    if not goods:
        return NothingSeen.NOTHING_CHANGED
    return [each for area, each in goods[:REGIONS_MAX] if 4 * area >= goods[0][0]]


def _padded(box: Region, scale: tuple[float, float], size: tuple[int, int]) -> Region:
    """A box of the working picture in the full one, a little wider, within it."""
    pad_x, pad_y = PADDING * box.width, PADDING * box.height
    left, top = max(0, int((box.left - pad_x) * scale[0])), max(0, int((box.top - pad_y) * scale[1]))
    right = min(size[0], round((box.left + box.width + pad_x) * scale[0]))
    bottom = min(size[1], round((box.top + box.height + pad_y) * scale[1]))
    return Region(left, top, max(1, right - left), max(1, bottom - top))
