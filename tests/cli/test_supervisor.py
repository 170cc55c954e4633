"""The supervisor restarts what dies and ends what it started, grandchildren included."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.cli.demo import supervisor as supervisor_module
from edge.cli.demo.supervisor import Program, Supervisor
from edge.errors import StartError

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
PARENT = [sys.executable, "-c", "import subprocess, time;"
          "print(subprocess.Popen(['sleep', '600']).pid, flush=True);"
          "time.sleep(600)"]  # fmt: skip
FAIL = [sys.executable, "-c", "import sys; sys.exit('the disk is full')"]


@pytest.fixture
def announced() -> list[str]:
    return []


@pytest.fixture
def supervisor(announced: list[str]) -> Iterator[Supervisor]:
    running = Supervisor(announced.append)
    yield running
    running.stop()


def tend_until(supervisor: Supervisor, is_so: Callable[[], bool], timeout_s: float = 20.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline_s
        supervisor.tend()
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except OSError:
        return False


def test_a_killed_program_runs_again(supervisor: Supervisor, announced: list[str], tmp_path: Path) -> None:
    supervisor.start("node", Program(SLEEP, tmp_path / "log"))
    first = supervisor.pid("node")
    os.kill(first, signal.SIGKILL)
    tend_until(supervisor, lambda: supervisor.pid("node") not in (None, first))
    assert supervisor.restarts["node"] == 1
    assert announced == ["node has died; restarting it", "node is running again"]


def test_stopping_ends_the_whole_family(supervisor: Supervisor, tmp_path: Path) -> None:
    program = Program(PARENT, tmp_path / "log")
    supervisor.start("parent", program)
    parent = supervisor.pid("parent")
    tend_until(supervisor, lambda: program.last_words().isdigit())
    child = int(program.last_words())
    assert is_running(child)
    supervisor.stop()
    tend_until(supervisor, lambda: not is_running(child))
    assert not is_running(parent)


def test_what_dies_young_again_and_again_is_given_up_with_its_last_words(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "RESTART_AFTER_S", (0.0, 0.0))
    supervisor.start("node", Program(FAIL, tmp_path / "log"))
    with pytest.raises(StartError, match="node: the process has ended, found the disk is full"):
        tend_until(supervisor, lambda: False)
    assert supervisor.restarts["node"] == 2


def test_what_cannot_be_replaced_is_not(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start("world", Program(SLEEP, tmp_path / "log"), once=True)
    os.kill(supervisor.pid("world"), signal.SIGKILL)
    with pytest.raises(StartError, match="world"):
        tend_until(supervisor, lambda: False)


def test_a_missing_program_is_told(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot start the program"):
        supervisor.start("x", Program(["/nowhere/program"], tmp_path / "log"))
