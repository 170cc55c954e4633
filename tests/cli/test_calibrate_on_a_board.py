"""``steelyard calibrate`` as a process, a board behind a pty, and hands that obey or err."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
from technician import (
    BOARD_ID,
    COUNTS_PER_GRAM,
    PLATES,
    QUICK,
    ZERO_COUNTS,
    Bench,
    Finished,
    follow,
    steelyard,
    write_calibration,
    write_node,
)

from edge.config import CalibrationFile
from edge.yaml_file import load_yaml
from firmware_bridge.serial_port import open_port

pytestmark = pytest.mark.slow


def command(folder: Path, *options: object, plate: str = PLATES[0], mass: str = "2000") -> list[str]:
    return steelyard(
        "calibrate", plate, "--config", write_node(folder), *QUICK, "--masses", mass, "--repeats", 0, *options
    )


def refused(finished: Finished, *words: str) -> None:
    """Exit code 1 and one sentence that says what and how to go on."""
    assert finished.code == 1, finished.out
    assert finished.err.startswith("steelyard: ")
    assert finished.err.count("\n") == 1
    for word in words:
        assert word in finished.err


def test_hands_free_from_a_new_board_to_a_certificate(tmp_path: Path) -> None:
    with Bench(tmp_path) as bench:
        finished = follow(
            bench,
            command(
                tmp_path, "--hands-free", "--accept", "pass", "--technician", "A. Kovács", mass="1000,2000"
            ),
        )
    assert finished.code == 0, finished.err
    calibration = load_yaml(tmp_path / "calibration" / f"{BOARD_ID}.yaml", CalibrationFile)
    channel, uncalibrated = calibration.channels
    assert uncalibrated is None
    assert channel is not None
    (entry,) = calibration.history
    assert channel.counts_per_gram == pytest.approx(COUNTS_PER_GRAM, rel=3 * entry.gain_u95)
    assert channel.zero_counts == pytest.approx(ZERO_COUNTS, abs=60)
    certificate = tmp_path / "calibration" / "certificates" / entry.certificate
    assert json.loads(certificate.read_bytes())["sha256"] == entry.sha256
    assert entry.sha256 in certificate.with_suffix(".html").read_text()
    assert (entry.plate, entry.technician, entry.passed) == (PLATES[0], "A. Kovács", True)


def test_the_dialogue_flips_a_reversed_cell_and_keeps_the_history(tmp_path: Path) -> None:
    before = load_yaml(write_calibration(tmp_path, 208.0), CalibrationFile)
    with Bench(tmp_path, gain=-COUNTS_PER_GRAM) as bench:
        # A wrong mass is refused and asked for again; then the flip is agreed to, and the result accepted.
        finished = follow(
            bench, command(tmp_path), answers="yy", press_enter=True,
            placing=lambda number, grams: 700.0 if number == 2 else grams,
        )  # fmt: skip
    assert finished.code == 0, finished.err
    assert "this is not the load" in finished.out
    after = load_yaml(tmp_path / "calibration" / f"{BOARD_ID}.yaml", CalibrationFile)
    assert after.channels[0] is not None
    assert after.channels[0].counts_per_gram == pytest.approx(-COUNTS_PER_GRAM, rel=1e-3)
    assert after.channels[1] == before.channels[1]


def test_a_simulated_plate_twice(tmp_path: Path) -> None:
    """The second time with corners and creep, and the first calibration is found in force."""
    short = (*QUICK, "--masses", "2000", "--repeats", 0, "--accept", "any", "--json")
    for number, more in enumerate([(), ("--corners", "--creep-min", 0.01)], start=1):
        result = subprocess.run(
            steelyard("calibrate", "s/1/1", "--simulate", "--out", tmp_path, *short, *more),
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        said = json.loads(result.stdout)
        assert said["counts_per_gram"] == pytest.approx(208.77, rel=1e-3)
        assert len(load_yaml(Path(said["calibration"]), CalibrationFile).history) == number
        certificate = json.loads(Path(said["certificate"]).read_bytes())["certificate"]
        assert len(certificate["as_found"]) == (len(certificate["as_left"]) if number == 2 else 0)
    assert {check["kind"] for check in certificate["as_left"]} >= {"corner", "creep", "zero_return", "error"}


def test_who_says_no_changes_nothing(tmp_path: Path) -> None:
    file = write_calibration(tmp_path, 208.0)
    content = file.read_bytes()
    with Bench(tmp_path) as bench:
        finished = follow(bench, command(tmp_path), answers="n", press_enter=True)
    assert "as found" in finished.out
    refused(finished, "not accepted", "untouched")
    assert file.read_bytes() == content
    assert not (tmp_path / "calibration" / "certificates").exists()


@pytest.mark.parametrize(("gain", "put_g", "words"), [
    (COUNTS_PER_GRAM, 1000.0, ("not the load that was asked for", "about 10", "--new-cell")),
    (-COUNTS_PER_GRAM, 2000.0, ("polarity is reversed", "--flip")),
    (COUNTS_PER_GRAM, 90_000.0, ("converter is at its end",)),
])  # fmt: skip
def test_a_load_that_cannot_be_is_refused(
    tmp_path: Path, gain: float, put_g: float, words: tuple[str]
) -> None:
    file = write_calibration(tmp_path, 208.0)
    content = file.read_bytes()
    with Bench(tmp_path, gain=gain) as bench:
        finished = follow(
            bench, command(tmp_path, "--hands-free"), placing=lambda _, grams: put_g if grams else 0.0
        )
    refused(finished, *words)
    assert file.read_bytes() == content


def test_a_plate_that_nobody_loads_is_refused(tmp_path: Path) -> None:
    with Bench(tmp_path) as bench:
        other = command(tmp_path, "--hands-free", "--patience-s", 2, plate=PLATES[1])
        finished = follow(bench, other)
    refused(finished, "nothing was put on", "Check that this is the plate")


def test_a_limit_that_is_missed_is_not_accepted_by_itself(tmp_path: Path) -> None:
    with Bench(tmp_path) as bench:
        strict = command(tmp_path, "--hands-free", "--accept", "pass", "--class", "IIII")
        finished = follow(bench, strict)
    refused(finished, "not accepted", "intervals of class IIII", "--accept any")
    assert not (tmp_path / "calibration").exists()


@pytest.mark.parametrize(("fault", "words"), [
    ({"fault": "saturate", "channel": 0}, "saturated"),
    ({"fault": "stuck", "channel": 0}, "stuck"),
    ({"fault": "stop"}, "silent"),
])  # fmt: skip
def test_a_sensor_not_worth_calibrating_is_refused_at_once(tmp_path: Path, fault: dict, words: str) -> None:
    with Bench(tmp_path) as bench:
        if words == "silent":
            process = subprocess.Popen(
                command(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
            )
            assert process.stdout is not None
            process.stdout.readline()
            bench.command(**fault)
            out, err = process.communicate(timeout=60)
            finished = Finished(process.returncode, out.decode(), err.decode())
        else:
            time.sleep(0.3)
            bench.command(**fault)
            finished = follow(bench, command(tmp_path))
    refused(finished, words)


def test_a_port_that_somebody_else_reads_is_asked_for_through_the_node(tmp_path: Path) -> None:
    """There is none, and no broker either."""
    with Bench(tmp_path), open_port(str(tmp_path / "board")):
        result = subprocess.run(command(tmp_path), capture_output=True, text=True, timeout=60, check=False)
    refused(
        Finished(result.returncode, result.stdout, result.stderr), "another program holds", "broker 127.0.0.1"
    )


def test_a_killed_calibration_leaves_the_old_one_in_force(tmp_path: Path) -> None:
    file = write_calibration(tmp_path, 208.0)
    content = file.read_bytes()

    def kill(number: int, process: subprocess.Popen[bytes]) -> None:
        if number == 3:
            process.send_signal(signal.SIGKILL)

    with Bench(tmp_path) as bench:
        finished = follow(bench, command(tmp_path, "--hands-free", "--accept", "any"), at_request=kill)
    assert finished.code == -signal.SIGKILL
    assert file.read_bytes() == content
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_out_takes_the_other_channels_along_and_leaves_the_nodes_file(tmp_path: Path) -> None:
    """Even where that was written by hand."""
    file = write_calibration(tmp_path, 208.0, mark="")
    content, out = file.read_bytes(), tmp_path / "elsewhere"
    with Bench(tmp_path) as bench:
        finished = follow(bench, command(tmp_path, "--hands-free", "--accept", "any", "--out", out))
    assert finished.code == 0, finished.err
    assert file.read_bytes() == content
    first, second = load_yaml(out / f"{BOARD_ID}.yaml", CalibrationFile).channels
    assert first is not None
    assert first.counts_per_gram == pytest.approx(COUNTS_PER_GRAM, rel=1e-3)
    assert second == load_yaml(file, CalibrationFile).channels[1]
