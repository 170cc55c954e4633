"""A few pictures of a camera, taken now, for somebody who waits for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge.clock import Clock
from edge.config import CameraSection
from edge.messages import CameraState
from edge.samples import NS_PER_S, Rgb
from edge.vision.camera.camera import open_source
from edge.vision.camera.source import CameraFaultError
from edge.vision.camera.watch import as_rgb
from edge.vision.camera_shift import camera_shift
from edge.vision.shelf_view import ViewRefusal, ViewRefusedError
from edge.vision.thumbnail import thumbnail

STILL_SHARE = 0.002
"""[1] of the width by which a fixed camera's pictures may differ: a pixel and a bit of 640."""


def take_pictures(
    section: CameraSection, base_dir: Path, clock: Clock, *, count: int, patience_s: float
) -> list[Rgb]:
    """The next pictures, [h, w, 3] each.

    Raises:
        CameraFaultError: the camera cannot be opened, or not so many come in time.
    """
    source = open_source(section, base_dir, clock)
    until_ns = clock.mono_ns() + round(patience_s * NS_PER_S)
    pictures: list[Rgb] = []
    try:
        while len(pictures) < count and clock.mono_ns() < until_ns:
            picture = source.read()
            rgb = as_rgb(picture.pixels) if picture is not None else None
            if rgb is not None:
                pictures.append(rgb)
    finally:
        source.close()
    if len(pictures) < count:
        raise CameraFaultError(
            CameraState.LOST, "not enough pictures", where=section.camera,
            found=f"{len(pictures)} in {patience_s:g} s", expected=str(count),
            fix="Check that the camera runs, and that no other program holds it.",
        )  # fmt: skip
    return pictures


def check_still(pictures: list[Rgb], *, where: str) -> float:
    """[px] by how much the view moved between the pictures at most.

    Raises:
        ViewRefusedError: by more than that of a fixed camera.
    """
    first, *others = pictures
    height, width = first.shape[:2]
    largest_px = 0.0
    for other in others:
        same = other.shape == first.shape
        shift = camera_shift(thumbnail(first), thumbnail(other)) if same else None
        moved_px = float("inf") if shift is None else float(np.hypot(shift[0] * width, shift[1] * height))
        if moved_px > STILL_SHARE * width:
            found = "another view" if shift is None else f"{moved_px:.1f} px"
            raise ViewRefusedError(
                ViewRefusal.MOVED_CAMERA, "a camera that moves", where=where, found=found,
                expected=f"at most {STILL_SHARE * width:.1f} px between pictures",
                fix="Fasten it, keep hands out of the picture, and calibrate again.",
            )  # fmt: skip
        largest_px = max(largest_px, moved_px)
    return largest_px
