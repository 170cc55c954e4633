"""``steelyard calibrate camera``: corners, marks, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from drawn_shelf import CORNERS_PX, SIZE_PX, draw
from typer.testing import CliRunner

from edge.cli.main import app
from edge.config import NodeConfig, ViewCalibration, ViewMethod
from edge.doctor.cameras import check_cameras
from edge.doctor.check import Outcome
from edge.errors import SteelyardError
from edge.samples import Rgb
from edge.vision.camera.snapshot import check_still
from edge.vision.picture import encode_jpeg, read_picture
from edge.vision.shelf_view import ViewRefusal, ViewRefusedError
from edge.vision.view_marks import find_corners, sheet
from edge.yaml_file import load_yaml

FULL = [11, 12, 13, 14, 15, 16]
CORNERS = " ".join(f"{x:g},{y:g}" for x, y in CORNERS_PX)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A node's file, with a camera in a folder of pictures."""
    (tmp_path / "pictures").mkdir()
    (tmp_path / "catalogue.yaml").write_text("skus: []\n")
    shelf = {"shelf": "1", "z_m": 1.0, "plates": 6}
    planogram = {
        "version": "1", "facings": [],
        "gondolas": [{"gondola": "g", "corner_m": [0, 0, 0], "shelves": [shelf]}],
    }  # fmt: skip
    (tmp_path / "planogram.yaml").write_text(yaml.safe_dump(planogram))
    config = {
        "store": "s", "node": "n", "cameras": [{"camera": "cam", "source": "pictures"}],
        "boards": [{"rack": "r", "port": "/dev/x", "plates": [f"g/1/{n}" for n in range(1, 7)]}],
    }  # fmt: skip
    (tmp_path / "node.yaml").write_text(yaml.safe_dump(config))
    (tmp_path / "shelf.jpg").write_bytes(encode_jpeg(draw(FULL), 90))
    return tmp_path


def calibrate(store: Path, *options: str, camera: str = "cam") -> tuple[int, str, BaseException | None]:
    command = ["calibrate", "camera", camera, "--config", str(store / "node.yaml"), *options]
    result = CliRunner().invoke(app, command)
    return result.exit_code, result.output, result.exception


def refused(store: Path, *options: str, camera: str = "cam") -> SteelyardError:
    _, _, error = calibrate(store, *options, camera=camera)
    assert isinstance(error, SteelyardError)
    assert not (store / "calibration" / "camera-cam.yaml").exists()
    return error


def marked(mirrored: bool = False) -> Rgb:
    """The shelf with a mark in each corner of its area, seen a little askew."""
    page = sheet(60)
    cell = page.shape[0] // 2
    flat = np.full((300, 560, 3), 150, np.uint8)
    places = ((0, 0), (0, 500), (240, 500), (240, 0))
    for number, (top, left) in enumerate(places):
        row, column = ((0, 0), (0, 1), (1, 1), (1, 0))[number]
        mark = page[row * cell + 15 : row * cell + 75, column * cell + 15 : column * cell + 75]
        flat[top : top + 60, left : left + 60] = mark
    there = np.float32([[0, 0], [559, 0], [559, 299], [0, 299]])
    move = cv2.getPerspectiveTransform(there, np.float32(CORNERS_PX))
    picture = cv2.warpPerspective(flat, move, SIZE_PX, borderValue=(200, 200, 200))
    return np.ascontiguousarray(picture[:, ::-1]) if mirrored else picture


def test_clicked_corners_are_put_in_force_with_a_picture_to_check(store: Path) -> None:
    code, said, _ = calibrate(store, "--picture", str(store / "shelf.jpg"), "--corners", CORNERS, "--json")
    assert code == 0
    outcome = json.loads(said)
    view = load_yaml(Path(outcome["calibration"]), ViewCalibration)
    assert view.view.corners_px == CORNERS_PX
    assert view.view.size_px == SIZE_PX
    assert len(view.view.plates) == 6
    assert read_picture(Path(outcome["overlay"])).shape == (SIZE_PX[1], SIZE_PX[0], 3)


def test_a_later_view_replaces_it_and_keeps_the_history(store: Path) -> None:
    picture = ("--picture", str(store / "shelf.jpg"))
    calibrate(store, *picture, "--corners", CORNERS)
    calibrate(store, *picture, "--corners", "60,70 588,62 600,300 40,292")
    view = load_yaml(store / "calibration" / "camera-cam.yaml", ViewCalibration)
    assert [each.corners_px[0] for each in (*view.history, view.view)] == [(52.0, 70.0), (60.0, 70.0)]


