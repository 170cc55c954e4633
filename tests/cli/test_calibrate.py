"""The flags of ``steelyard calibrate``: whatever they say, the answer is a calibration or a sentence."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from technician import BOARD_ID, PLATES, steelyard, write_calibration, write_node
from typer.testing import CliRunner

from edge.cli.calibrate.verb import calibrate
from edge.cli.main import app
from edge.config import CalibrationFile
from edge.errors import SteelyardError
from edge.yaml_file import load_yaml
from firmware_bridge.errors import BridgeError


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        steelyard("calibrate", *arguments), capture_output=True, text=True, timeout=60, check=False,
        stdin=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip


def refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 1
    assert result.stderr.startswith("steelyard: ")
    assert result.stderr.count("\n") == 1
    for word in words:
        assert word in result.stderr


def test_a_plate_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    refused(run("r/1/3", "--config", write_node(tmp_path)), "no such plate", "r/1/1", "Did you mean")


def test_a_board_that_is_not_there_is_named(tmp_path: Path) -> None:
    node = write_node(tmp_path, port="/dev/null")
    refused(run(PLATES[0], "--config", node), "/dev/null")


def test_a_calibration_written_by_hand_is_left_alone(tmp_path: Path) -> None:
    """Before anybody carries a weight."""
    out = tmp_path / "out"
    file = write_calibration(tmp_path, 208.0, mark="")
    content = file.read_bytes()
    out.mkdir()
    (out / "51511a7ed0ca11b0.yaml").write_bytes(content)
    refused(run("s/1/1", "--simulate", "--out", out), "written by hand", "51511a7ed0ca11b0.yaml")
    assert (out / "51511a7ed0ca11b0.yaml").read_bytes() == content


def test_another_boards_calibration_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "51511a7ed0ca11b0.yaml").write_bytes(write_calibration(tmp_path, 208.0).read_bytes())
    refused(run("s/1/1", "--simulate", "--out", tmp_path), "another board", BOARD_ID)


def test_a_directory_that_cannot_be_is_named() -> None:
    refused(run("s/1/1", "--simulate", "--out", "x" * 300), "File name too long")


def test_a_directory_that_nobody_can_write_is_named_before_the_work(tmp_path: Path) -> None:
    """Not even the superuser makes a file there."""
    result = run("s/1/1", "--simulate", "--hands-free", "--masses", "1000", "--out", "/proc/self/net")
    refused(result, "cannot write", "/proc/self/net")
    assert "Diagnosis" not in result.stdout


def test_a_simulation_that_is_told_to_stop_leaves_nothing(tmp_path: Path) -> None:
    words = ("s/1/1", "--simulate", "--hands-free", "--masses", "1000", "--out", tmp_path / "out")
    process = subprocess.Popen(
        steelyard("calibrate", *words),
        stdout=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("steelyard-*/board")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(tmp_path.glob("steelyard-*/board"))
    process.terminate()
    assert process.wait(30) == 128 + signal.SIGTERM
    assert list(tmp_path.glob("steelyard-*")) == []


def test_the_sensor_alone_as_json(tmp_path: Path) -> None:
    result = run("s/1/1", "--simulate", "--diagnose-only", "--diagnose-s", 1, "--json", "--out", tmp_path)
    assert result.returncode == 0, result.stderr
    seen = json.loads(result.stdout)
    assert seen["findings"] == []
    assert 60 <= seen["noise_counts"] <= 130
    assert list(tmp_path.iterdir()) == []


def test_a_gain_that_no_scale_has_is_refused_in_the_file(tmp_path: Path) -> None:
    file = write_calibration(tmp_path, 1e-300)
    with pytest.raises(SteelyardError, match=r"found 1e-300, expected 0\.01 to 1e\+06 counts of one gram"):
        load_yaml(file, CalibrationFile)
    assert BOARD_ID in file.name


NUMBERS = ["nan", "inf", "-inf", "-1", "0", "1e308", "", "x", "0x10", "1e-320", "1.5.2"]
FUZZED = {
    "--masses": [*NUMBERS, "1000,nan", "1000,500", "1+", "+", ",", "1000;2000", "1" * 400, "622"],
    "--weight-class": ["M4", "", "m1", "None"],
    "--tolerance-g": NUMBERS,
    "--class": ["V", "", "iii"],
    "--e-g": NUMBERS,
    "--capacity-g": NUMBERS,
    "--diagnose-s": NUMBERS,
    "--capture-s": NUMBERS,
    "--settle-s": [number for number in NUMBERS if number not in ("0", "1e-320")],
    "--repeats": [*NUMBERS[:4], "1.5", "21", "-1"],
    "--corner-mass": [*NUMBERS[:6], "500,1000"],
    "--creep-min": [number for number in NUMBERS if number not in ("0", "1e-320")],
    "--full-scale-mv-per-v": [number for number in NUMBERS if number not in ("0", "1e-320")],
    "--patience-s": NUMBERS,
    "--accept": ["yes", "", "PASS"],
    "--config": ["/nowhere/node.yaml", ".", "/dev/null"],
}


@pytest.mark.parametrize("flag", FUZZED)
def test_every_bad_value_of_a_flag_is_a_sentence(flag: str, tmp_path: Path) -> None:
    """In this process, without a board: a value that slips through fails for want of one."""
    node = write_node(tmp_path, port=str(tmp_path / "nobody"))
    runner = CliRunner()
    for value in FUZZED[flag]:
        others = [] if flag == "--config" else ["--config", str(node)]
        result = runner.invoke(app, ["calibrate", PLATES[0], *others, f"{flag}={value}"])
        assert result.exit_code != 0, value
        error = result.exception
        assert isinstance(error, SystemExit | SteelyardError | BridgeError), (value, repr(error))
        assert not isinstance(error, SteelyardError) or str(tmp_path / "nobody") not in str(error), value
        if isinstance(error, SystemExit):
            assert error.code == 2
            assert flag in result.output.replace("\n", "")


def test_flags_at_random_never_raise_what_is_no_error_of_ours(tmp_path: Path) -> None:
    rng = random.Random(7)
    runner = CliRunner()
    for _ in range(60):
        chosen = rng.sample([*FUZZED, "--flip", "--new-cell", "--json", "--simulate", "--no-corners"], 4)
        flags = [f"{flag}={rng.choice(FUZZED[flag])}" if flag in FUZZED else flag for flag in chosen]
        plate = rng.choice(["", "r", "r/1/1", "///", "r/1/1\0", "−"])
        result = runner.invoke(app, ["calibrate", plate, *flags, "--e-g=nan"])
        assert isinstance(result.exception, SystemExit | SteelyardError | BridgeError), (
            flags,
            result.exception,
        )


def test_a_simulated_plate_needs_a_plates_name() -> None:
    result = run("no plate", "--simulate")
    assert result.returncode == 2
    assert "gondola/shelf/plate" in result.stderr


def test_the_verb_says_what_it_needs() -> None:
    assert calibrate.__doc__ is not None
    result = run("r/1/1")
    assert result.returncode == 2
    assert "--simulate" in result.stderr
