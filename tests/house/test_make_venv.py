"""Setting up on a machine where something is missing: a stand-in for Python, id, sudo and apt-get each."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent.parent / "tools" / "make_venv.sh"

# Answers the script's questions as a Python of that version would, with or without its venv module.
PYTHON = """\
case "$*" in
    --version) echo "Python {version}" ;;
    *'import ensurepip, venv'*) test -e "{folder}/has-venv" ;;
    *version_info*'< (3, 11)'*) exit {too_old} ;;
    *python%d.%d-venv*) echo python3.11-venv ;;
    -m*venv*) mkdir -p "$3/bin" ;;
esac
"""


class Machine:
    """A folder of stand-in programs that is the whole PATH beside the shell's own tools."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for tool in ("sh", "rm", "mkdir", "touch", "echo"):
            (folder / tool).symlink_to(f"/bin/{tool}")

    def program(self, name: str, text: str) -> None:
        file = self.folder / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)

    def python(self, version: str, *, has_venv: bool, name: str = "python3") -> None:
        too_old = int(tuple(map(int, version.split("."))) < (3, 11))
        self.program(name, PYTHON.format(version=version, folder=self.folder, too_old=too_old))
        if has_venv:
            (self.folder / "has-venv").touch()

    def make_venv(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", SCRIPT, self.folder / "venv"],
            env={"PATH": str(self.folder)},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_complete_python_is_used_as_it_is(machine: Machine) -> None:
    machine.python("3.12.1", has_venv=True)
    result = machine.make_venv()
    assert (result.returncode, result.stderr) == (0, "")
    assert (machine.folder / "venv" / "bin").is_dir()


def test_a_newer_python_beside_an_old_one_is_found(machine: Machine) -> None:
    machine.python("3.10.4", has_venv=False)
    machine.python("3.13.0", has_venv=True, name="python3.13")
    assert machine.make_venv().returncode == 0


def test_an_old_python_is_refused_in_one_sentence(machine: Machine) -> None:
    machine.python("3.10.4", has_venv=True)
    result = machine.make_venv()
    assert result.returncode == 1
    assert "needs Python 3.11 or newer, found Python 3.10.4" in result.stderr
    assert result.stderr.count("\n") == 1


def test_no_python_at_all_is_refused_in_one_sentence(machine: Machine) -> None:
    result = machine.make_venv()
    assert result.returncode == 1
    assert "needs Python 3.11 or newer" in result.stderr


def test_root_gets_the_missing_venv_module_installed(machine: Machine) -> None:
    machine.python("3.11.2", has_venv=False)
    machine.program("id", "echo 0")
    machine.program(
        "apt-get",
        f'echo "$@" >> {machine.folder}/asked; case $1 in install) touch {machine.folder}/has-venv;; esac',
    )
    result = machine.make_venv()
    assert result.returncode == 0, result.stderr
    assert "install -qq -y python3.11-venv" in (machine.folder / "asked").read_text()


def test_package_lists_are_fetched_when_they_are_missing(machine: Machine) -> None:
    machine.python("3.11.2", has_venv=False)
    machine.program("id", "echo 0")
    machine.program(
        "apt-get", f"test $1 = update && touch {machine.folder}/lists; test -e {machine.folder}/lists"
    )
    assert machine.make_venv().returncode == 0
    assert (machine.folder / "lists").exists()


def test_without_rights_the_missing_package_is_named(machine: Machine) -> None:
    machine.python("3.11.2", has_venv=False)
    machine.program("id", "echo 1000")
    machine.program("sudo", "exit 1")
    result = machine.make_venv()
    assert result.returncode == 1
    assert result.stderr.strip().endswith("Install it with: sudo apt-get install python3.11-venv")
    assert not (machine.folder / "venv").exists()
