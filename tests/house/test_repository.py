"""What holds for every file of the repository."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
GENERATED = {"var", "build", "dist", "__pycache__", "node_modules"}
SOURCES = sorted(
    file for room in ("edge", "firmware_bridge", "tools", "tests") for file in (ROOT / room).rglob("*.py")
)
# Written in pieces, so that this file does not match itself.
FOREIGN = re.compile(
    "|".join(
        [
            "/" + "work/",
            "/" + r"home/\w",
            "/" + "root/",
            "pypi" + r"\.org",
            "python" + r"hosted",
            "npm" + r"js\.org",
            "debian" + r"\.org",
            "ubuntu" + r"\.com",
        ]
    )
)
UNFINISHED = re.compile("TO" + "DO|FIX" + "ME|XX" + "X")


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file that belongs to the repository."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [
            each for each in folders if each not in GENERATED and (not each.startswith(".") or each == ".ci")
        ]
        for name in files:
            if name == ".git":  # of a linked work tree: where its repository is
                continue
            try:
                yield Path(folder, name), Path(folder, name).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # pictures, models


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {match[0]}" for file, text in texts() if (match := FOREIGN.search(text))
    ]
    assert not found


def test_nothing_is_left_for_later() -> None:
    found = [str(file.relative_to(ROOT)) for file, text in texts() if UNFINISHED.search(text)]
    assert not found


@pytest.mark.parametrize("room", ["edge", "firmware_bridge", "tools", "tests"])
def test_files_can_be_read_in_one_sitting(room: str) -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in SOURCES
        if file.relative_to(ROOT).parts[0] == room
    }
    assert lengths
    assert {file: lines for file, lines in lengths.items() if lines > 400} == {}


def test_test_modules_have_unique_names() -> None:
    names = [file.name for file in SOURCES if file.name.startswith("test_")]
    assert sorted(names) == sorted(set(names))