def test_marks_are_found_where_they_are(store: Path) -> None:
    (store / "marked.png").write_bytes(cv2.imencode(".png", marked())[1].tobytes())
    code, _, _ = calibrate(store, "--picture", str(store / "marked.png"), "--marks")
    assert code == 0
    view = load_yaml(store / "calibration" / "camera-cam.yaml", ViewCalibration).view
    assert view.method is ViewMethod.MARKS
    assert np.abs(np.array(view.corners_px) - np.array(CORNERS_PX)).max() < 2.0


def test_without_corners_a_page_asks_for_them(store: Path) -> None:
    code, said, _ = calibrate(store, "--picture", str(store / "shelf.jpg"))
    assert code == 0
    page = (store / "calibration" / "camera-cam.html").read_text()
    assert "data:image/jpeg;base64," in page
    assert "steelyard calibrate camera cam" in page
    assert "camera-cam.html" in said
    assert not (store / "calibration" / "camera-cam.yaml").exists()


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (lambda: draw(FULL), ViewRefusal.MARKS_NOT_FOUND),
        (lambda: marked(mirrored=True), ViewRefusal.MIRRORED),
    ],
    ids=["no marks", "mirrored"],
)
def test_marks_that_cannot_be_read_are_refused(picture: Callable[[], Rgb], reason: ViewRefusal) -> None:
    with pytest.raises(ViewRefusedError) as refusal:
        find_corners(picture(), where="cam")
    assert refusal.value.reason is reason
    assert refusal.value.fix


def test_what_cannot_be_is_refused_and_nothing_written(store: Path) -> None:
    picture = ("--picture", str(store / "shelf.jpg"))
    backwards = " ".join(CORNERS.split()[::-1])
    assert refused(store, *picture, "--corners", backwards).reason is ViewRefusal.MIRRORED  # type: ignore[attr-defined]
    flat = "0,0 100,0 200,0 300,0"
    assert refused(store, *picture, "--corners", flat).reason is ViewRefusal.DEGENERATE  # type: ignore[attr-defined]
    assert "no such camera" in str(refused(store, *picture, "--corners", CORNERS, camera="cma"))
    unknown = refused(store, *picture, "--corners", CORNERS, "--plates", "g/1/1,g/9/9")
    assert "g/9/9" in str(unknown)
    assert "cannot read" in str(refused(store, "--picture", str(store / "none.jpg"), "--corners", CORNERS))
    assert "not enough pictures" in str(refused(store, "--corners", CORNERS, "--patience-s", "1"))


@pytest.mark.parametrize("corners", ["", "1,2", "1,2 3,4 5,6 7,8 9,10", "a,b c,d e,f g,h", "1;2 3;4 5;6 7;8"])
def test_corners_that_are_none_are_explained(store: Path, corners: str) -> None:
    code, said, _ = calibrate(store, "--picture", str(store / "shelf.jpg"), "--corners", corners or "x")
    assert code == 2
    assert "four points" in said


def test_a_view_written_by_hand_is_left_alone(store: Path) -> None:
    picture = ("--picture", str(store / "shelf.jpg"))
    calibrate(store, *picture, "--corners", CORNERS)
    file = store / "calibration" / "camera-cam.yaml"
    file.write_text(file.read_text().partition("\n")[2])
    before = file.read_bytes()
    _, _, error = calibrate(store, *picture, "--corners", CORNERS)
    assert "written by hand" in str(error)
    assert file.read_bytes() == before


def test_a_camera_that_moves_is_refused() -> None:
    assert check_still([draw(FULL, noise=n) for n in range(3)], where="cam") < 0.5
    with pytest.raises(ViewRefusedError) as refusal:
        check_still([draw(FULL), draw(FULL, noise=1, shift_px=(4.0, 0.0))], where="cam")
    assert refusal.value.reason is ViewRefusal.MOVED_CAMERA


def test_a_plate_is_calibrated_as_before() -> None:
    said = CliRunner().invoke(app, ["calibrate", "--help"]).output
    assert "{plate}" in said
    assert "--masses" in said


def test_the_doctor_names_what_a_camera_lacks(store: Path) -> None:
    config = load_yaml(store / "node.yaml", NodeConfig)
    found = {each.check: each for each in check_cameras(config, store, 1.0, None)}
    assert found["camera"].outcome is Outcome.FAILURE
    assert found["view"].outcome is Outcome.FAILURE
    assert "steelyard calibrate camera cam" in found["view"].fix
    assert found["model"].outcome is Outcome.OK
    assert found["gallery"].outcome is Outcome.WARNING
    calibrate(store, "--picture", str(store / "shelf.jpg"), "--corners", CORNERS)
    (store / "model.yaml").write_text("{}")
    broken = NodeConfig(
        store="s", node="n", cameras=config.cameras, boards=config.boards,
        vision=type(config.vision)(model="model.yaml"),
    )  # fmt: skip
    found = {each.check: each for each in check_cameras(broken, store, 0.1, None)}
    assert found["view"].outcome is Outcome.OK
    assert found["model"].outcome is Outcome.FAILURE
