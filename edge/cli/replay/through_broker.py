"""A recording as a live store: broker, aggregator and nodes as processes; this one is tracker and gate.

The store's time is the recording's. Events become final by their tracks, as live; the aggregator's clock runs
behind the tracks, so that it never gives up waiting for tracks that have not been told yet.
"""

from __future__ import annotations

import resource
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.aggregator.ledger import Ledger
from edge.aggregator.people.track_history import HISTORY_S
from edge.aggregator.store import Store
from edge.broker.connection import Connection
from edge.broker.embedded import BrokerKind, EmbeddedBroker
from edge.cli.replay.in_process import StoreTime
from edge.cli.replay.store import STORE, ReplayStore
from edge.config import BrokerSection
from edge.errors import BrokerError, RecordingError, StartError
from edge.messages import GateDirection, GateEvent, TrackFrame
from edge.payload import encode
from edge.recording.case import Case, StoreInput
from edge.topics import GATE, TRACK, TopicNames

FINISH_S = 120.0  # [s] after the recording's end, for nodes to hand over and for receipts to be issued
PUBLISH_S = 10.0  # [s] for the broker to take a message
LOOK_S = 0.1  # [s] between looks at whether something is done

Pace = Callable[[StoreTime], None]


@dataclass(slots=True)
class Told:
    """What this process has told the store.

    Attributes:
        time: length and pace of the recording.
        frames: the latest frames, as many seconds as the aggregator remembers.
        left: visits that have ended.
    """

    time: StoreTime = field(default_factory=StoreTime)
    frames: deque[TrackFrame] = field(default_factory=deque)
    left: set[str] = field(default_factory=set)

    def note(self, people: StoreInput) -> None:
        """Remember what was told."""
        if isinstance(people, TrackFrame):
            self.frames.append(people)
            while self.frames[0].t < people.t - HISTORY_S:
                self.frames.popleft()
        elif people.direction is GateDirection.LEFT:
            self.left.add(people.visit)
        else:
            self.left.discard(people.visit)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a replay through a broker came to."""

    store: Store
    data_seconds: float
    cpu_seconds: float
    fault: RecordingError | None  # what cut the recording short


def replay_through_broker(
    case: Case, path: Path, recording_format: str, *, broker_kind: BrokerKind, speed: float, pace: Pace
) -> Outcome:
    """Run a case as real processes over a real broker.

    Args:
        case: the opened recording.
        path: where it is, for the nodes.
        recording_format: its format, for the nodes.
        broker_kind: broker to start.
        speed: times real time.
        pace: waits until the present has come to the given store time, at that speed.

    Raises:
        BrokerError, StartError: a process does not come up, or ends early.
        StorageError: the aggregator's ledger cannot be read.
    """
    told = Told()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="steelyard-replay-")))
        broker = stack.enter_context(EmbeddedBroker(broker_kind, directory / "broker"))
        section = BrokerSection(host=broker.host, port=broker.port)
        processes = stack.enter_context(ReplayStore(case.setup, directory, section))
        processes.start_aggregator(_first_second(case), speed)
        for node in case.setup.nodes:
            processes.start_node(node, path.resolve(), recording_format, speed)
        fault = _tell(case, section, pace, told)
        _wait_for("nodes that have handed over everything", lambda: _ended(processes))
        _wait_for("receipts", lambda: told.left <= processes.visits_with_receipt())
        processes.stop()
        store = _rebuilt(case, processes.ledger_file, told)
    cpu_seconds = time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    return Outcome(store, told.time.elapsed_s, cpu_seconds, fault)


def _first_second(case: Case) -> float:
    """Store time at which the recording begins: of the first person or reading of a clock [s]."""
    for _, arrived in case.inputs():
        if isinstance(arrived, TrackFrame | GateEvent):
            return arrived.t
        if (utc_s := getattr(arrived, "utc_s", None)) is not None:
            return float(utc_s)
    return time.time()


def _tell(case: Case, section: BrokerSection, pace: Pace, told: Told) -> RecordingError | None:
    """Play tracker and gate, in step with the plates; gives the fault that cut the recording short."""
    names = TopicNames(STORE)
    topics = {TrackFrame: names.of(TRACK), GateEvent: names.of(GATE)}
    with Connection(section, client_id="steelyard-replay-tracker") as connection:
        _wait_for("a connection to the broker", lambda: connection.connected)
        try:
            for node, arrived in case.inputs():
                if isinstance(arrived, StoreInput):
                    told.note(arrived)
                    if not connection.publish(topics[type(arrived)], encode(arrived), wait_s=PUBLISH_S):
                        raise BrokerError("the broker takes no more tracks", where=connection.where)
                elif node is not None:
                    told.time.update(node, arrived)
                    pace(told.time)
        except RecordingError as fault:
            return fault
        finally:
            connection.drain(PUBLISH_S)
    return None


def _ended(processes: ReplayStore) -> bool:
    """Whether all nodes have ended well, which they do when everything is acknowledged."""
    processes.tend()
    return not processes.nodes_running()


def _wait_for(what: str, done: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + FINISH_S
    while not done():
        if time.monotonic() > deadline_s:
            raise StartError(
                f"the replayed store is not through: no {what}", expected=f"within {FINISH_S:.0f} s",
                fix="Choose a lower --speed.",
            )  # fmt: skip
        time.sleep(LOOK_S)


def _rebuilt(case: Case, ledger_file: Path, told: Told) -> Store:
    """The store that the ledger tells of, after its end."""
    setup = case.setup
    store = Store(
        catalogue=setup.catalogue(),
        planogram=setup.planogram(),
        attribution=setup.attribution,
        carts=setup.carts,
    )
    ledger = Ledger(ledger_file)
    try:
        for row in ledger.entries():
            store.apply(row.entry)
    finally:
        ledger.close()
    for frame in told.frames:
        for entry in store.receive(frame):
            store.apply(entry)
    for entry in store.finish():
        store.apply(entry)
    return store
