"""Nanostore cases whose numbers cannot be: each is refused by file and line, or counts as not there."""

import base64
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from edge.errors import RecordingError
from edge.messages import TrackFrame
from edge.recording.nanostore import NanostoreCase
from tools.nanostore_case import Move, Script, write_case


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    script = Script(seconds=4, shoppers=("1001", "1002"), moves=(Move(2, "1001", 1, 1, 2),))
    return write_case(tmp_path_factory.mktemp("case"), script)


@pytest.fixture
def case_dir(written, tmp_path):
    """A copy that a test may spoil."""
    return Path(shutil.copytree(written, tmp_path / "case"))


def lines_of(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def write_lines(file, lines):
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_no_plate_with_a_signal(case_dir):
    file = case_dir / "plate_data.json"
    lines = lines_of(file)
    for line in lines:
        values = line["document"]["plate_data"]["values"]
        values["data"] = base64.b64encode(np.full(values["shape"], np.nan, "<f4").tobytes()).decode()
    write_lines(file, lines)
    with pytest.raises(RecordingError, match=r"plate_data\.json: no plate has a usable signal"):
        NanostoreCase(case_dir)


@pytest.mark.parametrize("rate_hz", [-60.0, 1e-300, 0.01, 1e6, 1e300])
def test_an_impossible_sampling_rate(case_dir, rate_hz):
    file = case_dir / "plate_data.json"
    lines = lines_of(file)
    lines[5]["document"]["plate_data"]["freq_samp"] = rate_hz
    write_lines(file, lines)
    with pytest.raises(RecordingError, match=r"plate_data\.json:6: impossible sampling rate"):
        list(NanostoreCase(case_dir).inputs())


@pytest.mark.parametrize("index", [-1, -100, 1000, 10**12])
@pytest.mark.parametrize("axis", ["shelf", "plate"])
def test_a_facing_on_an_impossible_plate(case_dir, axis, index):
    file = case_dir / "planogram.json"
    lines = lines_of(file)
    plate = lines[2]["plate_ids"][0]
    (plate if axis == "plate" else plate["shelf_id"])[f"{axis}_index"] = index
    write_lines(file, lines)
    with pytest.raises(RecordingError, match=r"planogram\.json:3: malformed line"):
        NanostoreCase(case_dir)


@pytest.mark.parametrize("weight", [1e-308, 1e308])
def test_an_absurd_weight_is_none(case_dir, weight):
    file = case_dir / "products.json"
    lines = lines_of(file)
    for line in lines:
        line["metadata"]["weight"] = weight
    write_lines(file, lines)
    assert {sku.weight_g for sku in NanostoreCase(case_dir).setup.skus} == {None}


def test_a_point_beyond_any_building_is_lost(case_dir):
    file = case_dir / "full_targets.json"
    lines = lines_of(file)
    for line in lines:
        for target in line["document"]["targets"].get("targets", ()):
            target["head"]["point"]["x"] = 1e300
    write_lines(file, lines)
    frames = [arrived for _, arrived in NanostoreCase(case_dir).inputs() if isinstance(arrived, TrackFrame)]
    points = [target.points for frame in frames for target in frame.targets]
    assert points
    assert not any("head" in each for each in points)
    assert all("l_wrist" in each for each in points)


@pytest.mark.parametrize(
    ("line", "message"), [(b"[" * 100_000 + b"\n", "malformed line"), (b"1" * (1 << 24), "line too long")]
)
def test_a_line_that_is_too_much(case_dir, line, message):
    with (case_dir / "products.json").open("ab") as stream:
        stream.write(line)
    with pytest.raises(RecordingError, match=message):
        NanostoreCase(case_dir)


def test_a_name_too_long_to_be_a_path(tmp_path):
    with pytest.raises(RecordingError, match="not a case directory"):
        NanostoreCase(tmp_path / ("x" * 5000))
