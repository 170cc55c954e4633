"""A board that is no Steelyard board has its plates calibrated through the node that reads it."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from technician import steelyard

from edge.broker.embedded import EmbeddedBroker
from firmware_bridge.simulated_scales import DeviceLine, TextSketch

PLATE = "r/1/1"


def write_node(folder: Path, broker_port: int, **board: object) -> Path:
    box = {"corner_m": [0.0, 0.0, 1.0], "size_m": [0.2, 0.4, 0.3]}
    (folder / "catalogue.yaml").write_text(
        yaml.safe_dump({"skus": [{"sku": "1", "name": "Tea", "weight_g": 105.0}]})
    )
    (folder / "planogram.yaml").write_text(
        yaml.safe_dump({"version": "1", "plates": {PLATE: box}, "facings": [{"plates": [PLATE], "sku": "1"}]})
    )
    section = {"rack": "r", "port": "sketch", "plates": [PLATE], "rate_hz": 10.0, **board}
    file = folder / "node.yaml"
    broker = {"port": broker_port, "reconnect_max_s": 0.5}
    file.write_text(yaml.safe_dump({"store": "s", "node": "n", "broker": broker, "boards": [section]}))
    return file


@pytest.mark.slow
def test_a_sketch_that_prints_counts(tmp_path: Path) -> None:
    line = DeviceLine(
        TextSketch(lambda number: f"HX711 reading: {80_000 + number * 7919 % 61}", rate_hz=10.0),
        tmp_path / "sketch",
    )
    line.plug_in()
    with EmbeddedBroker("nats", tmp_path / "broker") as broker:
        file = write_node(tmp_path, broker.port, driver="hx711_text", board_id="shelf-2-sketch")
        node = subprocess.Popen(steelyard("node", "--config", file), stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 30
            while True:  # until the node is up
                done = subprocess.run(
                    [*steelyard("calibrate", PLATE, "--config", file, "--diagnose-only", "--json"),
                     "--diagnose-s", "2"],
                    capture_output=True, text=True, timeout=60, check=False,
                )  # fmt: skip
                if not done.returncode or time.monotonic() > deadline:
                    break
        finally:
            node.terminate()
            node.communicate(timeout=20)
            line.close()
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["mean_counts"] == pytest.approx(80_030, abs=15)
    assert seen["rate_hz"] == pytest.approx(10.0, rel=0.2)


def test_a_scale_that_gives_weights_needs_no_calibration(tmp_path: Path) -> None:
    file = write_node(tmp_path, 1, driver="mt_sics", resolution_g=0.1)
    done = subprocess.run(
        steelyard("calibrate", PLATE, "--config", file),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "calibrated by itself" in done.stderr
    assert "Traceback" not in done.stderr
