"""The image for the board: what it needs, and what its build refuses."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from firmware_bridge.wire_header import FIRMWARE

pytestmark = pytest.mark.avr_gcc
SIZE = re.compile(r"flash (\d+) of (\d+) bytes, RAM (\d+) of (\d+) bytes")


def make(folder: Path, *settings: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "-C", str(FIRMWARE), "--no-print-directory", f"BUILD={folder}", *settings]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_build_prints_flash_and_ram_which_are_within_the_budget(tmp_path: Path) -> None:
    result = make(tmp_path)
    assert result.returncode == 0, result.stderr
    match = SIZE.search(result.stdout)
    assert match
    flash, flash_max, ram, ram_max = map(int, match.groups())
    assert (flash_max, ram_max) == (16 * 1024, 12 * 1024 // 10)
    assert 4_000 < flash <= flash_max
    assert 300 < ram <= ram_max
    assert (tmp_path / "steelyard-uno.hex").read_text().endswith(":00000001FF\n")


@pytest.mark.parametrize("budget", ["FLASH_BYTES_MAX=4000", "RAM_BYTES_MAX=400"])
def test_a_firmware_beyond_the_budget_fails_the_build(tmp_path: Path, budget: str) -> None:
    assert make(tmp_path, budget).returncode != 0


@pytest.mark.parametrize(
    "settings",
    [("CHANNELS=1", "GAIN=64", "RATE_HZ=10"), ("CHANNELS=3", "GAIN=32"), ("CHANNELS=2", "SEPARATE_CLOCKS=1")],
)
def test_every_option_builds(tmp_path: Path, settings: tuple[str, ...]) -> None:
    result = make(tmp_path, *settings)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [("CHANNELS=5", "CHANNELS is 1 to 4"), ("GAIN=100", "GAIN is"), ("RATE_HZ=50", "RATE_HZ is 10 or 80")],
)
def test_an_absurd_option_is_refused(tmp_path: Path, settings: str, complaint: str) -> None:
    result = make(tmp_path, settings)
    assert result.returncode != 0
    assert complaint in result.stderr


def test_a_changed_option_is_never_an_old_image(tmp_path: Path) -> None:
    sizes = [make(tmp_path, f"CHANNELS={channels}").stdout for channels in (4, 1, 4)]
    assert sizes[0] == sizes[2] != sizes[1]
