"""Hands that reach into a shelf, with what they carry, seen by its camera."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.messages import EventKind
from edge.payload import Point
from edge.planogram import Box
from tools.packaging.designs import Design
from tools.packaging.hand import Arm, draw_hand
from tools.packaging.unit import Standing, draw_unit
from tools.store_simulator.body import REACH_OUT_S
from tools.store_simulator.camera.looks import fitted
from tools.store_simulator.camera.shelf_picture import LAMPS
from tools.store_simulator.camera.viewpoint import Viewpoint
from tools.store_simulator.shoppers import Visit

PALM_M, FINGERS_M = 0.085, 0.15
"""[m] across a palm; from wrist to fingertips (anthropometric tables, standing adult)."""

NEAR_M, ASIDE_M = 0.7, 0.5
"""[m] before the shelf's front and beside its plates where a hand is still drawn."""


@dataclass(frozen=True, slots=True)
class ReachingArm:
    """An arm on its way to a shelf or back, in the store's frame."""

    who: str  # decides its colours
    wrist_m: Point
    elbow_m: Point
    carried: str | None  # SKU in the hand


def arms_of(visits: Iterable[Visit], at_s: float) -> Iterator[ReachingArm]:
    """The arms that shoppers stretch out at a moment."""
    for visit in visits:
        points = visit.body.key_points(at_s)
        for hand in ("l", "r"):
            if any(each.hand == hand and each.share(at_s) > 0 for each in visit.body.reaches):
                wrist, elbow = points[f"{hand}_wrist"], points[f"{hand}_elbow"]
                yield ReachingArm(visit.visit, wrist, elbow, _carried(visit, at_s))


def draw_arms(
    picture: NDArray[np.uint8],
    viewpoint: Viewpoint,
    looks: Mapping[str, Design],
    arms: Iterable[ReachingArm],
) -> None:
    """Draw the arms that a camera sees, and the goods they carry."""
    for arm in arms:
        both = np.array([arm.wrist_m, arm.elbow_m], dtype=np.float64)
        wrist, elbow = viewpoint.axes.to_local(both)
        if not _is_before(viewpoint.axes, wrist):
            continue
        if arm.carried is not None:
            _draw_carried(picture, viewpoint, fitted(looks[arm.carried], 0.12, 0.3), wrist)
        _draw_arm(picture, viewpoint, arm.who, wrist, elbow)


def _is_before(axes: Box, wrist: NDArray[np.float64]) -> bool:
    return bool(wrist[1] > -NEAR_M and -ASIDE_M < wrist[0] < 3.0 and wrist[1] < axes.size_m[1])


def _carried(visit: Visit, at_s: float) -> str | None:
    """The SKU in the hand: taken goods until they are at the hip, goods put back before they stand."""
    for handling in visit.handlings:
        if handling.kind is EventKind.PICK and handling.settled_s <= at_s <= handling.settled_s + REACH_OUT_S:
            return handling.sku
        if (
            handling.kind is EventKind.RETURN
            and handling.settled_s - 2 * REACH_OUT_S <= at_s < handling.settled_s
        ):
            return handling.sku
    return None


def _draw_carried(
    picture: NDArray[np.uint8], viewpoint: Viewpoint, look: Design, wrist: NDArray[np.float64]
) -> None:
    x, y, z = wrist
    held = Standing(look, (float(x), float(y) + FINGERS_M / 2, float(z) - 0.6 * look.size_m[2]))
    draw_unit(picture, held, viewpoint.camera, LAMPS)


def _draw_arm(
    picture: NDArray[np.uint8],
    viewpoint: Viewpoint,
    who: str,
    wrist: NDArray[np.float64],
    elbow: NDArray[np.float64],
) -> None:
    along = (wrist - elbow) / max(float(np.linalg.norm(wrist - elbow)), 1e-6)
    tips, elbow_px, wrist_px = viewpoint.camera.project(np.array([wrist + FINGERS_M * along, elbow, wrist]))
    depth_m = float((wrist - viewpoint.camera.position_m) @ viewpoint.camera.axes[2])
    arm = Arm.drawn(np.random.default_rng(zlib.crc32(who.encode())))
    breadth_px = PALM_M * viewpoint.camera.focal_px / depth_m
    if np.hypot(*(tips - elbow_px)) < 2.5 * breadth_px:  # foreshortened: it comes from below, then
        below = np.add(wrist_px, (0.0, 2 * breadth_px)) - tips
        elbow_px = tips + 2.5 * breadth_px * below / max(float(np.hypot(*below)), 1e-6)
    elbow_px = elbow_px + 2 * (elbow_px - tips)  # the sleeve goes on to a shoulder that is not drawn
    draw_hand(
        picture,
        arm,
        (float(tips[0]), float(tips[1])),
        (float(elbow_px[0]), float(elbow_px[1])),
        breadth_px,
        spread=0.3,
    )
