"""The daemon ``steelyard node``: builds a node from its configuration and runs it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from edge.broker.connection import Connection, Will
from edge.clock import Clock, SystemClock
from edge.config import NodeConfig
from edge.messages import NodeState
from edge.node.boards import load_calibrations
from edge.node.calibration_desk import CalibrationDesk
from edge.node.delivery import Delivery
from edge.node.faults import Faults
from edge.node.people_tap import PeopleTap
from edge.node.pipeline import NodePipeline
from edge.node.runtime import NodeRuntime, subscriptions
from edge.node.station import Station, live_station, recorded_station
from edge.node.trace_watch import TraceWatch
from edge.outbox.store import Outbox
from edge.payload import encode
from edge.recording.case import CaseSetup
from edge.recording.mcap_recorder import Recorder
from edge.topics import NODE_EVENT, NODE_STATE, TopicNames

_log = logging.getLogger(__name__)


def run_node(
    config: NodeConfig, base_dir: Path, *, stop: threading.Event | None = None, clock: Clock | None = None
) -> None:
    """Run a node until it is told to stop, or until its recording is through and acknowledged.

    SIGTERM and SIGINT stop it in good order when it runs in the main thread; SIGKILL loses nothing that was
    decided.

    Args:
        config: its configuration.
        base_dir: that relative paths of the configuration start from.
        stop: ends it when set.
        clock: the host's.

    Raises:
        ConfigError: a file that the configuration names cannot be used.
        PlanogramError: catalogue and planogram contradict each other.
        RecordingError: the recording cannot be opened.
        StorageError: the outbox or the new recording cannot be opened.
        BrokerError: the broker's credentials cannot be used; a broker that is away is waited for.
        BoardIdError: a ``board_id`` that no board can have.
    """
    stop = stop or threading.Event()
    clock = clock or SystemClock()
    with ExitStack() as stack:
        outbox = Outbox(base_dir / config.state_dir / "outbox.db", max_messages=config.outbox_max_messages)
        stack.callback(outbox.close)
        if config.recording is not None:
            station = recorded_station(config, config.recording, base_dir, clock)
        else:
            station = live_station(config, base_dir, outbox, clock)
        stack.callback(station.source.close)
        if station.schooling is not None:
            stack.callback(station.schooling.close)
        recorder = _recorder(config, base_dir, station)
        if recorder is not None:
            stack.enter_context(recorder)
            stack.enter_context(PeopleTap(config, base_dir, recorder))
        stack.enter_context(_signals_set(stop))
        runtime = _runtime(config, base_dir, station, outbox=outbox, recorder=recorder, clock=clock)
        _log.info("node %s starts boot %s", config.node, station.setup.boot)
        runtime.run(stop)


def _runtime(
    config: NodeConfig,
    base_dir: Path,
    station: Station,
    *,
    outbox: Outbox,
    recorder: Recorder | None,
    clock: Clock,
) -> NodeRuntime:
    setup = station.setup
    topics = TopicNames(config.store)
    state = NodeState(
        node=config.node,
        online=True,
        boot=setup.boot,
        version=importlib.metadata.version("steelyard"),
        config_hash=hashlib.sha256(encode(config)).hexdigest()[:12],
        plates=tuple(plate for rack in setup.racks for plate in rack.plates),
    )
    faults = Faults()
    faults.report("vision", station.fault)
    connection = Connection(
        config.broker,
        client_id=f"steelyard-node-{config.node}",
        subscriptions=subscriptions(topics, config.node),
        will=Will(
            topics.of(NODE_STATE, node=config.node), encode(msgspec.structs.replace(state, online=False))
        ),
        base_dir=base_dir,
    )
    events = topics.of(NODE_EVENT, node=config.node)
    pipeline = NodePipeline(
        node=config.node,
        boot=setup.boot,
        racks=setup.racks,
        planogram=station.planogram,
        catalogue=station.catalogue,
        weight=setup.weight,
        fusion=setup.fusion,
        calibrations=setup.calibrations,
        witness=station.witness,
        evidence=config.vision.evidence,
        to_jpeg=station.to_jpeg,
    )
    return NodeRuntime(
        state=state,
        topics=topics,
        pipeline=pipeline,
        source=station.source,
        delivery=Delivery(
            outbox,
            lambda payload: connection.publish(events, payload),
            faults,
            in_flight_max=config.in_flight_max,
        ),
        connection=connection,
        faults=faults,
        clock=clock,
        health_every_s=config.health_every_s,
        desk=_desk(config, base_dir, station) if station.live else None,
        watch=TraceWatch(setup.racks, pipeline.to_grams),
        recorder=recorder,
        schooling=station.schooling,
        keep_levels=station.live,
    )


def _desk(config: NodeConfig, base_dir: Path, station: Station) -> CalibrationDesk:
    return CalibrationDesk(
        station.setup.racks,
        station.setup.calibrations,
        reload=lambda: load_calibrations(config.boards, base_dir),
    )


def _recorder(config: NodeConfig, base_dir: Path, station: Station) -> Recorder | None:
    """The recorder of this boot: a recording is one boot, so a later boot takes a name of its own."""
    if not config.record:
        return None
    file = base_dir / config.record
    if file.exists():
        file = file.with_stem(f"{file.stem}-{station.setup.boot}")
    setup = CaseSetup.of(config.store, {config.node: station.setup}, station.catalogue, station.planogram)
    return Recorder(file, setup)


@contextmanager
def _signals_set(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set ``stop``; only the main thread may arrange that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, lambda *_: stop.set())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
