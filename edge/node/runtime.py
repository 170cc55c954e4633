"""The node's one loop: inputs to decisions, decisions to disk and network, and what the store asks of it."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any

import msgspec

from edge.broker.connection import BrokerDown, BrokerNews, BrokerUp, Connection, Received
from edge.clock import Clock
from edge.errors import MessageError, StorageError
from edge.messages import (
    Ack,
    Command,
    CommandVerb,
    EventEvidence,
    NodeMessage,
    NodeState,
    NodeTrace,
    PlateHealth,
    Reply,
)
from edge.node.calibration_desk import VERBS as CALIBRATION_VERBS
from edge.node.calibration_desk import Answer, CalibrationDesk
from edge.node.delivery import Delivery
from edge.node.faults import Faults
from edge.node.health import HealthReports, NodeCondition
from edge.node.identity_watch import IdentityWatch
from edge.node.pipeline import NodePipeline
from edge.node.schooling import Schooling
from edge.node.shelf_modes import ShelfModes
from edge.node.sources import InputSource
from edge.node.trace_watch import TraceWatch
from edge.payload import decode, encode
from edge.recording.mcap_recorder import Recorder
from edge.samples import NS_PER_S, NodeInput, PlateHold, Recalibration
from edge.topics import (
    NODE_ACK,
    NODE_COMMAND,
    NODE_EVIDENCE,
    NODE_HEALTH,
    NODE_REPLY,
    NODE_STATE,
    NODE_TRACE,
    TopicNames,
)
from edge.vision.testimony import Lesson

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
"""[s] between looks at the node's own condition: what "at once" means for health."""

LEVELS_EVERY_S = 60.0
"""[s] between stores of settled levels while nothing happens; a plate's first one is stored at once."""

EVIDENCE_WAITING_MAX = 32
"""[events] whose evidence waits for the broker, in memory: events are durable, their pictures are not."""

FAREWELL_S = 2.0
"""[s] for the broker to take the offline state at a stop in good order."""


