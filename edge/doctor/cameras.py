"""Every camera of a node: whether it gives pictures, whether its view is calibrated and still the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from edge.clock import SystemClock
from edge.config import CameraSection, NodeConfig, SourceKind, ViewCalibration, ViewMethod
from edge.doctor.check import Check, Outcome, failed
from edge.errors import SteelyardError
from edge.messages import CameraState, NodeHealth
from edge.node.eyes import load_views
from edge.planogram import Planogram, load_catalogue, load_planogram
from edge.samples import Rgb
from edge.vision.camera.snapshot import take_pictures
from edge.vision.embedder import load_embedder
from edge.vision.gallery.store import GalleryStore
from edge.vision.shelf_view import ShelfView, ViewRefusedError
from edge.vision.view_marks import find_corners

MOVED_SHARE = 0.01
"""[1] of the picture's width by which a mark may have moved since the calibration."""


def check_cameras(
    config: NodeConfig, base_dir: Path, seconds: float, health: NodeHealth | None
) -> Iterator[Check]:
    """All cameras of a node, and what knows the goods in their pictures.

    Args:
        config: of the node.
        base_dir: that its paths start from.
        seconds: [s] to wait for a camera's first picture.
        health: what a running node says of them; it may hold the devices.
    """
    for section in config.cameras:
        shown = None
        heard = (
            next((each for each in health.cameras if each.camera == section.camera), None) if health else None
        )
        if heard is not None and section.kind is SourceKind.DEVICE:
            good = heard.state in (CameraState.OK, CameraState.UNCALIBRATED)
            yield Check(
                "camera", section.camera, Outcome.OK if good else Outcome.FAILURE,
                f"the running node sees {heard.rate_hz:g} pictures a second" if good else heard.detail,
            )  # fmt: skip
        else:
            try:
                shown = take_pictures(
                    section, base_dir, SystemClock(), count=1, patience_s=max(seconds, 5.0)
                )[0]
                size = f"{shown.shape[1]}x{shown.shape[0]} px"
                yield Check("camera", section.camera, Outcome.OK, f"gives pictures of {size}")
            except SteelyardError as error:
                yield failed("camera", section.camera, error)
        yield _check_view(section, config, base_dir, shown)
    yield from _check_model(config, base_dir)


def _check_view(section: CameraSection, config: NodeConfig, base_dir: Path, shown: Rgb | None) -> Check:
    try:
        view = load_views([section], base_dir).get(section.camera)
        if view is None:
            return Check(
                "view", section.camera, Outcome.FAILURE, "not calibrated: which plate is where?",
                f"Run `steelyard calibrate camera {section.camera}`.",
            )  # fmt: skip
        catalogue = load_catalogue(base_dir / config.catalogue)
        return _judge_view(section, view, load_planogram(base_dir / config.planogram, catalogue), shown)
    except SteelyardError as error:
        return failed("view", section.camera, error)


def _judge_view(
    section: CameraSection, view: ViewCalibration, planogram: Planogram, shown: Rgb | None
) -> Check:
    plates = len(ShelfView(section.camera, view.view, planogram).plates)
    again = f"Run `steelyard calibrate camera {section.camera}`."
    if shown is not None and (shown.shape[1], shown.shape[0]) != view.view.size_px:
        found = f"pictures of {shown.shape[1]}x{shown.shape[0]} px, calibrated with {view.view.size_px}"
        return Check("view", section.camera, Outcome.FAILURE, found, f"Set the camera's size back. {again}")
    if shown is not None and view.view.method is ViewMethod.MARKS:
        try:
            corners = np.array(find_corners(shown, where=section.camera))
        except ViewRefusedError:
            return Check("view", section.camera, Outcome.OK, f"{plates} plates; its marks are not seen now")
        moved_px = float(np.hypot(*(corners - np.array(view.view.corners_px)).T).max())
        if moved_px > MOVED_SHARE * shown.shape[1]:
            found = f"the camera has moved: a mark is {moved_px:.0f} px off"
            return Check("view", section.camera, Outcome.FAILURE, found, f"Fasten it. {again}")
    return Check("view", section.camera, Outcome.OK, f"{plates} plates, calibrated {view.view.date}")


def _check_model(config: NodeConfig, base_dir: Path) -> Iterator[Check]:
    """Card, checksum and shapes of the model; then the gallery that was made with it."""
    options = config.vision
    try:
        embedder = load_embedder(base_dir / options.model if options.model else None)
    except SteelyardError as error:
        yield failed("model", config.node, error)
        return
    yield Check("model", config.node, Outcome.OK, f"{embedder.size} numbers a picture, sha256 as on its card")
    store = GalleryStore(base_dir / options.gallery)
    if not store.exists:
        yield Check(
            "gallery", options.gallery, Outcome.WARNING, "none: pictures are kept, and nothing is recognised",
            f"Enrol products: `steelyard enroll --gallery {store.folder}`.",
        )  # fmt: skip
        return
    try:
        gallery, lost = store.load(embedder)
    except SteelyardError as error:
        yield failed("gallery", options.gallery, error)
        return
    for picture in lost:
        yield failed("gallery", options.gallery, picture)
    if not lost:
        yield Check("gallery", options.gallery, Outcome.OK, f"{len(gallery.skus)} SKUs")
