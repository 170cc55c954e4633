"""Where rays meet a package, and which spot of its label is there.

A package stands in its own axes: x right, y back, z up, the middle of its base at the origin, its front
towards negative y. Every function takes the camera's place [3] m and ray directions [h, w, 3] in these axes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.packaging.designs import ROUND, Design, Shape
from tools.packaging.label import FRONT_ARC, HEIGHT_PX, Label
from tools.packaging.profiles import Profile, profile_of

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hit:
    """What rays meet: all [h, w]; beside the package the values are those of its nearest edge.

    Attributes:
        inside: True where the ray meets the package.
        column_px: of the label's art.
        row_px: of the label's art.
        normal: [h, w, 3] outward, package axes.
        lid: True where it is the lid that one sees.
    """

    inside: NDArray[np.bool_]
    column_px: Floats
    row_px: Floats
    normal: Floats
    lid: NDArray[np.bool_]


def hit(design: Design, label: Label, eye_m: Floats, rays: Floats, crinkle: Floats | None = None) -> Hit:
    """Meet a design's package with rays; ``crinkle`` [n, n, 2] is the relief of a film."""
    profile = profile_of(design)
    if design.shape in ROUND:
        return _round(design, label, profile, eye_m, rays)
    if design.shape in (Shape.BAG, Shape.POUCH):
        return _film(design, label, eye_m, rays, crinkle)
    return _faceted(design, label, profile, eye_m, rays)


def _faceted(design: Design, label: Label, profile: Profile, eye: Floats, rays: Floats) -> Hit:
    """A convex body as the intersection of half spaces: the last plane entered is the face one sees."""
    width, depth, height = design.size_m
    gable = np.array([0.0, -(1 - profile.shoulder) * height, depth / 2])
    planes = [
        ((0, -1, 0), depth / 2),
        ((-1, 0, 0), width / 2),
        ((1, 0, 0), width / 2),
        ((0, 0, 1), height),
        ((0, 0, -1), 0.0),
        ((0, 1, 0), depth / 2),
    ]
    if profile.shoulder < 1:
        slope = gable / np.linalg.norm(gable)
        offset = float(slope @ (0.0, -depth / 2, profile.shoulder * height))
        planes += [(tuple(slope), offset), ((0.0, -slope[1], slope[2]), offset)]
    enter = np.full(rays.shape[:2], -np.inf, np.float32)
    leave = np.full(rays.shape[:2], np.inf, np.float32)
    face = np.zeros(rays.shape[:2], np.intp)
    for index, (normal, offset) in enumerate(planes):
        n = np.array(normal, np.float32)
        speed = rays @ n
        at = (np.float32(offset) - eye @ n) / np.where(np.abs(speed) < 1e-6, np.float32(1e-6), speed)
        entering = (speed < 0) & (at > enter)
        face[entering] = index
        enter = np.where(entering, at, enter)
        leave = np.where((speed > 0) & (at < leave), at, leave)
    point = eye + np.maximum(enter, 0)[..., None] * rays
    x, y, z = point[..., 0], point[..., 1], point[..., 2]
    front = label.front_px
    side = (face == 1) | (face == 2)
    back_px = label.art.shape[1] - front
    column = np.where(
        side,
        front + np.clip(y / depth + 0.5, 0.01, 0.99) * back_px,
        np.clip(x / width + 0.5, 0, 1) * (front - 1),
    )
    row = (1 - np.clip(z / height, 0, 1)) * (HEIGHT_PX - 1)
    normals = np.array([normal for normal, _ in planes], np.float32)
    return Hit(
        (enter < leave) & (enter > 0),
        column.astype(np.float32),
        row.astype(np.float32),
        normals[face],
        face == 3,
    )


