"""The load bench at a hundredth of its size: it measures, and notices what is lost."""

from __future__ import annotations

import pytest

from edge.broker.embedded import EmbeddedBroker
from tools import load_bench


@pytest.mark.slow
def test_every_event_of_a_small_load_is_in_the_ledger(tmp_path):
    with EmbeddedBroker("nats", tmp_path / "broker") as broker:
        assert load_bench.broker_limit_hz(broker.port, 20, 1000) > 0
        load = load_bench.aggregator_load(broker.port, tmp_path, 20, 1000, 0.0)
    assert (load.messages, load.lost) == (1000, 0)
    assert load.rate_hz > 0
    assert min(load.memory_mb) > 10
    shares = {0: range(1, 51), 20: range(1, 3)}
    assert load_bench._missing(tmp_path, shares) == {20: [1, 2]}, "a node that sent nothing"


def test_packets_that_come_in_pieces():
    packets = [
        load_bench._packet(0x30, bytes([number]) * size) for number, size in ((1, 3), (2, 200), (3, 0))
    ]
    stream, found, rest = b"".join(packets), [], b""
    for at in range(len(stream)):
        bodies, rest = load_bench._whole_packets(rest + stream[at : at + 1])
        found += bodies
    assert (found, rest) == ([b"\x01" * 3, b"\x02" * 200, b""], b"")
