"""The store's gate and its tracker, as MQTT sees them.

Both outlive a broker: a gate repeats what it said (the aggregator knows a repetition by visit, direction and
time), and the tracker keeps its last frames and says them again when the broker is back. Frames are dated,
so a late one is only late.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque

from edge import messages, topics
from edge.broker.connection import Connection
from edge.messages import GateDirection, GateEvent, TrackFrame
from edge.topics import TopicNames

GATE_AGAIN_AFTER_S = (0.0, 0.7, 2.0, 5.0, 10.0, 20.0)
FRAMES_KEPT = 100
"""[frames] 10 s."""


class StorePublisher:
    """Publishes gate events and track frames on one connection."""

    def __init__(self, connection: Connection, names: TopicNames) -> None:
        self._connection = connection
        self._gate_topic, self._track_topic = names.of(topics.GATE), names.of(topics.TRACK)
        self._due: list[tuple[float, int, bytes]] = []  # heap of gate payloads
        self._order = itertools.count()
        self._frames: deque[bytes] = deque(maxlen=FRAMES_KEPT)

    def gate(self, visit: str, direction: GateDirection, at_s: float, utc_s: float) -> None:
        """Somebody passed the gate at ``utc_s``."""
        payload = messages.encode(GateEvent(visit=visit, direction=direction, t=round(utc_s, 4)))
        for after_s in GATE_AGAIN_AFTER_S:
            heapq.heappush(self._due, (at_s + after_s, next(self._order), payload))

    def track(self, frame: TrackFrame) -> None:
        """The tracker has a new frame."""
        payload = messages.encode(frame)
        self._frames.append(payload)
        self._connection.publish(self._track_topic, payload, qos=topics.TRACK.qos)

    def repeat_frames(self) -> None:
        """Say the last frames again: whoever listens may have missed them."""
        for payload in self._frames:
            self._connection.publish(self._track_topic, payload, qos=topics.TRACK.qos)

    def advance(self, now_s: float) -> None:
        """Send what is due; what finds no connection waits for one."""
        while self._due and self._due[0][0] <= now_s:
            if not self._connection.publish(self._gate_topic, self._due[0][2], qos=topics.GATE.qos):
                return
            heapq.heappop(self._due)
