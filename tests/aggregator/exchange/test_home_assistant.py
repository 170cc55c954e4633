"""Home Assistant's discovery: what is retained at a real broker, and what templates make of real reports."""

from __future__ import annotations

import json

import jinja2
import msgspec
import pytest
from aggregator_process import wait_for
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.aggregator.exchange.home_assistant.discovery import FILE, WAIT_S, Discovery
from edge.aggregator.exchange.home_assistant.entities import entities_of
from edge.broker.connection import Connection, Received
from edge.config import BrokerSection, HomeAssistantSection
from edge.messages import NodeHealth, NodeState, PlateHealth, SensorState
from edge.payload import encode
from edge.topics import NODE_HEALTH, NODE_STATE, TopicNames

NAMES = TopicNames("shop")
STATE = NodeState(node="n1", online=True, boot="b1", version="1.0", plates=("a/1/1", "a/1/2"))


def said(state: NodeState | None, node: str = "n1") -> list[Received]:
    payload = b"" if state is None else encode(state)
    return [Received(NAMES.of(NODE_STATE, node=node), payload, retained=True)]


class Bench:
    """A discovery and what the broker retains."""

    def __init__(self, folder, **options) -> None:
        self.retained: dict[str, bytes] = {}
        self.online = True
        self.folder, self.options = folder, {"enabled": True, **options}
        self.restart()

    def restart(self, **options) -> None:
        section = HomeAssistantSection(**{**self.options, **options})
        self.discovery = Discovery(
            section, NAMES, nodes=("n1", "n2"), publish=self.publish, state_dir=self.folder
        )
        self.discovery.connected(0.0)

    def publish(self, topic: str, payload: bytes, retain: bool) -> bool:
        assert retain
        if self.online:
            if payload:
                self.retained[topic] = payload
            else:
                self.retained.pop(topic, None)
        return self.online

    def plates(self) -> set[str]:
        names = (json.loads(payload)["name"] for payload in self.retained.values())
        return {name.split()[1] for name in names if name.startswith("Plate ")}


@pytest.fixture
def bench(tmp_path) -> Bench:
    return Bench(tmp_path)


def test_a_node_is_a_device_with_a_fault_and_noise_for_each_plate(bench):
    bench.discovery.hear(said(STATE))
    configs = {topic: json.loads(payload) for topic, payload in bench.retained.items()}
    assert len(configs) == 2 + 2 * 2
    assert all(
        topic.startswith(("homeassistant/binary_sensor/", "homeassistant/sensor/")) for topic in configs
    )
    assert len({config["unique_id"] for config in configs.values()}) == len(configs)
    assert len({config["device"]["identifiers"][0] for config in configs.values()}) == 1
    fault = next(config for config in configs.values() if config["name"] == "Plate a/1/1 fault")
    assert (fault["device_class"], fault["state_topic"]) == ("problem", "steelyard/v1/shop/node/n1/health")
    assert fault["availability_topic"] == "steelyard/v1/shop/node/n1/state"


def test_a_plate_or_node_that_is_gone_is_cleared(bench):
    bench.discovery.hear(said(STATE))
    bench.discovery.hear(said(msgspec.structs.replace(STATE, plates=("a/1/2",))))
    assert bench.plates() == {"a/1/2"}
    bench.discovery.hear(said(None))
    assert bench.retained == {}


def test_what_went_while_it_was_off_is_cleared_after_a_start(bench):
    bench.discovery.hear(said(STATE))
    bench.restart()
    bench.discovery.hear(said(msgspec.structs.replace(STATE, plates=("a/1/1",))))
    assert bench.plates() == {"a/1/1", "a/1/2"}, "others may still answer"
    bench.discovery.tick(WAIT_S)
    assert bench.plates() == {"a/1/1"}
    bench.restart()
    bench.discovery.tick(WAIT_S)
    assert bench.retained == {}, "the node was taken away"


def test_switched_off_it_takes_everything_back(bench):
    bench.discovery.hear(said(STATE))
    bench.restart(enabled=False)
    assert bench.retained == {}
    bench.discovery.hear(said(STATE))
    assert bench.retained == {}


