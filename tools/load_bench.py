"""How many events one aggregator takes, beside what the broker itself can do with the same payloads.

    python -m tools.load_bench --publishers 200 --rate 2000 --seconds 60

First a subscriber that only counts, then the real aggregator as a process with an SQLite ledger. Each
publisher is a node on a connection of its own: QoS 1, a bounded number of messages not yet confirmed, and
what the aggregator does not have in the end is sent again, as an outbox does. Rates are of what arrived.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from edge.aggregator.entries import EventEntry
from edge.aggregator.ledger import Ledger
from edge.broker.embedded import EmbeddedBroker
from edge.messages import EventKind, EvidenceTerms, Hypothesis, ItemCount, PlateDelta, ShelfEvent
from edge.payload import encode
from edge.topics import NODE_EVENT, TopicNames

NAMES = TopicNames("shop")
UNCONFIRMED_MAX = 20
"""[messages] of one publisher that the broker has not confirmed yet: a node sends at most 50."""

BOOT = "b1"
STORE = """\
version: load
gondolas:
  - {gondola: wall, corner_m: [0, 0, 0], shelves: [{shelf: "1", z_m: 1, plates: 4}]}
facings:
  - {plates: [wall/1/1], sku: "0001"}
"""


def event(node: int, seq: int) -> bytes:
    """One sure pick."""
    t = 1_700_000_000.0 + seq
    pick = ShelfEvent(
        node=f"n{node}", boot=BOOT, seq=seq, t_onset=t, t_settled=t + 0.4, t_decided=t + 0.9,
        kind=EventKind.PICK, delta_g=-600.0, sigma_g=1.0, plates=(PlateDelta("wall/1/1", -600.0, 1.0),),
        hypotheses=(Hypothesis((ItemCount("0001", 1),), 1.0, EvidenceTerms(weight=-0.5), -600.0),),
    )  # fmt: skip
    return encode(pick)


# --- MQTT 3.1.1, as much of it as a load needs (OASIS standard, sections 3.1 to 3.8) --------------------


def _packet(kind: int, body: bytes) -> bytes:
    length, size = bytearray(), len(body)
    while True:
        size, low = divmod(size, 128)
        length.append(low | (0x80 if size else 0))
        if not size:
            return bytes([kind]) + bytes(length) + body


def _text(text: str) -> bytes:
    return len(text.encode()).to_bytes(2, "big") + text.encode()


async def _connect(port: int, client: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_packet(0x10, _text("MQTT") + b"\x04\x02" + (0).to_bytes(2, "big") + _text(client)))
    await _read(reader)
    return reader, writer


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    kind, size, shift = (await reader.readexactly(1))[0], 0, 0
    while True:
        digit = (await reader.readexactly(1))[0]
        size |= (digit & 0x7F) << shift
        shift += 7
        if not digit & 0x80:
            return kind, await reader.readexactly(size)


def _whole_packets(data: bytes) -> tuple[list[bytes], bytes]:
    """Bodies of the whole packets in ``data``, and what is left of it."""
    bodies, place = [], 0
    while True:
        size, at = 0, place + 1
        for shift in (0, 7, 14, 21):
            if at >= len(data):
                return bodies, data[place:]
            size |= (data[at] & 0x7F) << shift
            at += 1
            if not data[at - 1] & 0x80:
                break
        if at + size > len(data):
            return bodies, data[place:]
        bodies.append(data[at : at + size])
        place = at + size


async def _publish(port: int, node: int, seqs: Sequence[int], rate_hz: float) -> None:
    """One node: its messages in order, at most so many a second; 0: as fast as they are confirmed."""
    reader, writer = await _connect(port, f"load-{node}-{seqs[0]}")
    topic = _text(NAMES.of(NODE_EVENT, node=f"n{node}"))
    room = asyncio.Semaphore(UNCONFIRMED_MAX)

    async def confirm() -> None:
        for _ in seqs:
            await _read(reader)
            room.release()

    confirming = asyncio.create_task(confirm())
    began = time.monotonic()
    for number, seq in enumerate(seqs):
        if rate_hz and (wait := began + number / rate_hz - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        await room.acquire()
        writer.write(_packet(0x32, topic + (number % 65535 + 1).to_bytes(2, "big") + event(node, seq)))
    await confirming
    writer.close()


def publish_all(port: int, seqs: dict[int, Sequence[int]], rate_hz: float) -> None:
    """All nodes, in this process."""

    async def run() -> None:
        await asyncio.gather(*(_publish(port, node, own, rate_hz / len(seqs)) for node, own in seqs.items()))

    asyncio.run(run())


def count_all(port: int, expected: int, ready: Any, counted: Any) -> None:
    """The subscriber that only counts."""

    async def run() -> None:
        reader, writer = await _connect(port, "load-counter")
        writer.write(_packet(0x82, b"\x00\x01" + _text(NAMES.of(NODE_EVENT, node="+")) + b"\x01"))
        await _read(reader)
        ready.set()
        rest = b""
        while counted.value < expected:
            packets, rest = _whole_packets(rest + await reader.read(1 << 18))
            confirmed = [body[2 + int.from_bytes(body[:2], "big") :][:2] for body in packets]
            writer.write(b"".join(b"\x40\x02" + number for number in confirmed))
            counted.value += len(confirmed)

    asyncio.run(run())


# --- the two measurements -------------------------------------------------------------------------------


def broker_limit_hz(port: int, publishers: int, messages: int) -> float:
    """[1/s] messages through the broker to a subscriber that only counts."""
    context = multiprocessing.get_context("spawn")
    ready, counted = context.Event(), context.Value("q", 0)
    counter = context.Process(target=count_all, args=(port, messages, ready, counted))
    counter.start()
    ready.wait()
    began = time.monotonic()
    publisher = context.Process(target=publish_all, args=(port, _shares(publishers, messages), 0.0))
    publisher.start()
    counter.join()
    took = time.monotonic() - began
    publisher.join()
    return messages / took


@dataclass(frozen=True, slots=True)
class Load:
    """What became of one load on the aggregator."""

    messages: int
    rate_hz: float  # [1/s] in the ledger, until the last one
    sent_again: int  # messages that broker or inbox had dropped
    lost: int
    memory_mb: tuple[float, ...]  # [MB] resident, at even intervals


def aggregator_load(port: int, directory: Path, publishers: int, messages: int, rate_hz: float) -> Load:
    """The real aggregator under load, and what its ledger then holds."""
    config = directory / "aggregator.yaml"
    (directory / "catalogue.yaml").write_text('skus: [{sku: "0001", name: Water, weight_g: 600}]\n')
    (directory / "planogram.yaml").write_text(STORE)
    config.write_text(f"store: shop\nbroker: {{port: {port}}}\nweb: {{port: 0}}\n")
    command = [sys.executable, "-m", "edge.cli", "aggregator", "--config", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        page = process.stdout.readline().split()[-1]
        _wait_connected(page)
        shares = _shares(publishers, messages)
        context = multiprocessing.get_context("spawn")
        began = time.monotonic()
        publisher = context.Process(target=publish_all, args=(port, shares, rate_hz))
        publisher.start()
        memory = []
        while publisher.is_alive():
            publisher.join(timeout=2.0)
            memory.append(_resident_mb(process.pid))
        sent_again, (held, ended) = 0, _settled(page)
        if held < messages:
            missing = _missing(directory, shares)
            sent_again = sum(map(len, missing.values()))
            publish_all(port, missing, 0.0)
            _, ended = _settled(page)
        took = ended - began
        memory.append(_resident_mb(process.pid))
    finally:
        process.terminate()
        process.wait(timeout=60)
    lost = sum(map(len, _missing(directory, shares).values()))
    return Load(messages, messages / took, sent_again, lost, tuple(memory))


def _shares(publishers: int, messages: int) -> dict[int, Sequence[int]]:
    return {node: range(1, messages // publishers + 1) for node in range(publishers)}


def _missing(directory: Path, shares: dict[int, Sequence[int]]) -> dict[int, Sequence[int]]:
    ledger = Ledger(directory / "var" / "ledger.sqlite")
    held: Counter[tuple[str, int]] = Counter()
    for row in ledger.entries():
        if isinstance(row.entry, EventEntry):
            held[row.entry.message.node, row.entry.message.seq] += 1
    ledger.close()
    found = {node: [seq for seq in seqs if not held[f"n{node}", seq]] for node, seqs in shares.items()}
    return {node: seqs for node, seqs in found.items() if seqs}


def _state(page: str) -> dict[str, Any]:
    with urllib.request.urlopen(page + "api/v1/state", timeout=120) as answer:
        return msgspec.json.decode(answer.read())


def _wait_connected(page: str) -> None:
    while not _state(page)["broker_connected"]:
        time.sleep(0.1)


def _settled(page: str) -> tuple[int, float]:
    """Events held when no more come, and when the last one had come [s]."""
    known, since = -1, time.monotonic()
    while time.monotonic() - since < 3.0:
        time.sleep(0.2)
        if (now := _state(page)["decisions_total"]) != known:
            known, since = now, time.monotonic()
    return known, since


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def main() -> int:
    """Measure and print; exit code 1 when anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--publishers", type=int, default=200)
    parser.add_argument("--rate", type=float, default=2000.0, help="[1/s] of all; 0: as fast as it goes")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--broker", default="nats", help="nats or mosquitto")
    options = parser.parse_args()
    messages = int((options.rate or 2000.0) * options.seconds) // options.publishers * options.publishers
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedBroker(options.broker, Path(folder) / "b") as broker,
    ):
        limit_hz = broker_limit_hz(broker.port, options.publishers, messages)
        load = aggregator_load(broker.port, Path(folder), options.publishers, messages, options.rate)
    print(f"broker alone      {limit_hz:8.0f} messages/s to a subscriber that only counts")
    print(f"aggregator        {load.rate_hz:8.0f} events/s in the ledger, of {options.rate:.0f} offered")
    print(f"ratio             {load.rate_hz / limit_hz:8.2f}")
    print(f"of {load.messages} events {load.lost} lost, {load.sent_again} sent a second time")
    print("memory [MB]       " + " ".join(f"{each:.0f}" for each in load.memory_mb))
    return int(load.lost > 0)


if __name__ == "__main__":
    sys.exit(main())
