"""``steelyard demo`` as a process, and what it left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from edge.aggregator.entries import ReceiptEntry
from edge.aggregator.ledger import Ledger
from edge.messages import Receipt


class DemoProcess:
    """A running demo whose whole state is below one directory."""

    def __init__(self, state_dir: Path, *arguments: str) -> None:
        self.state_dir = state_dir
        self.output_file = state_dir / "output.txt"
        state_dir.mkdir(parents=True, exist_ok=True)
        with self.output_file.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "edge.cli",
                    "demo",
                    "--no-browser",
                    "--state-dir",
                    str(state_dir),
                    *arguments,
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )

    @property
    def output(self) -> str:
        return self.output_file.read_text(encoding="utf-8", errors="replace")

    def wait(self, timeout_s: float) -> int:
        return self._process.wait(timeout_s)

    def wait_for(self, text: str, timeout_s: float) -> None:
        deadline_s = time.monotonic() + timeout_s
        while text not in self.output:
            assert self._process.poll() is None, self.output
            assert time.monotonic() < deadline_s, f"no {text!r} in\n{self.output}"
            time.sleep(0.1)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def processes(self) -> list[str]:
        """Command lines of every process that works below the state directory, the demo itself included."""
        found = []
        for directory in Path("/proc").glob("[0-9]*"):
            try:
                command = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(self.state_dir) in command and int(directory.name) != os.getpid():
                found.append(command)
        return found

    def wait_gone(self, timeout_s: float) -> list[str]:
        """What still runs after so long."""
        deadline_s = time.monotonic() + timeout_s
        while (running := self.processes()) and time.monotonic() < deadline_s:
            time.sleep(0.1)
        return running

    def end(self) -> None:
        """For the end of a test, however it went."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)

    def receipts(self) -> dict[str, Receipt]:
        """The latest receipt of each visit."""
        ledger = Ledger(self.state_dir / "aggregator" / "ledger.sqlite")
        try:
            entries = [row.entry for row in ledger.entries()]
        finally:
            ledger.close()
        return {entry.receipt.visit: entry.receipt for entry in entries if isinstance(entry, ReceiptEntry)}


def content(receipt: Receipt) -> Counter[str]:
    """Units by SKU."""
    return Counter({line.sku: line.quantity for line in receipt.lines})
