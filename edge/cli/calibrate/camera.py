"""``steelyard calibrate camera``: where a camera sees which plate, from four corners or four marks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from edge.calibration.record import MARK
from edge.cli.calibrate.session import utc_now
from edge.clock import SystemClock
from edge.config import (
    CameraSection,
    NodeConfig,
    PixelPoint,
    ViewCalibration,
    ViewEntry,
    ViewMethod,
    ViewPlane,
)
from edge.durable_file import one_writer, write_atomically
from edge.errors import ConfigError
from edge.node.eyes import load_views, view_file
from edge.planogram import Planogram, load_catalogue, load_planogram
from edge.samples import Rgb
from edge.vision.camera.snapshot import check_still, take_pictures
from edge.vision.picture import encode_jpeg, read_picture
from edge.vision.shelf_view import ShelfView
from edge.vision.view_marks import Corners, find_corners, sheet
from edge.vision.view_overlay import click_page, overlay
from edge.yaml_file import dump_yaml, load_yaml

PICTURES = 5
"""[pictures] in which the camera must keep still."""

FIRST_LINE = (
    f"{MARK}`steelyard calibrate camera`; it replaces this file and keeps the history. Do not edit.\n"
)


def calibrate_camera(
    camera: Annotated[str, typer.Argument(help="Name of the camera in the node's file.")],
    *,
    config: Annotated[Path, typer.Option(help="YAML file of the camera's node.")],
    corners: Annotated[
        str,
        typer.Option(
            metavar="'X,Y X,Y X,Y X,Y'",
            help="Corners of the plates' area in px: top left, top right, bottom right, bottom left.",
        ),
    ] = "",
    marks: Annotated[bool, typer.Option("--marks", help="Find the four printed marks instead.")] = False,
    plane: Annotated[
        ViewPlane, typer.Option(help="front: it hangs before the shelves; top: it looks down on one.")
    ] = ViewPlane.FRONT,
    plates: Annotated[
        str,
        typer.Option(help="Plates that span the area, with commas; all of the node if left out."),
    ] = "",
    picture: Annotated[Path | None, typer.Option(help="A picture of it, instead of asking it.")] = None,
    print_marks: Annotated[
        Path | None, typer.Option(help="Write the marks here, to print, and stop.")
    ] = None,
    patience_s: Annotated[
        float, typer.Option(min=1.0, max=600.0, help="Seconds to wait for pictures.")
    ] = 20.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as one line of JSON.")] = False,
) -> None:
    """Calibrate a camera's view of its plates.

    Without --corners and --marks it writes a page on which corners are clicked. Nothing is put in force
    before the end; the picture with the plates drawn into it lies beside the calibration.
    """
    if corners and marks:
        raise typer.BadParameter("--corners and --marks exclude each other", param_hint="--marks")
    if print_marks is not None:
        write_atomically(print_marks, encode_jpeg(sheet(), 95))
        print(f"{print_marks}: print it, cut the marks out, and mount each in its corner")
        return
    node = load_yaml(config, NodeConfig)
    section, base_dir = _section(node, camera, config), config.parent
    planogram = load_planogram(base_dir / node.planogram, load_catalogue(base_dir / node.catalogue))
    file = view_file(section, base_dir)
    if picture is not None:
        shown, moved_px = read_picture(picture), 0.0
    else:
        pictures = take_pictures(section, base_dir, SystemClock(), count=PICTURES, patience_s=patience_s)
        shown, moved_px = pictures[-1], check_still(pictures, where=camera)
    if not corners and not marks:
        page = file.with_suffix(".html")
        command = f"steelyard calibrate camera {camera} --config {config}"
        write_atomically(page, click_page(shown, camera, command).encode())
        print(f"Open {page} in a browser, click the four corners, and run the command that it shows.")
        return
    entry = ViewEntry(
        date=utc_now(),
        method=ViewMethod.MARKS if marks else ViewMethod.CLICKS,
        plane=plane,
        plates=tuple(plates.split(","))
        if plates
        else tuple(p for board in node.boards for p in board.plates),
        size_px=(shown.shape[1], shown.shape[0]),
        corners_px=find_corners(shown, where=camera) if marks else parse_corners(corners),
        residual_px=round(moved_px, 3),
    )
    _put_in_force(file, section, base_dir, entry, planogram, shown=shown, as_json=as_json)


def parse_corners(text: str) -> Corners:
    """Four points ``x,y`` with blanks between. Raises ``typer.BadParameter``."""
    points: list[PixelPoint] = []
    try:
        for word in text.split():
            x, y = word.split(",")
            points.append((float(x), float(y)))
        first, second, third, fourth = points
    except ValueError:
        raise typer.BadParameter(
            f"expected four points x,y, found {text!r}", param_hint="--corners"
        ) from None
    return first, second, third, fourth


def _plates(node: NodeConfig) -> tuple[str, ...]:
    return tuple(plate for board in node.boards for plate in board.plates)


def _section(node: NodeConfig, camera: str, config: Path) -> CameraSection:
    known = [section.camera for section in node.cameras]
    if camera not in known:
        raise ConfigError(
            "no such camera", file=config, key="cameras", found=f"`{camera}`",
            expected=f"one of {', '.join(known)}" if known else "an entry of `cameras`",
            fix="Name the camera as in the node's file.",
        )  # fmt: skip
    return node.cameras[known.index(camera)]


def _put_in_force(
    file: Path,
    section: CameraSection,
    base_dir: Path,
    entry: ViewEntry,
    planogram: Planogram,
    *,
    shown: Rgb,
    as_json: bool,
) -> None:
    """Write calibration and overlay.

    Raises:
        ViewRefusedError: no camera sees its plates so.
        ConfigError: the file there was written by hand, or is another camera's.
        StorageError: nothing can be written; what was in force still is.
    """
    view = ShelfView(section.camera, entry, planogram)
    with one_writer(file.parent):
        earlier = load_views([section], base_dir).get(section.camera) if file.exists() else None
        if earlier is not None and not file.read_text(encoding="utf-8").startswith(MARK):
            raise ConfigError(
                "this view was written by hand and is left alone", file=file,
                expected=f"a first line that begins with `{MARK.strip()}`", fix="Move the file away.",
            )  # fmt: skip
        history = (*earlier.history, earlier.view) if earlier is not None else ()
        content = ViewCalibration(camera=section.camera, view=entry, history=history)
        text = dump_yaml(msgspec.to_builtins(content))
        write_atomically(file, (FIRST_LINE + text).encode())
    drawn = file.with_suffix(".jpg")
    write_atomically(drawn, encode_jpeg(overlay(shown, view), 90))
    if as_json:
        outcome = {
            "camera": section.camera, "calibration": str(file), "overlay": str(drawn), "plates": view.plates,
            "corners_px": entry.corners_px, "method": entry.method, "moved_px": entry.residual_px,
        }  # fmt: skip
        print(json.dumps(outcome))
    else:
        print(f"In force at the node's next start: {file}")
        print(f"Check by eye that every plate is where it is drawn: {drawn}")
