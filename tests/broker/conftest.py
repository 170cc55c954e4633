"""Both embedded brokers, each test twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.broker.embedded import BrokerKind, EmbeddedBroker


@pytest.fixture(params=[BrokerKind.NATS, pytest.param(BrokerKind.MOSQUITTO, marks=pytest.mark.mosquitto)])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """A running broker."""
    with EmbeddedBroker(request.param, tmp_path / "broker") as running:
        yield running