def _round(design: Design, label: Label, profile: Profile, eye: Floats, rays: Floats) -> Hit:
    """A body of revolution: meet the cylinder of the radius that it has where the last one was met."""
    radius_m, height = np.float32(design.size_m[0] / 2), np.float32(design.size_m[2])
    dx, dy, dz = rays[..., 0], rays[..., 1], rays[..., 2]
    a = np.maximum(dx * dx + dy * dy, 1e-9)
    b = eye[0] * dx + eye[1] * dy
    nearest = -b / a
    passing2 = np.maximum(eye[0] ** 2 + eye[1] ** 2 - b * b / a, 0)  # squared distance of ray and axis
    steps = np.float32(len(profile.radius) - 1)
    t = nearest
    z = radius = None
    for turn in range(5):
        z = eye[2] + t * dz
        found = radius_m * _looked_up(profile.radius, np.clip(z / height, 0, 1) * steps)
        radius = found if turn < 2 else 0.5 * (radius + found)
        t = nearest - np.sqrt(np.maximum(radius * radius - passing2, 0) / a)
    z = eye[2] + t * dz
    inside = (passing2 < radius * radius) & (z >= 0) & (z <= height) & (t > 0)
    lid_t = (height - eye[2]) / np.where(np.abs(dz) < 1e-6, np.float32(-1e-6), dz)
    lid_x, lid_y = eye[0] + lid_t * dx, eye[1] + lid_t * dy
    lid = (dz < 0) & (z > height) & (lid_x * lid_x + lid_y * lid_y < (radius_m * profile.radius[-1]) ** 2)
    x, y = eye[0] + t * dx, eye[1] + t * dy
    around = cv2.phase(-y, x) / np.float32(2 * np.pi)  # 0 in front, growing to the right
    total = label.art.shape[1]
    column = np.mod(around + FRONT_ARC / 2, 1.0) * total
    level = np.clip(z / height, 0, 1)
    slope = np.gradient(profile.radius).astype(np.float32) * steps * radius_m / height
    up = -_looked_up(slope, level * steps)
    flat = np.sqrt(np.maximum(x * x + y * y, 1e-9))
    normal = np.stack((x / flat, y / flat, np.clip(up, -1.5, 1.5)), axis=-1)
    normal /= np.sqrt(np.einsum("hwc,hwc->hw", normal, normal))[..., None]
    normal[lid] = (0, 0, 1)
    return Hit(
        inside | lid,
        column.astype(np.float32),
        ((1 - level) * (HEIGHT_PX - 1)).astype(np.float32),
        normal,
        lid,
    )


def _film(design: Design, label: Label, eye: Floats, rays: Floats, crinkle: Floats | None) -> Hit:
    """A filled bag: a front that bulges, met by two corrections from its middle plane."""
    width, depth, height = (np.float32(side) for side in design.size_m)
    standing = design.shape is Shape.POUCH
    y = np.float32(-0.3) * depth
    for _ in range(3):
        t = (y - eye[1]) / np.where(np.abs(rays[..., 1]) < 1e-4, np.float32(1e-4), rays[..., 1])
        right = (eye[0] + t * rays[..., 0]) / (width / 2)
        up = (eye[2] + t * rays[..., 2]) / height
        y = -0.5 * depth * _bulge(right, up, standing=standing)
    inside = (np.abs(right) < 1) & (up > 0) & (up < 1) & (t > 0)
    teeth = 0.006 * np.abs(np.mod(right * 24, 2) - 1)
    inside &= up < 1 - teeth
    step = np.float32(0.02)
    lean = (
        (_bulge(right + step, up, standing=standing) - _bulge(right - step, up, standing=standing))
        * depth
        / (2 * step * width)
    )
    tilt = (
        (_bulge(right, up + step, standing=standing) - _bulge(right, up - step, standing=standing))
        * depth
        / (4 * step * height)
    )
    if crinkle is not None:
        size = crinkle.shape[0]
        px, py = np.mod((right + 1) * 0.45, 1) * (size - 1), np.mod(up * 0.9, 1) * (size - 1)
        relief = cv2.remap(crinkle, px.astype(np.float32), py.astype(np.float32), cv2.INTER_LINEAR)
        lean, tilt = lean + relief[..., 0], tilt + relief[..., 1]
    normal = np.stack((-lean, np.full_like(lean, -1), -tilt), axis=-1)
    normal /= np.sqrt(np.einsum("hwc,hwc->hw", normal, normal))[..., None]
    column = np.clip(right * 0.5 + 0.5, 0, 1) * (label.front_px - 1)
    row = (1 - np.clip(up, 0, 1)) * (HEIGHT_PX - 1)
    return Hit(
        inside,
        column.astype(np.float32),
        row.astype(np.float32),
        normal.astype(np.float32),
        np.zeros(inside.shape, bool),
    )


def _bulge(right: Floats, up: Floats, *, standing: bool) -> Floats:
    """How far the film stands out, 0 at its seams to 1: ``right`` -1 to 1, ``up`` 0 to 1."""
    across = np.maximum(1 - right * right, 0)
    along = np.clip(1.25 * (1 - up), 0, 1) if standing else np.maximum(4 * up * (1 - up), 0)
    return np.asarray(np.sqrt(across) ** 1.2 * np.sqrt(along))


def _looked_up(table: Floats, at: Floats) -> Floats:
    """Linear look-up: table [n], at [h, w] in 0 to n - 1."""
    return np.asarray(
        cv2.remap(table[None, :], at.astype(np.float32), np.zeros_like(at, np.float32), cv2.INTER_LINEAR)
    )
