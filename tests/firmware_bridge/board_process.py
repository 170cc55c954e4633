"""A simulated board as a process of its own, and a node's loop around its bridge."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from firmware_bridge.bridge import Bridge
from firmware_bridge.drivers.interface import BoardSamples, BoardStatus

BOARD_ID = "0011223344556677"


class BoardProcess:
    """``python -m firmware_bridge.simulated_board``, its pty and its stdin."""

    def __init__(self, link: Path, board_id: str = BOARD_ID, *options: str) -> None:
        command = [sys.executable, "-m", "firmware_bridge.simulated_board"]
        self.process = subprocess.Popen(
            [*command, "--board-id", board_id, "--link", str(link), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready = json.loads(self.process.stdout.readline())
        self.link = link

    def command(self, **fields: object) -> None:
        """Send one line."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(fields) + "\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """Pull the plug; the link goes first, as udev would have it: the pty is soon another board's."""
        self.link.unlink(missing_ok=True)
        self.process.kill()
        self.process.communicate()

    def stop(self) -> str:
        """End of stdin; what it said on stderr."""
        return self.process.communicate(timeout=10)[1]


def poll_until(
    bridge: Bridge, done: Callable[[list[BoardSamples | BoardStatus]], bool], timeout_s: float = 20.0
) -> list[BoardSamples | BoardStatus]:
    """Poll as a node does until ``done`` with all that came; fails after the time-out."""
    results: list[BoardSamples | BoardStatus] = []
    deadline_s = time.monotonic() + timeout_s
    while not done(results):
        assert time.monotonic() < deadline_s, f"waited in vain; last of it: {results[-3:]}, {bridge.status}"
        time.sleep(0.02)
        results += bridge.poll()
    return results
