"""The node as the process it is, with a board behind a pty, over real brokers."""

from __future__ import annotations

import random
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest
from node_store import (
    CAN_G,
    NODE,
    PATIENCE_S,
    PLATES,
    STORE,
    AcknowledgingAggregator,
    Board,
    NodeProcess,
    wait_until,
    write_config,
)

from edge.broker.connection import BrokerUp, Connection, Will
from edge.broker.embedded import EmbeddedBroker
from edge.config import BrokerSection
from edge.messages import (
    CommandVerb,
    Disturbance,
    DisturbanceKind,
    EventKind,
    NodeMessage,
    NodeState,
    SensorState,
    ShelfEvent,
)
from edge.node.pipeline import NodePipeline
from edge.payload import encode
from edge.planogram import load_catalogue, load_planogram
from edge.recording.case import CaseSetup, NodeSetup
from edge.recording.mcap_case import McapCase
from edge.recording.mcap_recorder import Recorder
from edge.samples import NS_PER_S, RackLayout, UtcReading, WeightBlock
from edge.topics import NODE_ACK, NODE_COMMAND, NODE_STATE, TopicNames

pytestmark = pytest.mark.slow


def all_well(aggregator: AcknowledgingAggregator, boot: str = "") -> bool:
    """Whether every plate of the boot has a settled level."""
    health = aggregator.health
    return (
        health is not None
        and (not boot or health.boot == boot)
        and len(health.plates) == len(PLATES)
        and all(plate.state is SensorState.OK and plate.settled for plate in health.plates)
    )


def picks(aggregator: AcknowledgingAggregator) -> list[ShelfEvent]:
    return [message for message in list(aggregator.messages.values()) if isinstance(message, ShelfEvent)]


def test_a_pick_from_the_board_to_the_aggregator_and_back(
    broker: EmbeddedBroker, aggregator: AcknowledgingAggregator, store_dir: Path
) -> None:
    config = write_config(store_dir, broker.port, record="run.mcap")
    with Board(store_dir / "board") as board, NodeProcess(config) as node:
        for channel in range(len(PLATES)):
            board.put(channel, 10 * CAN_G)
        wait_until(lambda: all_well(aggregator), "a settled shelf")
        aggregator.messages.clear()
        time.sleep(2.0)
        before = len(aggregator.messages)
        board.put(1, 8 * CAN_G)
        pick = wait_until(lambda: picks(aggregator), "a pick")[-1]
        assert pick.kind is EventKind.PICK
        assert [row.plate for row in pick.plates] == [PLATES[1]]
        assert abs(pick.delta_g + 2 * CAN_G) < 5
        assert (pick.hypotheses[0].items[0].sku, pick.hypotheses[0].items[0].quantity) == ("4000001", 2)
        assert abs(pick.t_onset - time.time()) < PATIENCE_S
        assert len(aggregator.messages) == before + 1
        birth = aggregator.states[0]
        assert (birth.online, birth.plates, birth.boot) == (True, tuple(PLATES), pick.boot)
        wait_until(
            lambda: aggregator.health is not None and aggregator.health.backlog == 0, "an empty outbox"
        )
        code, said = node.stop()
    assert (code, said) == (0, "")
    assert (
        not wait_until(lambda: aggregator.state and not aggregator.state.online, "offline").bit_length() - 1
    )
    recorded = list(McapCase(store_dir / "run.mcap").inputs())
    assert len(recorded) > 10