def test_a_broker_that_forgot_is_told_again(bench):
    bench.discovery.hear(said(STATE))
    everything = dict(bench.retained)
    bench.retained.clear()
    bench.discovery.connected(10.0)
    assert bench.retained == everything
    bench.online = False
    bench.discovery.hear(said(msgspec.structs.replace(STATE, plates=())))
    bench.online = True
    bench.discovery.connected(20.0)
    bench.discovery.tick(20.0 + WAIT_S)
    assert bench.plates() == set()


STRANGER = msgspec.structs.replace(STATE, node="n9")


@pytest.mark.parametrize(
    "message",
    [
        Received(NAMES.of(NODE_STATE, node="n1"), b"{", retained=True),
        Received(NAMES.of(NODE_STATE, node="n2"), encode(STATE), retained=True),
        Received(NAMES.of(NODE_STATE, node="n9"), encode(STRANGER), retained=True),
        Received("steelyard/v1/other/node/n1/state", encode(STATE), retained=True),
        Received(NAMES.of(NODE_HEALTH, node="n1"), encode(STATE), retained=True),
    ],
)  # fmt: skip
def test_what_is_no_word_of_a_known_node_tells_nothing(bench, message):
    bench.discovery.hear([message])
    assert bench.retained == {}


def test_a_damaged_memory_costs_nothing_but_itself(bench):
    bench.discovery.hear(said(STATE))
    (bench.folder / FILE).write_text("{")
    bench.restart()
    bench.discovery.hear(said(STATE))
    assert len(bench.retained) == 6


def rendered(template: str, payload: object) -> str:
    return jinja2.Environment().from_string(template).render(value_json=json.loads(encode(payload)))


@settings(max_examples=40)
@given(plate=st.text(min_size=1, max_size=30), store_of=st.sampled_from(SensorState))
def test_templates_read_a_report_whatever_a_plate_is_called(plate, store_of):
    state = msgspec.structs.replace(STATE, plates=(plate,))
    report = NodeHealth(
        node="n1", boot="b1", utc=1.0, backlog=7, plates=(PlateHealth(plate, store_of, noise_g=0.25),)
    )
    configs = {config["name"]: config for _, config in entities_of(NAMES, state)}
    assert rendered(configs["Backlog"]["value_template"], report) == "7"
    assert rendered(configs["Online"]["value_template"], state) == "ON"
    expected = "OFF" if store_of is SensorState.OK else "ON"
    assert rendered(configs[f"Plate {plate} fault"]["value_template"], report) == expected
    assert rendered(configs[f"Plate {plate} noise"]["value_template"], report) == "0.25"
    silent = msgspec.structs.replace(report, plates=())
    assert rendered(configs[f"Plate {plate} fault"]["value_template"], silent) == "ON"
    assert rendered(configs["Backlog"]["availability_template"], state) == "online"


def test_at_a_real_broker(broker, tmp_path):
    here = BrokerSection(port=broker.port)
    assistant = Connection(here, client_id="assistant", subscriptions=["assistant/#"])
    steelyard = Connection(here, client_id="steelyard")
    for each in (assistant, steelyard):
        each.start()
    held: dict[str, bytes] = {}

    def hear() -> dict[str, bytes]:
        while not assistant.inbox.empty():
            news = assistant.inbox.get()
            if isinstance(news, Received):
                held[news.topic] = news.payload
        return {topic: payload for topic, payload in held.items() if payload}

    try:
        wait_for(lambda: assistant.connected and steelyard.connected)
        discovery = Discovery(
            HomeAssistantSection(enabled=True, prefix="assistant"), NAMES, nodes=(), state_dir=tmp_path,
            publish=lambda topic, payload, retain: steelyard.publish(topic, payload, retain=retain),
        )  # fmt: skip
        discovery.connected(0.0)
        discovery.hear(said(STATE))
        wait_for(lambda: len(hear()) == 6)
        discovery.hear(said(None))
        wait_for(lambda: not hear())
    finally:
        for each in (assistant, steelyard):
            each.close()
