"""The store's gate and its tracker, as MQTT sees them.

Neither waits for an answer, so both say everything more than once, for a broker or an aggregator may be
restarting just then: the aggregator knows a gate event again by visit, direction and time, and a frame that
comes twice, or late, is dated and changes nothing.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque

from edge import topics
from edge.broker.connection import Connection
from edge.messages import GateDirection, GateEvent, TrackFrame
from edge.payload import encode
from edge.topics import TopicNames

GATE_SAID_AFTER_S = (0.0, 0.5, 1.0, 2.0, 4.0, 7.0, 10.0, 15.0, 20.0, 30.0, 45.0)
FRAME_SAID_AGAIN_AFTER_S = (2.5, 6.0, 10.0)
"""[s] longer than an aggregator takes to restart, and than two restarts one after the other take."""

FRAMES_KEPT = 100
"""[frames] 10 s, said again when the broker is back."""


class StorePublisher:
    """Publishes gate events and track frames on one connection."""

    def __init__(self, connection: Connection, names: TopicNames) -> None:
        self._connection = connection
        self._gate_topic, self._track_topic = names.of(topics.GATE), names.of(topics.TRACK)
        self._gates: list[tuple[float, int, bytes]] = []  # heap: (due_s, order, payload)
        self._order = itertools.count()
        self._frames: deque[bytes] = deque(maxlen=FRAMES_KEPT)
        self._frames_due: list[deque[tuple[float, bytes]]] = [deque() for _ in FRAME_SAID_AGAIN_AFTER_S]

    def gate(self, visit: str, direction: GateDirection, at_s: float, utc_s: float) -> None:
        """Somebody passed the gate at ``utc_s``."""
        payload = encode(GateEvent(visit=visit, direction=direction, t=round(utc_s, 4)))
        for after_s in GATE_SAID_AFTER_S:
            heapq.heappush(self._gates, (at_s + after_s, next(self._order), payload))

    def track(self, frame: TrackFrame, at_s: float) -> None:
        """The tracker has a new frame."""
        payload = encode(frame)
        if frame.targets:
            self._frames.append(payload)
            for due, after_s in zip(self._frames_due, FRAME_SAID_AGAIN_AFTER_S, strict=True):
                due.append((at_s + after_s, payload))
        self._publish_frame(payload)

    def repeat_frames(self) -> None:
        """The broker is back: say the last frames again, oldest first."""
        for payload in self._frames:
            self._publish_frame(payload)

    def advance(self, now_s: float) -> None:
        """Say what is due; a gate event that finds no connection waits for one."""
        for due in self._frames_due:
            while due and due[0][0] <= now_s:
                self._publish_frame(due.popleft()[1])
        while self._gates and self._gates[0][0] <= now_s:
            if not self._connection.publish(self._gate_topic, self._gates[0][2], qos=topics.GATE.qos):
                return
            heapq.heappop(self._gates)

    def _publish_frame(self, payload: bytes) -> None:
        self._connection.publish(self._track_topic, payload, qos=topics.TRACK.qos)