def test_what_moves_while_the_node_is_dead_is_told_by_the_next_boot(
    broker: EmbeddedBroker, aggregator: AcknowledgingAggregator, store_dir: Path
) -> None:
    def told() -> list[Disturbance]:
        return [
            message
            for message in list(aggregator.messages.values())
            if isinstance(message, Disturbance) and message.kind is DisturbanceKind.OFFLINE_CHANGE
        ]

    config = write_config(store_dir, broker.port)
    with Board(store_dir / "board") as board, NodeProcess(config) as node:
        board.put(0, 10 * CAN_G)
        wait_until(lambda: all_well(aggregator), "a settled shelf")
        first = aggregator.states[-1].boot
        time.sleep(0.5)
        node.kill()
        wait_until(lambda: aggregator.state and not aggregator.state.online, "the last will")
        board.put(0, 9 * CAN_G)
        node.start()
        change = wait_until(told, "an offline change")[0]
        assert change.boot > first
        assert change.plates == (PLATES[0],)
        assert abs(change.delta_g + CAN_G) < 10
        # What the node has told is not told again, however soon after it dies.
        wait_until(lambda: all_well(aggregator, change.boot), "a settled shelf")
        board.put(0, 8 * CAN_G)
        wait_until(lambda: picks(aggregator), "a pick")
        node.kill()
        node.start()
        wait_until(lambda: aggregator.states[-1].boot > change.boot, "a third boot")
        wait_until(lambda: all_well(aggregator, aggregator.states[-1].boot), "a settled shelf")
        time.sleep(1.5)
        assert told() == [change]


def test_a_board_that_goes_is_a_typed_state_and_one_that_comes_back_is_none(
    broker: EmbeddedBroker, aggregator: AcknowledgingAggregator, store_dir: Path
) -> None:
    config = write_config(store_dir, broker.port)
    with Board(store_dir / "board") as board, NodeProcess(config):
        wait_until(lambda: all_well(aggregator), "a settled shelf")
        board.unplug()
        gone = wait_until(
            lambda: aggregator.health and not aggregator.health.racks[0].connected and aggregator.health,
            "a disconnected rack",
        )
        assert {plate.state for plate in gone.plates} == {SensorState.DISCONNECTED}
        assert "rack `r`" in gone.fault
        wait_until(
            lambda: [
                message
                for message in list(aggregator.messages.values())
                if isinstance(message, Disturbance) and message.kind is DisturbanceKind.SENSOR_FAULT
            ],
            "a sensor fault",
        )
        board.start()
        wait_until(lambda: all_well(aggregator), "a settled shelf again")
        wait_until(lambda: aggregator.health is not None and not aggregator.health.fault, "no fault")
        assert picks(aggregator) == []


def test_commands_and_nonsense(
    broker: EmbeddedBroker, aggregator: AcknowledgingAggregator, store_dir: Path
) -> None:
    with NodeProcess(write_config(store_dir, broker.port)) as node:
        wait_until(lambda: aggregator.state, "a birth")
        for row in (NODE_COMMAND, NODE_ACK, NODE_STATE):
            for payload in (b"\xff\x00", b"{}", b"[" * 10_000, b'{"schema": 99}', b"x" * 300_000):
                if row is not NODE_STATE:  # others read that one too
                    aggregator.say(row, payload)
        births = len(aggregator.states)
        assert aggregator.command(CommandVerb.REBIRTH, "c1").ok
        wait_until(lambda: len(aggregator.states) > births, "another birth")
        assert "messages to send" in aggregator.command(CommandVerb.RESEND, "c2").detail
        code, said = node.stop()
    assert code == 0
    assert "Traceback" not in said
    assert said.count("refused") == 2  # once a topic


def test_a_locked_outbox_is_a_fault_that_passes_and_nothing_is_lost(
    broker: EmbeddedBroker, aggregator: AcknowledgingAggregator, store_dir: Path
) -> None:
    config = write_config(store_dir, broker.port)
    with Board(store_dir / "board") as board, NodeProcess(config):
        wait_until(lambda: all_well(aggregator), "a settled shelf")
        with sqlite3.connect(store_dir / "var" / "outbox.db", isolation_level=None, timeout=30) as other:
            other.execute("BEGIN IMMEDIATE")
            board.put(2, CAN_G)
            fault = wait_until(
                lambda: aggregator.health and aggregator.health.backlog and aggregator.health.fault, "a fault"
            )
            assert "outbox.db" in fault
            assert "locked" in fault
            assert picks(aggregator) == []
            other.execute("ROLLBACK")
        assert wait_until(lambda: picks(aggregator), "the pick")[0].kind is EventKind.RETURN
        wait_until(lambda: aggregator.health is not None and not aggregator.health.fault, "no fault")


