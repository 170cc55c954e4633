"""``steelyard doctor`` as a process: real files, a real broker, a board behind a real pty."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from technician import BOARD_ID, COUNTS_PER_GRAM, PLATES, Bench, steelyard, write_calibration, write_node

from edge.broker.embedded import EmbeddedBroker

CONFIGS = Path(__file__).parents[2] / "configs"


def write_store(folder: Path) -> None:
    """A catalogue and a planogram of the two plates."""
    box = {"corner_m": [0, 0, 1], "size_m": [0.2, 0.4, 0.3], "yaw_rad": 0}
    (folder / "catalogue.yaml").write_text(
        yaml.safe_dump({"skus": [{"sku": "1", "name": "Tea", "weight_g": 105.0, "price": 2.0}]})
    )
    (folder / "planogram.yaml").write_text(
        yaml.safe_dump(
            {
                "version": "1",
                "plates": {plate: json.loads(json.dumps(box)) for plate in PLATES},
                "facings": [{"plates": PLATES, "sku": "1"}],
            }
        )
    )


def examine(file: Path, *options: str) -> tuple[int, dict[tuple[str, str], dict[str, str]]]:
    """(exit code, {(check, subject): line})."""
    run = subprocess.run(
        [*steelyard("doctor", "--config", file, "--json", "--seconds", "2"), *options],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in run.stderr
    return run.returncode, {(line["check"], line["subject"]): line for line in json.loads(run.stdout)}


@pytest.fixture
def bench(tmp_path: Path):
    with Bench(tmp_path) as bench:
        yield bench


@pytest.fixture
def broker(tmp_path: Path):
    with EmbeddedBroker("nats", tmp_path / "broker") as broker:
        yield broker


def test_a_sound_store_passes_every_check(tmp_path: Path, bench: Bench, broker: EmbeddedBroker) -> None:
    write_store(tmp_path)
    write_calibration(tmp_path, COUNTS_PER_GRAM)
    calibration = tmp_path / "calibration" / f"{BOARD_ID}.yaml"
    calibration.write_text(calibration.read_text().replace("2025-01-01", f"{datetime.now(UTC):%Y-%m-%d}"))
    file = write_node(tmp_path, broker_port=broker.port)
    code, lines = examine(file)
    assert [line for line in lines.values() if line["outcome"] == "failure"] == []
    assert code == 0
    for check in ("serial identity", "rate", "noise", "saturation", "calibration"):
        assert lines[check, "r"]["outcome"] == "ok", check
    noise_g = float(lines["noise", "r"]["found"].split()[2])
    assert noise_g == pytest.approx(60 / COUNTS_PER_GRAM, rel=0.2)


def test_every_fault_is_a_line_with_a_fix(tmp_path: Path, bench: Bench) -> None:
    """No broker, no calibration, no planogram, a plate on its rail: each is said, none hides another."""
    bench.put(5e6, channel=1)
    code, lines = examine(write_node(tmp_path))
    assert code == 1
    failures = {key: line for key, line in lines.items() if line["outcome"] == "failure"}
    checks = {check for check, _ in failures}
    assert {"broker", "planogram", "calibration", "saturation"} <= checks
    assert ("saturation", PLATES[1]) in failures
    assert ("saturation", PLATES[0]) not in failures
    assert all(line["fix"] or "." in line["found"] for line in failures.values())


def test_another_board_on_the_port_is_refused(tmp_path: Path, bench: Bench) -> None:
    file = write_node(tmp_path)
    file.write_text(file.read_text().replace(BOARD_ID, "57ee17a4d00000cb"))
    _, lines = examine(file)
    assert lines["serial identity", "r"]["outcome"] == "failure"
    assert BOARD_ID in lines["serial identity", "r"]["found"]


def test_no_board_at_all(tmp_path: Path) -> None:
    _, lines = examine(write_node(tmp_path))
    assert lines["serial identity", "r"]["outcome"] == "failure"
    assert "steelyard boards list" in lines["serial identity", "r"]["fix"]


@pytest.mark.slow
def test_the_board_of_a_running_node_is_judged_by_what_the_node_says(
    tmp_path: Path, bench: Bench, broker: EmbeddedBroker
) -> None:
    write_store(tmp_path)
    write_calibration(tmp_path, COUNTS_PER_GRAM)
    file = write_node(tmp_path, broker_port=broker.port)
    node = subprocess.Popen(steelyard("node", "--config", file), stderr=subprocess.PIPE)
    try:
        for _ in range(10):
            _, lines = examine(file)
            if "running node" in lines["serial identity", "r"]["found"]:
                break
        assert lines["rate", "r"]["outcome"] == "ok"
        assert lines["noise", "r"]["outcome"] == "ok"
    finally:
        node.terminate()
        node.communicate(timeout=20)


def test_a_file_that_is_no_configuration(tmp_path: Path) -> None:
    for content in ("boards: 3\n", "nonsense", "store: [", ""):
        file = tmp_path / "node.yaml"
        file.write_text(content)
        code, lines = examine(file)
        assert code == 1
        assert lines["config", str(file)]["outcome"] == "failure"


def test_a_folder_without_configurations_is_said(tmp_path: Path) -> None:
    run = subprocess.run(steelyard("doctor"), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "no configuration to check" in run.stderr
    assert "--config" in run.stderr


def test_a_state_directory_that_cannot_be_written(tmp_path: Path) -> None:
    file = write_node(tmp_path)
    (tmp_path / "var").write_text("in the way")
    _, lines = examine(file)
    (disk,) = (line for (check, _), line in lines.items() if check == "disk")
    assert disk["outcome"] == "failure"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize(("days", "outcome"), [("400", "ok"), ("5", "warning")])
def test_certificates_are_read_to_their_end(tmp_path: Path, days: str, outcome: str) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key.pem",
         "-out", tmp_path / "ca.pem", "-days", days, "-subj", "/CN=store"],
        check=True, capture_output=True,
    )  # fmt: skip
    file = write_node(tmp_path)
    file.write_text(file.read_text().replace("broker:", "broker:\n  ca_file: ca.pem"))
    _, lines = examine(file)
    assert lines["certificates", str(tmp_path / "ca.pem")]["outcome"] == outcome


def test_in_words_for_a_person(tmp_path: Path) -> None:
    run = subprocess.run(
        [*steelyard("doctor", "--config", write_node(tmp_path), "--seconds", "1")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "FAILURE calibration: r: none" in run.stdout
    assert f"steelyard calibrate {PLATES[0]}" in run.stdout
    assert sys.executable not in run.stdout