class NodeRuntime:
    """Runs one boot of a node in the thread that calls :meth:`run`.

    Args:
        state: what is announced at birth; names node and boot.
        topics: names of the store's topics.
        pipeline: decides.
        source: gives inputs.
        delivery: keeps and sends decisions.
        connection: subscribed to :func:`subscriptions`, with the offline state as its will.
        faults: the node's, shared with ``delivery``.
        clock: the host's.
        health_every_s: [s] between health reports while nothing changes.
        desk: obeys calibration commands; a replay has none.
        watch: shows what plates weigh now.
        recorder: records every input and decision.
        schooling: teaches the gallery; None: people alone do.
        keep_levels: whether settled levels are stored for the next boot; a replay leaves them alone.
    """

    def __init__(
        self,
        *,
        state: NodeState,
        topics: TopicNames,
        pipeline: NodePipeline,
        source: InputSource,
        delivery: Delivery,
        connection: Connection,
        faults: Faults,
        clock: Clock,
        health_every_s: float,
        desk: CalibrationDesk | None = None,
        watch: TraceWatch,
        recorder: Recorder | None = None,
        schooling: Schooling[Any] | None = None,
        keep_levels: bool = True,
    ) -> None:
        self._state, self._topics = state, topics
        self._pipeline, self._source, self._delivery = pipeline, source, delivery
        self._connection, self._faults, self._clock = connection, faults, clock
        self._desk, self._watch, self._recorder, self._schooling = desk, watch, recorder, schooling
        self._modes = ShelfModes(state.plates)
        self._told: list[PlateHold | Recalibration] = []  # by the desk, for the pipeline
        self._keep_levels = keep_levels
        self._identity = IdentityWatch(state.node, state.boot)
        self._health = HealthReports(node=state.node, boot=state.boot, every_s=health_every_s)
        self._look_ns = self._levels_ns = 0
        self._stored_plates: Set[str] = frozenset()
        self._connected = False
        self._evidence: deque[EventEvidence] = deque(maxlen=EVIDENCE_WAITING_MAX)
        self._flushed = False
        self._refusing: set[str] = set()  # topics whose last message was refused

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set, or a recording has ended and the aggregator has acknowledged it all."""
        self._connection.start()
        try:
            while not stop.is_set() and not (self._flushed and self._delivery.backlog == 0):
                self._decide()
                self._delivery.pump(self._clock.mono_ns())
                self._show_evidence()
                self._look()
                self._hear(self._source.wait_s())
        finally:
            self._leave()

    # --- decisions ----------------------------------------------------------------------------------

    def _decide(self) -> None:
        inputs = [*self._told, *self._source.poll()]
        self._told.clear()
        if self._desk is not None:
            self._serve(self._desk.update(inputs, self._clock.mono_ns()))
        messages: Sequence[NodeMessage] = self._pipeline.step(inputs) if inputs else ()
        if self._source.ended and not inputs and not self._flushed:
            messages = self._pipeline.flush()
            self._flushed = True
        self._record(inputs, messages)
        self._show_traces(inputs)
        self._evidence.extend(self._pipeline.take_evidence())
        if self._schooling is not None:
            self._schooling.update(self._lessons(), messages)
        self._delivery.accept(messages)
        if messages:
            # The decision that explains a level is on disk before the level is.
            self._delivery.pump(self._clock.mono_ns())
            self._store_levels()

    def _show_traces(self, inputs: Sequence[NodeInput]) -> None:
        """Publish what watched plates weigh; what cannot be said now is said by nobody later."""
        if traces := self._watch.update(inputs, self._clock.mono_ns()):
            shown = NodeTrace(node=self._state.node, boot=self._state.boot, traces=traces)
            topic = self._topics.of(NODE_TRACE, node=self._state.node)
            self._connection.publish(topic, encode(shown), qos=NODE_TRACE.qos)

    def _lessons(self) -> Sequence[Lesson]:
        """What a camera saw, but for where staff work: their hands and crates are no goods."""
        now_ns = self._clock.mono_ns()
        return [
            lesson
            for lesson in self._pipeline.take_lessons()
            if not any(self._modes.of(plate.plate, now_ns) for plate in lesson.event.plates)
        ]

    def _show_evidence(self) -> None:
        """Publish evidence; while nobody takes it, the latest waits."""
        while self._connected and self._evidence:
            shown = self._evidence[0]
            topic = self._topics.of(NODE_EVIDENCE, node=shown.node, event=str(shown.identity))
            if not self._connection.publish(topic, encode(shown)):
                break
            self._evidence.popleft()

    def _store_levels(self) -> None:
        if self._keep_levels and (levels_g := self._pipeline.levels()):
            self._stored_plates = levels_g.keys()
            self._levels_ns = self._clock.mono_ns()
            self._delivery.save_levels(levels_g, self._clock.utc_s())

    def _record(self, inputs: Sequence[NodeInput], messages: Sequence[NodeMessage]) -> None:
        if self._recorder is None:
            return
        try:
            for arrived in inputs:
                self._recorder.input(self._state.node, arrived)
            for message in messages:
                self._recorder.decision(message)
        except StorageError as error:
            # A recording is worth less than the shelf: the node goes on without it.
            self._faults.report("recording", f"{error} (recording stopped)")
            self._recorder = None

    # --- the store ----------------------------------------------------------------------------------

    def _hear(self, wait_s: float) -> None:
        """Take what the broker brought; wait for the first of it."""
        try:
            news: BrokerNews = self._connection.inbox.get(timeout=wait_s) if wait_s > 0 else self._next_news()
            while True:
                self._take(news)
                news = self._next_news()
        except queue.Empty:
            return

    def _next_news(self) -> BrokerNews:
        news: BrokerNews = self._connection.inbox.get_nowait()
        return news

    def _take(self, news: BrokerNews) -> None:
        if isinstance(news, Received):
            self._take_received(news)
        elif isinstance(news, BrokerUp):
            self._connected = True
            self._identity.connected()
            self._be_born()
            self._delivery.connected(self._clock.mono_ns())
        elif isinstance(news, BrokerDown):
            self._connected = False
            self._delivery.disconnected()

    def _take_received(self, message: Received) -> None:
        """Refuse what cannot be read; the first of a row of refusals on a topic is logged."""
        try:
            self._take_message(message)
        except MessageError as error:
            if message.topic not in self._refusing:
                _log.warning("refused: %s", error)
            self._refusing.add(message.topic)
        else:
            self._refusing.discard(message.topic)

    def _take_message(self, message: Received) -> None:
        parsed = self._topics.parse(message.topic)
        row = parsed[0] if parsed else None
        if row is NODE_ACK:
            ack: Ack = decode(message.payload, Ack, source=message.topic)
            self._delivery.acknowledged(ack, self._clock.mono_ns())
        elif row is NODE_COMMAND:
            self._obey(decode(message.payload, Command, source=message.topic))
        elif row is NODE_STATE and message.payload:
            state: NodeState = decode(message.payload, NodeState, source=message.topic)
            now_ns = self._clock.mono_ns()
            if self._identity.heard(state, retained=message.retained, mono_ns=now_ns):
                self._be_born()

    def _obey(self, command: Command) -> None:
        if command.verb in CALIBRATION_VERBS:
            if self._desk is not None:
                self._serve(self._desk.obey(command, self._clock.mono_ns()))
                return
            reply = Reply(
                correlation=command.correlation, ok=False, detail="a recording cannot be calibrated"
            )
        elif command.verb is CommandVerb.MODE:
            reply = self._modes.obey(command, self._clock.mono_ns())
            self._look_ns = 0
        elif command.verb is CommandVerb.WATCH:
            reply = self._watch.obey(command, self._clock.mono_ns())
        elif command.verb is CommandVerb.REBIRTH:
            self._be_born()
            reply = Reply(correlation=command.correlation, ok=True, detail=f"boot {self._state.boot}")
        else:
            self._delivery.connected(self._clock.mono_ns())
            detail = f"{self._delivery.backlog} messages to send"
            reply = Reply(correlation=command.correlation, ok=True, detail=detail)
        self._serve([reply])

    def _serve(self, answers: Iterable[Answer]) -> None:
        """Publish replies; keep the rest for the pipeline's next step."""
        for answer in answers:
            if isinstance(answer, Reply):
                self._publish(self._topics.of(NODE_REPLY, node=self._state.node), encode(answer))
            else:
                self._told.append(answer)

    def _be_born(self) -> None:
        """Say who is here; retained, so that whoever comes later knows too."""
        birth = msgspec.structs.replace(self._state, next_seq=self._pipeline.next_seq)
        self._publish(self._topics.of(NODE_STATE, node=self._state.node), encode(birth), retain=True)
        self._health.forget()
        self._look_ns = 0

    def _look(self) -> None:
        """Look at the node's condition and publish it when it is time."""
        now_ns = self._clock.mono_ns()
        if now_ns - self._look_ns < LOOK_EVERY_S * NS_PER_S:
            return
        self._look_ns = now_ns
        late = now_ns - self._levels_ns >= LEVELS_EVERY_S * NS_PER_S
        if late or self._pipeline.levels().keys() - self._stored_plates:
            self._store_levels()
        self._faults.report("identity", self._identity.fault(now_ns))
        self._faults.report("source", self._source.fault)
        if self._schooling is not None:
            self._faults.report("schooling", self._schooling.fault)
        if not self._connected:
            return
        condition = NodeCondition(
            tuple(self._plates()),
            self._source.health(),
            self._faults.sentence,
            self._source.cameras(),
        )
        report = self._health.update(
            condition, backlog=self._delivery.backlog, utc_s=self._clock.utc_s(), mono_ns=now_ns
        )
        if report is not None:
            topic = self._topics.of(NODE_HEALTH, node=self._state.node)
            self._publish(topic, encode(report), retain=True)

    def _plates(self) -> Iterator[PlateHealth]:
        """Every plate as it is now, with the age of its calibration."""
        dates = self._desk.dates if self._desk is not None else {}
        for plate in self._pipeline.plate_health():
            yield msgspec.structs.replace(
                plate,
                calibrated=dates.get(plate.plate, ""),
                mode=self._modes.of(plate.plate, self._clock.mono_ns()),
            )

    def _publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        # When it cannot be sent the connection is about to go, and the next birth says it all again.
        self._connection.publish(topic, payload, retain=retain, wait_s=0.5)

    def _leave(self) -> None:
        self._source.close()
        self._delivery.pump(self._clock.mono_ns())
        self._store_levels()
        offline = msgspec.structs.replace(self._state, online=False, next_seq=self._pipeline.next_seq)
        self._publish(self._topics.of(NODE_STATE, node=self._state.node), encode(offline), retain=True)
        self._connection.drain(FAREWELL_S)
        self._connection.close()


def subscriptions(topics: TopicNames, node: str) -> tuple[str, ...]:
    """What a node listens to: its acknowledgements, its commands, and whoever else speaks in its name."""
    return tuple(topics.of(row, node=node) for row in (NODE_ACK, NODE_COMMAND, NODE_STATE))
