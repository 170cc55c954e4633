"""The rules of tests/conftest.py, tried on a few tests of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).parent.parent / "conftest.py"
TESTS = """\
import pytest

@pytest.mark.slow
def test_slow():
    pass

@pytest.mark.browser
def test_with_a_browser():
    pass

@pytest.mark.store_data
def test_with_a_recording():
    pass

def test_quick():
    pass
"""
MARKERS = "[pytest]\nmarkers =\n    slow\n    browser\n    mosquitto\n    store_data\n"


def run_tests(folder: Path, *, require_all: bool) -> str:
    """Output of pytest on a machine that has neither a browser nor a recording."""
    (folder / "tests").mkdir()
    shutil.copy(CONFTEST, folder / "tests")
    (folder / "tests" / "test_few.py").write_text(TESTS)
    (folder / "pytest.ini").write_text(MARKERS)
    environment = {**os.environ, "PATH": str(folder), "STEELYARD_REQUIRE_ALL": "1" if require_all else ""}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    ).stdout


def outcomes(output: str) -> list[tuple[str, str]]:
    return re.findall(r"::test_(\w+) (PASSED|SKIPPED|FAILED|ERROR)", output)


def test_what_the_machine_lacks_is_skipped_and_slow_tests_come_last(tmp_path: Path) -> None:
    output = run_tests(tmp_path, require_all=False)
    assert outcomes(output) == [
        ("with_a_recording", "SKIPPED"),
        ("quick", "PASSED"),
        ("with_a_browser", "SKIPPED"),
        ("slow", "PASSED"),
    ]
    assert "2 passed, 2 skipped" in output


def test_where_everything_is_required_a_missing_program_fails_and_missing_data_skips(tmp_path: Path) -> None:
    results = dict(outcomes(run_tests(tmp_path, require_all=True)))
    assert results["with_a_browser"] in ("FAILED", "ERROR")
    assert results["with_a_recording"] == "SKIPPED"
    assert results["quick"] == "PASSED"
