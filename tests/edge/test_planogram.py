"""Geometry against brute force, and planograms that contradict themselves."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import ConfigError, PlanogramError, SteelyardError
from edge.planogram import Box, Facing, Planogram, load_catalogue, load_planogram, shelf_of

CATALOGUE = """\
skus:
  - {sku: "071142008582", name: Spring water, weight_g: 621.67, price: 1.5}
  - {sku: "0001", name: Unweighed}
"""
PLANOGRAM = """\
version: v1
gondolas:
  - gondola: "1"
    corner_m: [1.0, 0.0, 0.1]
    plate_width_m: 0.1
    plate_depth_m: 0.4
    shelves:
      - {shelf: "1", z_m: 0.0, plates: 3}
      - {shelf: "2", z_m: 0.4, plates: 2, clearance_m: 0.2}
  - gondola: "5"
    corner_m: [3.0, 0.0, 0.0]
    yaw_rad: -1.5707963267948966
    shelves:
      - {shelf: "1", z_m: 0.0, plates: 2}
facings:
  - {plates: [1/1/1, 1/1/2], sku: "071142008582", capacity: 8}
  - {plates: [1/1/2], sku: "0001"}
  - {plates: [5/1/1]}
"""

coordinate = st.floats(-3, 3)
points = st.tuples(coordinate, coordinate, coordinate)
sides = st.tuples(*[st.floats(0.05, 2)] * 3)


def write(folder: Path, planogram: str = PLANOGRAM, catalogue: str = CATALOGUE) -> Planogram:
    (folder / "catalogue.yaml").write_text(catalogue)
    (folder / "planogram.yaml").write_text(planogram)
    return load_planogram(folder / "planogram.yaml", load_catalogue(folder / "catalogue.yaml"))


def brute_force_distance_m(box: Box, point: tuple[float, float, float], steps: int = 24) -> float:
    """Nearest of a dense grid over the box, turned into the store's frame by complex multiplication."""
    axes = [np.linspace(0, side, steps) for side in box.size_m]
    x, y, z = (axis.ravel() for axis in np.meshgrid(*axes, indexing="ij"))
    turned = (x + 1j * y) * np.exp(1j * box.yaw_rad)
    cloud = np.stack((turned.real, turned.imag, z), axis=1) + np.asarray(box.corner_m)
    return float(np.sqrt(((cloud - np.asarray(point)) ** 2).sum(axis=1)).min())


@settings(max_examples=60, deadline=None)
@given(corner=points, size=sides, yaw=st.floats(-math.pi, math.pi), point=points)
def test_distance_agrees_with_brute_force(
    corner: tuple[float, float, float],
    size: tuple[float, float, float],
    yaw: float,
    point: tuple[float, float, float],
) -> None:
    box = Box(corner, size, yaw)
    distance = float(box.distance_m(np.array([point]))[0])
    half_cell = math.sqrt(sum((side / 23 / 2) ** 2 for side in size))
    assert distance <= brute_force_distance_m(box, point) + 1e-9
    assert distance >= brute_force_distance_m(box, point) - half_cell - 1e-9


@settings(max_examples=40)
@given(corner=points, size=sides, yaw=st.floats(-math.pi, math.pi))
def test_the_centre_is_inside_and_a_lost_point_is_nan(
    corner: tuple[float, float, float], size: tuple[float, float, float], yaw: float
) -> None:
    box = Box(corner, size, yaw)
    distances = box.distance_m(np.array([box.centre_m, (math.nan, 0.0, 0.0), (0.0, 0.0, math.nan)]))
    assert distances[0] == 0.0
    assert np.isnan(distances[1:]).all()


@settings(max_examples=40)
@given(corner=points, size=sides, yaw=st.floats(-math.pi, math.pi), count=st.integers(1, 12))
def test_slices_fill_the_box_from_left_to_right(
    corner: tuple[float, float, float], size: tuple[float, float, float], yaw: float, count: int
) -> None:
    box = Box(corner, size, yaw)
    parts = box.slices(count)
    assert len(parts) == count
    assert sum(part.size_m[0] for part in parts) == pytest.approx(size[0])
    mean = np.mean([part.centre_m for part in parts], axis=0)
    assert mean == pytest.approx(np.asarray(box.centre_m), abs=1e-9)
    along = [
        (part.corner_m[0] - corner[0]) * math.cos(yaw) + (part.corner_m[1] - corner[1]) * math.sin(yaw)
        for part in parts
    ]
    assert along == pytest.approx([size[0] / count * i for i in range(count)], abs=1e-9)


def test_plates_stand_where_the_gondola_puts_them(tmp_path: Path) -> None:
    planogram = write(tmp_path)
    assert tuple(planogram.plates) == ("1/1/1", "1/1/2", "1/1/3", "1/2/1", "1/2/2", "5/1/1", "5/1/2")
    assert planogram.plates["1/2/2"].corner_m == pytest.approx((1.1, 0.0, 0.5))
    assert planogram.plates["1/2/2"].size_m == pytest.approx((0.1, 0.4, 0.2))
    assert planogram.shelves == ("1/1", "1/2", "5/1")
    assert planogram.shelf("1/1") == ("1/1/1", "1/1/2", "1/1/3")
    assert planogram.shelf("9/9") == ()
    assert [facing.sku for facing in planogram.facings_at("1/1/2")] == ["071142008582", "0001"]
    assert planogram.facings_at("1/2/1") == ()
    assert len(planogram.box_of(["1/1/1", "9/9/9"])) == 1


