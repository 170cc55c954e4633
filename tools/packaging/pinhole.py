"""A pinhole camera: points to pixels and pixels to rays. World: x right, y away, z up, metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Pinhole:
    """Where a camera stands and how it looks.

    Attributes:
        position_m: [3] of its pinhole.
        axes: [3, 3] rows: to the right, down and forward in its picture, unit vectors of the world.
        focal_px: [px] focal length.
        centre_px: principal point (x, y).
    """

    position_m: NDArray[np.float64]
    axes: NDArray[np.float64]
    focal_px: float
    centre_px: tuple[float, float]

    @classmethod
    def looking_at(
        cls,
        position_m: NDArray[np.float64],
        target_m: NDArray[np.float64],
        focal_px: float,
        centre_px: tuple[float, float],
        roll_rad: float = 0.0,
    ) -> Pinhole:
        """A camera whose axis goes through a point; its horizon is level but for ``roll_rad``."""
        forward = target_m - position_m
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 0.0, 1.0))
        right /= np.linalg.norm(right)
        down = np.cross(forward, right)
        cos, sin = np.cos(roll_rad), np.sin(roll_rad)
        axes = np.array([cos * right + sin * down, cos * down - sin * right, forward])
        return cls(position_m, axes, focal_px, centre_px)

    def project(self, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points [n, 3] m to pixels [n, 2]; what is behind the camera is nonsense."""
        seen = (points_m - self.position_m) @ self.axes.T
        return np.asarray(self.focal_px * seen[:, :2] / seen[:, 2:] + self.centre_px)

    def rays(self, box_px: tuple[int, int, int, int]) -> NDArray[np.float32]:
        """Unit vectors through the pixels of a box (left, top, right, bottom): [h, w, 3], world."""
        left, top, right, bottom = box_px
        x = ((np.arange(left, right) + 0.5 - self.centre_px[0]) / self.focal_px).astype(np.float32)
        y = ((np.arange(top, bottom) + 0.5 - self.centre_px[1]) / self.focal_px).astype(np.float32)
        right_axis, down_axis, forward = self.axes.astype(np.float32)
        rays = forward + x[None, :, None] * right_axis + y[:, None, None] * down_axis
        rays /= np.sqrt(np.einsum("hwc,hwc->hw", rays, rays))[..., None]
        return np.asarray(rays)
