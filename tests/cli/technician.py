"""A technician at work: a simulated board behind a pty, the command as a process, hands that follow it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

BOARD_ID = "57ee17a4d00000ca"
PLATES = ["r/1/1", "r/1/2"]
ZERO_COUNTS, COUNTS_PER_GRAM = 80_000.0, 210.0
LIFTED_S = 0.9
"""[s] a weight is in the air on its way to its next place."""

REQUEST = re.compile("→ (Empty the plate\\.|(?:Put|Again put|Go back to) ([\\d.]+) g[^.]*\\.)".encode())
QUESTION = re.compile(rb"\[y/n\]")
QUICK = ("--diagnose-s", "1.5", "--capture-s", "1", "--settle-s", "0.2", "--no-corners")


@dataclass(frozen=True, slots=True)
class Finished:
    """What a process left behind."""

    code: int
    out: str
    err: str


def steelyard(*arguments: object) -> list[str]:
    """The command line."""
    return [sys.executable, "-m", "edge.cli", *map(str, arguments)]


def write_node(folder: Path, port: str = "board", broker_port: int = 1) -> Path:
    """A node with one board of two plates; its calibration folder is empty."""
    file = folder / "node.yaml"
    content = {
        "store": "s", "node": "n1", "broker": {"port": broker_port, "reconnect_max_s": 0.5},
        "boards": [{"rack": "r", "port": port, "board_id": BOARD_ID, "plates": PLATES}],
    }  # fmt: skip
    file.write_text(yaml.safe_dump(content))
    return file


def write_calibration(folder: Path, gain: float, *, mark: str = "# Written by a test\n") -> Path:
    """A calibration of both plates."""
    file = folder / "calibration" / f"{BOARD_ID}.yaml"
    file.parent.mkdir(exist_ok=True)
    channels = [{"zero_counts": ZERO_COUNTS, "counts_per_gram": gain}] * 2
    dump = yaml.safe_dump(
        {"board_id": BOARD_ID, "date": "2025-01-01", "channels": [dict(c) for c in channels]}
    )
    file.write_text(mark + dump)
    return file


class Bench:
    """A board on a table."""

    def __init__(self, folder: Path, *options: str, gain: float = COUNTS_PER_GRAM) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "firmware_bridge.simulated_board", "--board-id", BOARD_ID,
                "--channels", "2", "--link", str(folder / "board"), "--zero-counts", str(ZERO_COUNTS),
                "--counts-per-gram", str(gain), "--noise-counts", "60", *options,
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def command(self, **fields: object) -> None:
        """One line to the board."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(fields) + "\n")
        self._process.stdin.flush()

    def put(self, grams: float, channel: int = 0) -> None:
        """So much lies on the plate."""
        self.command(channel=channel, grams=grams)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


Placing = Callable[[int, float], float]
"""(number of the request, grams asked for) -> grams put on; another number is a mistake."""


def follow(
    bench: Bench, command: list[str], *, placing: Placing = lambda _, grams: grams, answers: str = "",
    at_request: Callable[[int, subprocess.Popen[bytes]], None] | None = None, press_enter: bool = False,
) -> Finished:  # fmt: skip
    """Run the command, do what it asks, answer its questions.

    Args:
        bench: the board.
        command: of ``steelyard``.
        placing: what hands do.
        answers: to yes-or-no questions in their order, a letter each.
        at_request: called before each placing.
        press_enter: press Enter after each placing.
    """
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    said, seen, number, questions = b"", b"", 0, iter(answers)
    while data := os.read(process.stdout.fileno(), 65_536):
        said, seen = said + data, seen + data
        while (request := REQUEST.search(seen)) or QUESTION.search(seen):
            if request is None:
                process.stdin.write(next(questions).encode() + b"\n")
                seen = b""
            else:
                number += 1
                if at_request is not None:
                    at_request(number, process)
                bench.put(0.0)
                time.sleep(LIFTED_S)
                bench.put(placing(number, float(request[2] or 0)))
                if press_enter:
                    process.stdin.write(b"\n")
                seen = seen[request.end() :]
            process.stdin.flush()
    _, err = process.communicate(timeout=30)
    return Finished(process.returncode, said.decode(), err.decode())
