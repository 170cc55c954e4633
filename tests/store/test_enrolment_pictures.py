from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.config import ViewCalibration
from edge.vision.shelf_view import ShelfView
from edge.yaml_file import load_yaml
from tools.packaging.unit import box_px
from tools.store_simulator.camera.looks import looks_of
from tools.store_simulator.camera.portraits import main, portraits
from tools.store_simulator.camera.shelf_camera import ShelfCamera
from tools.store_simulator.camera.stock import Stock
from tools.store_simulator.camera.view_file import write_view
from tools.store_simulator.camera.viewpoint import Viewpoint
from tools.store_simulator.layout import StoreLayout

JAM = "0210026440289"


def test_every_picture_shows_the_product_and_no_two_are_equal(layout: StoreLayout) -> None:
    looks = looks_of(layout.catalogue)
    plates = layout.racks["pantry-high"]
    pictures = list(portraits(plates, layout.planogram, looks, JAM, seed=1, count=6))
    red, green, _ = np.transpose([picture.mean(axis=(0, 1)) for picture in pictures])
    assert (red > green).all()  # the jar is pink and red, shelf and aisle are grey
    assert all(picture.std() > 25 for picture in pictures)
    assert len({picture.tobytes() for picture in pictures}) == 6


def test_a_folder_for_every_sku_on_the_racks(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "goods"), str(repository / "configs" / "node-pantry-high.yaml")]) == 0
    folders = sorted((tmp_path / "goods").iterdir())
    assert len(folders) == 7
    assert all(len(list(folder.glob("*.jpg"))) == 6 for folder in folders)
    assert "42 pictures" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_told(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("here")
    assert main([str(tmp_path / "file"), str(repository / "configs" / "node-pantry-high.yaml")]) == 1
    assert "cannot write a picture" in capsys.readouterr().err


def test_a_node_reads_from_the_calibration_where_goods_are_drawn(layout: StoreLayout, tmp_path: Path) -> None:
    """The foremost goods of a plate are drawn within the plate's slot, as the node computes it."""
    for rack, plates in layout.racks.items():
        viewpoint = Viewpoint.before(plates, layout.planogram)
        write_view(tmp_path / "view.yaml", rack, viewpoint)
        calibration = load_yaml(tmp_path / "view.yaml", ViewCalibration)
        view = ShelfView(rack, calibration.view, layout.planogram)
        sku_of = {plate: each.sku for each in layout.planogram.facings for plate in each.plates}
        stock = Stock({plate: (sku_of[plate],) * 6 for plate in plates})
        camera = ShelfCamera(rack, plates, layout.planogram, looks_of(layout.catalogue), stock, seed=(1,))
        for plate in plates:
            left, top, right, bottom = box_px(camera.picture.places(plate)[-1], viewpoint.camera)
            slot = view.slot(plate)
            assert slot[:, 0].min() < (left + right) / 2 < slot[:, 0].max()
            assert slot[:, 1].min() < (top + bottom) / 2 < slot[:, 1].max()
