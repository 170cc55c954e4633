"""The load bench at a hundredth of its size: it measures, and notices what is lost."""

from __future__ import annotations

import pytest

from edge.broker.embedded import EmbeddedBroker
from edge.messages import NodeMessage
from edge.payload import decode
from tools.load_bench.clients import BOOT, Template
from tools.load_bench.measure import aggregator_load, broker_limit_hz, missing_in
from tools.load_bench.packets import PUBLISH_QOS_1, packet, whole_packets


@pytest.mark.slow
def test_every_event_of_a_small_load_is_in_the_ledger(tmp_path):
    with EmbeddedBroker("nats", tmp_path / "broker") as broker:
        assert broker_limit_hz(broker.port, 20, 1000) > 0
        load = aggregator_load(broker, tmp_path, 20, 1000, 0.0)
    assert (load.messages, load.lost) == (1000, 0)
    assert load.rate_hz > 0
    assert min(load.memory_mb.values()) > 10
    assert load.memory_at(0.0) == load.memory_mb[0.0]
    assert load.cpu_s.keys() == {"aggregator", "broker", "publishers"}
    shares = {0: range(1, 51), 20: range(1, 3)}
    assert missing_in(tmp_path, shares) == {20: [1, 2]}, "a node that sent nothing"


def test_an_event_is_dated_when_it_is_sent():
    event = decode(Template(7).event(12, 1_700_000_000.123), NodeMessage, source="load")
    assert (event.node, event.boot, event.seq) == ("n7", BOOT, 12)
    assert event.t_onset < event.t_settled < event.t_decided == 1_700_000_000.123


def test_packets_that_come_in_pieces():
    packets = [packet(PUBLISH_QOS_1, bytes([number]) * size) for number, size in ((1, 3), (2, 200), (3, 0))]
    stream, found, rest = b"".join(packets), [], b""
    for at in range(len(stream)):
        some, rest = whole_packets(rest + stream[at : at + 1])
        found += [body for _, body in some]
    assert (found, rest) == ([b"\x01" * 3, b"\x02" * 200, b""], b"")