def test_two_processes_with_one_name_are_told(
    broker: EmbeddedBroker, aggregator: AcknowledgingAggregator, store_dir: Path
) -> None:
    """The second is played by a bare connection: it is born, thrown out, and comes back, as the node does."""
    topic = TopicNames(STORE).of(NODE_STATE, node=NODE)
    section = BrokerSection(port=broker.port, keepalive_s=2, reconnect_min_s=0.5)
    birth, death = (encode(NodeState(node=NODE, online=online, boot="other")) for online in (True, False))
    fault = f"another process runs as node `{NODE}`"
    with NodeProcess(write_config(store_dir, broker.port)) as node:
        wait_until(lambda: aggregator.state, "a birth")
        second = Connection(section, client_id=f"steelyard-node-{NODE}", will=Will(topic, death))
        with second:

            def fight_shows() -> bool:
                if not second.inbox.empty() and isinstance(second.inbox.get(), BrokerUp):
                    second.publish(topic, birth, retain=True)
                return aggregator.health is not None and fault in aggregator.health.fault

            wait_until(fight_shows, "the fault")
        assert node.process.poll() is None


# --- kills ------------------------------------------------------------------------------------------


def write_recording(store_dir: Path, file: Path, *, picks_total: int) -> CaseSetup:
    """A rack on which somebody takes a can every three seconds, with noise."""
    catalogue = load_catalogue(store_dir / "catalogue.yaml")
    planogram = load_planogram(store_dir / "planogram.yaml", catalogue)
    layout = RackLayout("r", tuple(PLATES), 20.0)
    setup = CaseSetup.of("kills", {NODE: NodeSetup(boot="b", racks=(layout,))}, catalogue, planogram)
    noise = np.random.default_rng(11)
    level_g = np.full(len(PLATES), 60 * CAN_G / 2)
    with Recorder(file, setup) as recorder:
        recorder.input(NODE, UtcReading(mono_ns=0, utc_s=1_700_000_000.0, synchronized=True))
        for second in range(4 + 3 * picks_total + 3):
            if second >= 4 and (second - 4) % 3 == 0 and (second - 4) // 3 < picks_total:
                level_g[(second // 3) % len(PLATES)] -= CAN_G
            grams = level_g + noise.normal(0, 0.4, (20, len(PLATES)))
            recorder.input(NODE, WeightBlock("r", second * NS_PER_S, NS_PER_S / 20, grams))
    return setup


def decided(setup: CaseSetup, file: Path) -> dict[tuple[str, int, int], NodeMessage]:
    """What an undisturbed pipeline makes of it."""
    node = setup.nodes[NODE]
    pipeline = NodePipeline(
        node=NODE, boot="again", racks=node.racks, planogram=setup.planogram(),
        catalogue=setup.catalogue(), weight=node.weight, fusion=node.fusion,
    )  # fmt: skip
    messages = [
        message
        for _, arrived in McapCase(file).inputs()
        for message in pipeline.step([arrived])  # type: ignore[list-item]
    ]
    messages += pipeline.flush()
    return {(message.boot, message.seq, message.revision): message for message in messages}


def test_random_kills_of_node_and_broker_lose_and_double_nothing(
    broker: EmbeddedBroker, aggregator: AcknowledgingAggregator, store_dir: Path
) -> None:
    file = store_dir / "case.mcap"
    setup = write_recording(store_dir, file, picks_total=60)
    expected = decided(setup, file)
    assert sum(isinstance(message, ShelfEvent) for message in expected.values()) == 60
    recording = {"path": str(file), "format": "mcap", "speed": 25, "boot": "again"}
    config = write_config(store_dir, broker.port, boards=None, recording=recording, in_flight_max=7)
    chance = random.Random(23)
    with NodeProcess(config) as node:
        for kill in range(16):
            time.sleep(chance.uniform(0.1, 0.8))
            if kill % 2:
                broker.kill()
                time.sleep(chance.uniform(0.0, 0.3))
                broker.start()
            else:
                node.kill()
                node.start()
            aggregator.deaf = kill % 5 == 3
        aggregator.deaf = False
        _, said = node.process.communicate(timeout=PATIENCE_S)  # it ends when all is acknowledged
        assert node.process.returncode == 0, said
    assert aggregator.messages == expected
