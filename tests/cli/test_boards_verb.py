"""``steelyard boards`` as a process, with boards behind real ptys."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from technician import BOARD_ID, Bench, steelyard


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        steelyard("boards", *arguments), capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def bench(tmp_path: Path):
    with Bench(tmp_path) as bench:
        yield bench


def test_boards_are_listed_with_who_they_are(tmp_path: Path, bench: Bench) -> None:
    done = run("list", "--json", "--port", tmp_path / "board", "--port", tmp_path / "nothing")
    here, gone = json.loads(done.stdout)
    assert (here["board_id"], here["channels"], here["rate_hz"]) == (BOARD_ID, 2, 80)
    assert gone["board_id"] is None
    assert gone["reason"]
    table = run("list", "--port", tmp_path / "board").stdout
    assert BOARD_ID in table


def test_one_port_is_identified(tmp_path: Path, bench: Bench) -> None:
    assert run("identify", tmp_path / "board").stdout.strip() == BOARD_ID
    nobody = run("identify", tmp_path / "nothing")
    assert nobody.returncode == 1
    assert "no board answers" in nobody.stderr


def test_a_board_blinks_by_its_id_or_by_its_port(tmp_path: Path, bench: Bench) -> None:
    for board in (BOARD_ID, BOARD_ID.upper(), tmp_path / "board"):
        done = run("blink", board, "--for", "0.5", "--port", tmp_path / "board")
        assert "blinks" in done.stdout, done.stderr


def test_a_board_that_is_not_there(tmp_path: Path, bench: Bench) -> None:
    done = run("blink", "0000000000000000", "--port", tmp_path / "board")
    assert done.returncode == 1
    assert "no such board" in done.stderr


def test_a_busy_port_is_said(tmp_path: Path, bench: Bench) -> None:
    holder = subprocess.Popen(
        steelyard("boards", "blink", tmp_path / "board", "--for", "8"), stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    try:
        assert "blinks" in holder.stdout.readline()
        (found,) = json.loads(run("list", "--json", "--port", tmp_path / "board").stdout)
        assert found["board_id"] is None
        assert "other program" in found["reason"]
    finally:
        holder.kill()
        holder.communicate()
