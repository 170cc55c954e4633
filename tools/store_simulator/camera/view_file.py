"""A simulated camera's calibration, in the file that a node reads: exact, for nobody had to click corners."""

from __future__ import annotations

from pathlib import Path

import msgspec

from edge.config import ViewCalibration, ViewEntry, ViewMethod, ViewPlane
from edge.durable_file import write_atomically
from edge.yaml_file import dump_yaml
from tools.store_simulator.camera.viewpoint import SIZE_PX, Viewpoint

DATE = "2026-01-01T00:00:00Z"
"""When the simulated store was built."""


def view_entry(viewpoint: Viewpoint) -> ViewEntry:
    """Where the plates are in the camera's pictures."""
    top_left, top_right, bottom_right, bottom_left = viewpoint.corners_px
    return ViewEntry(
        date=DATE,
        method=ViewMethod.CLICKS,
        plane=ViewPlane.FRONT,
        plates=viewpoint.plates,
        size_px=SIZE_PX,
        corners_px=(top_left, top_right, bottom_right, bottom_left),
    )


def write_view(file: Path, camera: str, viewpoint: Viewpoint) -> None:
    """Write the calibration file of a camera. Raises ``StorageError``."""
    calibration = ViewCalibration(camera=camera, view=view_entry(viewpoint))
    document = dump_yaml(msgspec.to_builtins(calibration))
    write_atomically(file, document.encode())
