"""kill -9 of nodes, aggregator and broker at random, thirty times, while shoppers shop."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_thirty_kills_lose_no_cart_line_and_double_none(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tools.chaos", "--kills", "30", "--seed", "5", "--state-dir", str(tmp_path)],
        capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    findings = [line for line in run.stdout.splitlines() if line.startswith("FOUND")]
    assert findings == [], run.stdout
    assert run.returncode == 0, run.stdout + run.stderr
    assert "30 kills: " in run.stdout
    seen = next(int(line.split()[0]) for line in run.stdout.splitlines() if " actions seen" in line)
    assert seen >= 15, "enough happened while the nodes were up to mean something"
