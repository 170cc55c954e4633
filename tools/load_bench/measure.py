"""The two measurements: the broker alone, and the real aggregator as a process with an SQLite ledger."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from urllib.error import HTTPError

from edge.aggregator.entries import EventEntry
from edge.aggregator.ledger import Ledger
from edge.broker.embedded import EmbeddedBroker
from tools.load_bench.clients import count_all, publish_all

STORE = """\
version: load
gondolas:
  - {gondola: wall, corner_m: [0, 0, 0], shelves: [{shelf: "1", z_m: 1, plates: 4}]}
facings:
  - {plates: [wall/1/1], sku: "0001"}
"""

SAMPLE_S = 2.0
"""[s] between two looks at a process's memory."""

SENT_AGAIN_MAX = 5
"""[1] times all messages; then whatever is missing is lost."""

STILL_S = 3.0
"""[s] without another event, and no more will come by itself."""


@dataclass(slots=True)
class Load:
    """What became of one load on the aggregator."""

    messages: int
    rate_hz: float  # [1/s] in the ledger, until the last one
    sent_again: int  # messages that broker or inbox had dropped
    lost: int
    cpu_s: dict[str, float]  # by process
    memory_mb: dict[float, float] = field(default_factory=dict)  # [MB] resident, by time since the start [s]

    def memory_at(self, elapsed_s: float) -> float:
        """[MB] as sampled nearest to a time."""
        return self.memory_mb[min(self.memory_mb, key=lambda each: abs(each - elapsed_s))]


def broker_limit_hz(port: int, publishers: int, messages: int) -> float:
    """[1/s] messages through the broker to a subscriber that only counts."""
    context = multiprocessing.get_context("spawn")
    ready, counted = context.Event(), context.Value("q", 0)
    counter = context.Process(target=count_all, args=(port, messages, ready, counted))
    counter.start()
    ready.wait()
    with _publishing(port, shares(publishers, messages), 0.0) as publisher:
        began = time.monotonic()
        counter.join()
        took = time.monotonic() - began
        publisher.join()
    return messages / took


def aggregator_load(
    broker: EmbeddedBroker, directory: Path, publishers: int, messages: int, rate_hz: float
) -> Load:
    """The real aggregator under load, and what its ledger then holds."""
    own = shares(publishers, messages)
    with _aggregator(broker.port, directory) as aggregator:
        process_ids = {"aggregator": aggregator.pid, "broker": broker.pid or 0}
        with _publishing(broker.port, own, rate_hz) as publisher:
            process_ids["publishers"] = publisher.pid or 0
            began, before = time.time(), {name: _cpu_s(pid) for name, pid in process_ids.items()}
            cpu_s, memory_mb = dict[str, float](), {0.0: _resident_mb(aggregator.pid)}
            while publisher.is_alive():
                cpu_s = {name: _cpu_s(pid) - before[name] for name, pid in process_ids.items()}
                memory_mb[time.time() - began] = _resident_mb(aggregator.pid)
                publisher.join(timeout=SAMPLE_S)
        ledger = directory / "var" / "ledger.sqlite"
        sent_again = 0
        while _wait_for(ledger, messages) < messages and sent_again < SENT_AGAIN_MAX * messages:
            missing = missing_in(directory, own)
            sent_again += sum(map(len, missing.values()))
            publish_all(broker.port, missing, rate_hz)
        for name in ("aggregator", "broker"):
            cpu_s[name] = _cpu_s(process_ids[name]) - before[name]
        memory_mb[time.time() - began] = _resident_mb(aggregator.pid)
    lost = sum(map(len, missing_in(directory, own).values()))
    return Load(messages, messages / (_last_event_s(ledger) - began), sent_again, lost, cpu_s, memory_mb)


def shares(publishers: int, messages: int) -> dict[int, Sequence[int]]:
    """Numbers of events, by node."""
    return {node: range(1, messages // publishers + 1) for node in range(publishers)}


def missing_in(directory: Path, own: Mapping[int, Sequence[int]]) -> dict[int, Sequence[int]]:
    """Events that the ledger does not hold, by node."""
    with closing(Ledger(directory / "var" / "ledger.sqlite")) as ledger:
        held = {
            (row.entry.message.node, row.entry.message.seq)
            for row in ledger.entries()
            if isinstance(row.entry, EventEntry)
        }
    found = {node: [seq for seq in seqs if (f"n{node}", seq) not in held] for node, seqs in own.items()}
    return {node: seqs for node, seqs in found.items() if seqs}


@contextmanager
def _aggregator(port: int, directory: Path) -> Iterator[subprocess.Popen[str]]:
    """It runs, and is connected."""
    config = directory / "aggregator.yaml"
    (directory / "catalogue.yaml").write_text('skus: [{sku: "0001", name: Water, weight_g: 600}]\n')
    (directory / "planogram.yaml").write_text(STORE)
    config.write_text(f"store: shop\nbroker: {{port: {port}}}\nweb: {{port: 0}}\n")
    command = [sys.executable, "-m", "edge.cli", "aggregator", "--config", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        page = process.stdout.readline().split()[-1] if process.stdout else ""
        while not _is_well(page):
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextmanager
def _publishing(port: int, own: Mapping[int, Sequence[int]], rate_hz: float) -> Iterator[BaseProcess]:
    """All are connected, and begin to publish."""
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    publisher = context.Process(target=publish_all, args=(port, own, rate_hz, ready))
    publisher.start()
    try:
        ready.wait()
        yield publisher
    finally:
        publisher.terminate()
        publisher.join()


def _is_well(page: str) -> bool:
    try:
        with urllib.request.urlopen(page + "healthz", timeout=120):
            return True
    except HTTPError:
        return False


def _wait_for(ledger: Path, messages: int) -> int:
    """Events in the ledger when all are there, or no more come."""
    known, latest, since = 0, 0, time.monotonic()
    while known < messages and time.monotonic() - since < STILL_S:
        time.sleep(0.2)
        kinds = list(_rows(ledger, "SELECT id, kind FROM entries WHERE id > ?", latest))
        latest = max((row for row, _ in kinds), default=latest)
        if new := sum(kind == "event" for _, kind in kinds):
            known, since = known + new, time.monotonic()
    return known


def _last_event_s(ledger: Path) -> float:
    """[s] UTC at which the last event was committed."""
    query = "SELECT utc_s FROM entries WHERE kind = 'event' ORDER BY id DESC LIMIT 1"
    return float(next(iter(_rows(ledger, query)))[0])


def _rows(ledger: Path, query: str, *arguments: int) -> Iterable[tuple[float, str]]:
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
        return connection.execute(query, arguments).fetchall()


def _cpu_s(process_id: int) -> float:
    """[s] of processor time that a process has used (Linux)."""
    fields = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mb(process_id: int) -> float:
    status = Path(f"/proc/{process_id}/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024