def test_a_gondola_turned_by_ninety_degrees_runs_along_minus_y(tmp_path: Path) -> None:
    second = write(tmp_path).plates["5/1/2"]
    assert second.corner_m == pytest.approx((3.0, -0.1016, 0.0))
    # Its own depth now points along +x: a hand there is inside, its mirror image is 0.2 m away.
    inside, outside = second.distance_m(np.array([(3.2, -0.15, 0.1), (2.8, -0.15, 0.1)]))
    assert inside == 0.0
    assert outside == pytest.approx(0.2)


SURVEYED = """\
plates:
  1/1/2: {corner_m: [9, 8, 7], size_m: [0.1, 0.4, 0.3], yaw_rad: 0.5}
  7/1/1: {corner_m: [1, 1, 1], size_m: [0.1, 0.4, 0.3]}
facings:
"""


def test_a_surveyed_plate_stands_where_it_was_measured(tmp_path: Path) -> None:
    planogram = write(tmp_path, PLANOGRAM.replace("facings:\n", SURVEYED))
    assert planogram.plates["1/1/2"] == Box((9, 8, 7), (0.1, 0.4, 0.3), 0.5)
    assert planogram.shelf("7/1") == ("7/1/1",)
    assert planogram.plates["1/1/1"].corner_m == pytest.approx((1.0, 0.0, 0.1))


@pytest.mark.parametrize(
    ("find", "put", "words"),
    [
        ("  7/1/1:", "  7-1-1:", "yaml:15: plates: wrong value, .*gondola/shelf/plate"),
        ("yaw_rad", "yaw", "yaml:15: .*unknown key, found `yaw`, expected one of corner_m, size_m, yaw_rad"),
        ("[9, 8, 7]", "[9, 8]", "yaml:15: .*length 3"),
        ("[9, 8, 7]", "[9, 8, 1.0e+300]", "yaml:15: .*wrong value"),
        ("[0.1, 0.4, 0.3]", "[0.1, -0.4, 0.3]", "yaml:15: .*wrong value"),
    ],
)
def test_a_bad_survey_is_refused(tmp_path: Path, find: str, put: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        write(tmp_path, PLANOGRAM.replace("facings:\n", SURVEYED.replace(find, put)))


def test_a_sku_outside_the_catalogue_is_nameless_and_weightless(tmp_path: Path) -> None:
    write(tmp_path)
    catalogue = load_catalogue(tmp_path / "catalogue.yaml")
    assert catalogue.get("071142008582").weight_g == 621.67
    assert (catalogue.get("404").name, catalogue.get("404").weight_g) == ("404", None)
    assert "0001" in catalogue
    assert "1" not in catalogue


@pytest.mark.parametrize(
    ("find", "put", "kind", "words"),
    [
        ('sku: "0001"', 'sku: "0002"', PlanogramError, r"facings\[1\].*unknown SKU.*0002"),
        ("plates: [5/1/1]", "plates: [5/1/9]", PlanogramError, r"facings\[2\].*unknown plate.*5/1/9"),
        ("plates: [5/1/1]", "plates: [5-1-9]", ConfigError, "yaml:18: .*gondola/shelf/plate"),
        ("plates: [5/1/1]", "plates: []", ConfigError, "yaml:18: .*list of length >= 1"),
        ('shelf: "2"', 'shelf: "1"', ConfigError, r"yaml:9: .*shelves\[1\]: duplicate shelf.*1/1"),
        ('shelf: "2"', 'shelf: "a/b"', ConfigError, "yaml:9: .*without /"),
        ("plates: 3", "plates: 0", ConfigError, "yaml:8: .*>= 1"),
        ("corner_m: [1.0, 0.0, 0.1]", "corner_m: [1.0, 0.0]", ConfigError, "yaml:4: .*corner_m.*length 3"),
        ("version: v1\n", "", ConfigError, "version: missing key"),
    ],
)  # fmt: skip
def test_a_planogram_that_contradicts_itself_is_refused(
    tmp_path: Path, find: str, put: str, kind: type[SteelyardError], words: str
) -> None:
    assert find in PLANOGRAM
    with pytest.raises(kind, match=words):
        write(tmp_path, PLANOGRAM.replace(find, put))


@pytest.mark.parametrize(
    ("put", "words"),
    [
        ('"071142008582"', r"yaml:3: skus\[1\].sku: duplicate SKU.*071142008582"),
        ("0001", r"yaml:3: skus\[1\].sku: wrong type.*Put it in quotes"),
        ('""', r"yaml:3: skus\[1\].sku: wrong value"),
        ('"0001", weight_g: 1.0e+308', r"yaml:3: skus\[1\].weight_g: wrong value.*1.0e\+308"),
        ('"0001", weight_g: 1.0e-308', r"yaml:3: skus\[1\].weight_g: wrong value"),
        ('"0001", price: 1.0e+308', r"yaml:3: skus\[1\].price: wrong value"),
    ],
)
def test_a_catalogue_that_contradicts_itself_is_refused(tmp_path: Path, put: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        write(tmp_path, catalogue=CATALOGUE.replace('"0001"', put))


def test_a_planogram_built_by_hand_is_checked_too() -> None:
    with pytest.raises(PlanogramError, match="unknown plate"):
        Planogram("v1", {}, [Facing(("1/1/1",))])
    assert shelf_of("gondola/shelf/plate") == "gondola/shelf"
