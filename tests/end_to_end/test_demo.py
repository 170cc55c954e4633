"""The demo with all of its real processes: receipts are what shoppers hold, and nothing is left running."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo_process import DemoProcess, content

from tools.store_simulator.truth import Truth

pytestmark = pytest.mark.slow

STOP_S = 20.0
RACKS = ("fridge", "pantry-high", "pantry-low")


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "demo"


@pytest.fixture
def running_demo(state_dir: Path) -> Iterator[DemoProcess]:
    demo = DemoProcess(state_dir, "--seed", "3", "--speed", "3")
    try:
        demo.wait_for("comes in", 150)
        yield demo
    finally:
        demo.end()


@pytest.mark.parametrize("broker", ["nats", pytest.param("mosquitto", marks=pytest.mark.mosquitto)])
def test_receipts_are_what_the_shoppers_hold(state_dir: Path, broker: str) -> None:
    demo = DemoProcess(state_dir, "--for", "45", "--seed", "7", "--speed", "1.5", "--broker", broker)
    try:
        assert demo.wait(200) == 0, demo.output
    finally:
        demo.end()
    assert demo.output.startswith("Page      http://127.0.0.1:")
    assert len(list((state_dir / "pictures").iterdir())) == 18, "all goods were photographed and enrolled"
    assert all(list((state_dir / "cameras" / rack).glob("*.jpg")) for rack in RACKS), "cameras took pictures"
    truth = Truth.read(state_dir / "truth.json")
    receipts = demo.receipts()
    assert len(truth.visits) >= 3, "the store has been busy"
    assert set(receipts) == set(truth.visits)
    for visit, receipt in receipts.items():
        assert content(receipt) == truth.holds(visit), f"{visit}:\n{demo.output}"
        assert f"receipt · {visit}" in demo.output
    assert not all(receipt.needs_review for receipt in receipts.values())
    assert demo.processes() == []


def test_ctrl_c_closes_the_store_and_leaves_nothing(running_demo: DemoProcess) -> None:
    assert len(running_demo.processes()) >= 9, (
        "demo, broker, aggregator, world, 3 boards, 3 nodes, at least 9"
    )
    running_demo.signal(signal.SIGINT)
    assert running_demo.wait(STOP_S) == 0
    assert running_demo.processes() == []
    assert "Closing the store" in running_demo.output
    assert "Traceback" not in running_demo.output


def test_even_a_killed_demo_leaves_nothing(running_demo: DemoProcess) -> None:
    running_demo.signal(signal.SIGKILL)
    running_demo.wait(STOP_S)
    assert running_demo.wait_gone(STOP_S) == []


def test_a_scratch_store_cleans_up_after_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    finished = subprocess.run(
        [sys.executable, "-m", "edge.cli", "demo", "--no-browser", "--for", "15"],
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    assert list(scratch.iterdir()) == []
