"""The load: all publishers in one process with a connection each, and a subscriber that only counts.

A publisher is a node: QoS 1, a bounded number of messages not yet confirmed, its events in order and dated as
they are sent. Payloads are encoded once; only number and times are put in, so that the load costs little
beside what it measures.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from edge.messages import EventKind, EvidenceTerms, Hypothesis, ItemCount, PlateDelta, ShelfEvent
from edge.payload import encode
from edge.topics import NODE_EVENT, TopicNames
from tools.load_bench import packets

NAMES = TopicNames("shop")
BOOT = "b1"

UNCONFIRMED_MAX = 20
"""[messages] of one publisher that the broker has not confirmed yet: a node sends at most 50."""

BEAT_S = 0.01
"""[s] between two looks at what is due."""

_SEQ, _ONSET, _SETTLED, _DECIDED = 900_000_001, 900_000_002.5, 900_000_003.5, 900_000_004.5


class Template:
    """Events of one node, all alike: one sure pick."""

    def __init__(self, node: int) -> None:
        pick = ShelfEvent(
            node=f"n{node}", boot=BOOT, seq=_SEQ, t_onset=_ONSET, t_settled=_SETTLED, t_decided=_DECIDED,
            kind=EventKind.PICK, delta_g=-600.0, sigma_g=1.0, plates=(PlateDelta("wall/1/1", -600.0, 1.0),),
            hypotheses=(Hypothesis((ItemCount("0001", 1),), 1.0, EvidenceTerms(weight=-0.5), -600.0),),
        )  # fmt: skip
        escaped = encode(pick).replace(b"%", b"%%")
        marks = sorted((encode(each), name) for each, name in _MARKS.items())
        for mark, name in marks:
            escaped = escaped.replace(mark, name)
        self._payload = escaped
        self.topic = packets.text(NAMES.of(NODE_EVENT, node=f"n{node}"))

    def event(self, seq: int, decided_s: float) -> bytes:
        """Number ``seq``, decided at that time [s]."""
        return self._payload % {
            b"seq": seq,
            b"onset": decided_s - 0.9,
            b"settled": decided_s - 0.5,
            b"decided": decided_s,
        }


_MARKS = {_SEQ: b"%(seq)d", _ONSET: b"%(onset).3f", _SETTLED: b"%(settled).3f", _DECIDED: b"%(decided).3f"}


class Publisher(asyncio.Protocol):
    """One node's connection.

    Args:
        node: its number.
        seqs: of its events.
        eager: once it has begun, send what is left whenever there is room.
    """

    def __init__(self, node: int, seqs: Sequence[int], *, eager: bool) -> None:
        self._template, self._seqs, self._eager = Template(node), seqs, eager
        self._client = f"load-{node}-{seqs[0]}"
        self._transport: Any = None
        self._sent = self._confirmed = 0
        self._rest = b""
        self.connected = asyncio.Event()
        self.done = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Introduce ourselves."""
        self._transport = transport
        self._transport.write(packets.connect(self._client))

    def data_received(self, data: bytes) -> None:
        """Count what the broker confirms."""
        found, self._rest = packets.whole_packets(self._rest + data)
        for kind, _ in found:
            if kind == packets.CONNACK:
                self.connected.set()
            elif kind == packets.PUBACK:
                self._confirmed += 1
        if self._confirmed == len(self._seqs):
            self._transport.close()
            self.done.set()
        elif self._eager and self._sent:
            self.send(len(self._seqs))

    def send(self, due: int) -> None:
        """Send what is due of all, as far as there is room."""
        last = min(due, len(self._seqs), self._confirmed + UNCONFIRMED_MAX)
        now_s = time.time()
        while self._sent < last:
            payload = self._template.event(self._seqs[self._sent], now_s)
            self._transport.write(packets.publish(self._template.topic, self._sent, payload))
            self._sent += 1


def publish_all(port: int, seqs: Mapping[int, Sequence[int]], rate_hz: float, ready: Any = None) -> None:
    """All nodes, in this process.

    Args:
        port: the broker's.
        seqs: numbers of events, by node.
        rate_hz: [1/s] of all together; 0: as fast as they are confirmed.
        ready: an event to set when all are connected, before the first message.
    """

    async def run() -> None:
        loop = asyncio.get_running_loop()
        publishers = [Publisher(node, own, eager=not rate_hz) for node, own in seqs.items()]
        for publisher in publishers:
            await loop.create_connection(lambda publisher=publisher: publisher, "127.0.0.1", port)
        await asyncio.gather(*(publisher.connected.wait() for publisher in publishers))
        if ready is not None:
            ready.set()
        began = time.monotonic()
        while not all(publisher.done.is_set() for publisher in publishers):
            turns = (time.monotonic() - began) * rate_hz / len(publishers)
            for place, publisher in enumerate(publishers):  # one after the other, not all at once
                publisher.send(int(turns + place / len(publishers)) if rate_hz else UNCONFIRMED_MAX)
            await asyncio.sleep(BEAT_S)

    asyncio.run(run())


def count_all(port: int, expected: int, ready: Any, counted: Any) -> None:
    """The subscriber that only counts: into ``counted``, until all came; ``ready`` is set once subscribed."""

    async def run() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(packets.connect("load-counter") + packets.subscribe(NAMES.of(NODE_EVENT, node="+")))
        rest = b""
        while counted.value < expected:
            found, rest = packets.whole_packets(rest + await reader.read(1 << 18))
            if any(kind == packets.SUBACK for kind, _ in found):
                ready.set()
            published = [body for kind, body in found if kind & 0xF0 == packets.PUBLISH_QOS_1 & 0xF0]
            writer.write(packets.confirmations(published))
            counted.value += len(published)

    asyncio.run(run())
