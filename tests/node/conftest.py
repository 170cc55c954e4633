"""A small store for the node's tests: one rack of four plates, a broker, an aggregator that acknowledges."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from node_store import AcknowledgingAggregator, write_store

from edge.broker.embedded import BrokerKind, EmbeddedBroker


@pytest.fixture(params=[BrokerKind.NATS, pytest.param(BrokerKind.MOSQUITTO, marks=pytest.mark.mosquitto)])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """A running broker."""
    with EmbeddedBroker(request.param, tmp_path / "broker") as running:
        yield running


@pytest.fixture
def aggregator(broker: EmbeddedBroker) -> Iterator[AcknowledgingAggregator]:
    """Listens, keeps and acknowledges."""
    with AcknowledgingAggregator(broker.port) as listening:
        yield listening


@pytest.fixture
def store_dir(tmp_path: Path) -> Path:
    """Directory with catalogue, planogram and calibration."""
    folder = tmp_path / "store"
    write_store(folder)
    return folder
