"""Fixtures of the aggregator's tests: a small store, a real broker, the real daemon."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from aggregator_process import AggregatorProcess, Client
from small_store import CATALOGUE, PLANOGRAM, Shelf
from writer_bench import Bench

from edge.broker.embedded import EmbeddedBroker
from edge.planogram import Catalogue, Planogram, load_catalogue, load_planogram


@pytest.fixture
def store_dir(tmp_path: Path) -> Path:
    """Directory with catalogue and planogram."""
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE)
    (tmp_path / "planogram.yaml").write_text(PLANOGRAM)
    return tmp_path


@pytest.fixture
def catalogue(store_dir: Path) -> Catalogue:
    return load_catalogue(store_dir / "catalogue.yaml")


@pytest.fixture
def planogram(store_dir: Path, catalogue: Catalogue) -> Planogram:
    return load_planogram(store_dir / "planogram.yaml", catalogue)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def bench(
    store_dir: Path, catalogue: Catalogue, planogram: Planogram, monkeypatch: pytest.MonkeyPatch
) -> Bench:
    monkeypatch.setattr("edge.aggregator.ledger.database.LOCK_WAIT_S", 0.02)
    return Bench(store_dir, catalogue, planogram)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """A real broker for all tests of this run."""
    with EmbeddedBroker("nats", tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def aggregator(store_dir: Path, broker: EmbeddedBroker) -> Iterator[AggregatorProcess]:
    """The real daemon, connected."""
    process = AggregatorProcess(store_dir, broker.port).start().wait_connected()
    yield process
    if process.running:
        process.end(signal.SIGKILL)


@pytest.fixture
def client(broker: EmbeddedBroker) -> Iterator[Client]:
    """Nodes and gate."""
    client = Client(broker.port)
    yield client
    client.close()
