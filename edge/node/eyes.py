"""The node's cameras: their views, what they see, and who judges it. Needs the extra ``vision``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from edge.clock import Clock
from edge.config import CameraSection, ViewCalibration, VisionSection
from edge.errors import ConfigError, SteelyardError
from edge.messages import CameraHealth
from edge.node.schooling import Schooling
from edge.planogram import Planogram
from edge.samples import CameraReport, Frame, Rgb
from edge.vision.camera.camera import Camera
from edge.vision.embedder import OnnxEmbedder, load_embedder
from edge.vision.eyewitness import Eyewitness
from edge.vision.gallery.gallery import Gallery
from edge.vision.gallery.learning import GalleryLearning
from edge.vision.gallery.store import GalleryStore
from edge.vision.picture import encode_jpeg
from edge.vision.shelf_view import ShelfView
from edge.vision.testimony import PictureEncoder
from edge.yaml_file import load_yaml

EVIDENCE_QUALITY = 80
"""Of the JPEG crops that are published."""


def view_file(section: CameraSection, base_dir: Path) -> Path:
    """Where the calibration of a camera's view is."""
    return base_dir / (section.calibration or f"calibration/camera-{section.camera}.yaml")


def load_views(sections: Sequence[CameraSection], base_dir: Path) -> dict[str, ViewCalibration]:
    """Calibrated views by camera; a camera without one is missing here.

    Raises:
        ConfigError: a file that is named is missing, or a file is broken or of another camera.
    """
    found: dict[str, ViewCalibration] = {}
    for section in sections:
        file = view_file(section, base_dir)
        if not section.calibration and not file.exists():
            continue
        view = load_yaml(file, ViewCalibration)
        if view.camera != section.camera:
            raise ConfigError(
                "view of another camera", file=file, key="camera", found=f"`{view.camera}`",
                expected=f"`{section.camera}`", fix="Calibrate this camera or name its own file.",
            )  # fmt: skip
        found[section.camera] = view
    return found


def open_witness(
    views: Mapping[str, ViewCalibration], planogram: Planogram, options: VisionSection, base_dir: Path
) -> tuple[Eyewitness | None, str]:
    """(who looks at the shelves, one sentence about what it lacks or empty).

    What is missing or broken costs what it is for, and no more: without a gallery crops are evidence for
    people, without a view nobody looks, and the node goes on by weight.

    Args:
        views: by camera.
        planogram: where the plates are.
        options: of vision; paths are relative to ``base_dir``.
        base_dir: directory of the configuration file.
    """
    faults: list[str] = []
    seen: list[ShelfView] = []
    for camera, view in views.items():
        try:
            seen.append(ShelfView(camera, view.view, planogram))
        except SteelyardError as error:
            faults.append(f"camera `{camera}`: {error}")
    if not seen:
        return None, "; ".join(faults)
    try:
        embedder = load_embedder(base_dir / options.model if options.model else None)
        gallery, lost = _enrolled(base_dir / options.gallery, embedder)
    except SteelyardError as error:
        return Eyewitness(seen, options), "; ".join([*faults, f"vision: {error}"])
    return Eyewitness(seen, options, embedder, gallery), "; ".join([*faults, *lost])


def _enrolled(folder: Path, embedder: OnnxEmbedder) -> tuple[Gallery | None, list[str]]:
    """(the gallery in a folder, a sentence for each of its pictures that is lost).

    Raises:
        GalleryError: damaged.
    """
    store = GalleryStore(folder)
    if not store.exists:
        return None, [f"vision: no gallery at {folder}: enrol products with `steelyard enroll`"]
    gallery, lost = store.load(embedder)
    return gallery, [f"gallery: {each}" for each in lost[:3]]


def open_schooling(
    witness: Eyewitness, options: VisionSection, base_dir: Path, *, node: str, clock: Clock
) -> Schooling[Gallery] | None:
    """What teaches the gallery of a witness; ``None`` where it is not wanted, or nobody enrolled anything.

    Args:
        witness: adopts what is learnt.
        options: of vision; paths are relative to ``base_dir``.
        base_dir: directory of the configuration file.
        node: name of the node, for the pictures' provenance.
        clock: dates them.
    """
    store = GalleryStore(base_dir / options.gallery)
    if not options.self_labelling or not store.exists:
        return None

    def now() -> str:
        return datetime.fromtimestamp(clock.utc_s(), UTC).isoformat(timespec="seconds")

    def learning() -> GalleryLearning:
        # A model of its own: the witness works with another one at the same time.
        embedder = load_embedder(base_dir / options.model if options.model else None)
        return GalleryLearning(store, embedder, by=f"node {node}", now=now)

    return Schooling(learning, witness.adopt)


def evidence_encoder(longest_px: int) -> PictureEncoder:
    """Encodes crops, reduced to ``longest_px``."""

    def to_jpeg(crop: Rgb) -> bytes:
        scale = longest_px / max(crop.shape[:2])
        if scale < 1:
            size = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
            crop = np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        return encode_jpeg(crop, EVIDENCE_QUALITY)

    return to_jpeg


class Cameras:
    """All cameras of a node.

    Args:
        sections: their options.
        views: calibrated views by camera.
        clock: the host's.
        base_dir: that relative paths start from.
        recorded: whether their pictures are recorded.
    """

    def __init__(
        self,
        sections: Sequence[CameraSection],
        views: Mapping[str, ViewCalibration],
        *,
        clock: Clock,
        base_dir: Path,
        recorded: bool,
    ) -> None:
        self._cameras = [
            Camera(
                section, base_dir=base_dir, clock=clock, recorded=recorded,
                size_px=views[section.camera].view.size_px if section.camera in views else None,
            )
            for section in sections
        ]  # fmt: skip

    def poll(self) -> list[Frame | CameraReport]:
        """Frames and changes of state since the last call, camera by camera."""
        return [news for camera in self._cameras for news in camera.poll()]

    def health(self) -> tuple[CameraHealth, ...]:
        """Every camera in numbers."""
        return tuple(camera.health() for camera in self._cameras)

    @property
    def fault(self) -> str:
        """One sentence about cameras that need a hand, else empty."""
        return "; ".join(camera.fault for camera in self._cameras if camera.fault)

    def close(self) -> None:
        """Stop reading."""
        for camera in self._cameras:
            camera.close()
