"""The model is found wherever Steelyard is installed: in a checkout and from a wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from edge.vision.model_card import shipped_card

FIND = "from edge.vision.embedder import load_embedder as load; print(load().model_sha256)"
WHERE = "from edge.vision.model_card import shipped_card as card; print(card())"


def run(code: str, installation: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installation)}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=installation, env=environment, capture_output=True, text=True,
        timeout=120, check=True,
    ).stdout.strip()  # fmt: skip


def test_a_checkout_uses_its_own_models(repository: Path) -> None:
    assert shipped_card().parent == repository / "models"


@pytest.mark.slow
def test_a_wheel_carries_the_model_and_nothing_of_the_tools(repository: Path, tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="needs hatchling to build a wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=repository, capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as content:
        assert not [name for name in content.namelist() if name.startswith(("tools/", "tests/"))]
        content.extractall(installed)
    assert Path(run(WHERE, installed)) == installed / "edge" / "vision" / "models" / shipped_card().name
    assert run(FIND, installed) == run(FIND, repository)
