"""The same tests on SQLite and on PostgreSQL: the fixture ``place`` is each in turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_cluster import PostgresCluster

from edge.aggregator.entries import AttributionEntry, EventEntry, GateEntry, LedgerEntry
from edge.aggregator.ledger import Place


@pytest.fixture(scope="session")
def postgres(postgres_programs: Path) -> Iterator[PostgresCluster]:
    """A PostgreSQL server for all tests of this run."""
    cluster = PostgresCluster(postgres_programs)
    yield cluster
    cluster.stop()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An SQLite ledger that does not exist yet."""
    return tmp_path / "state" / "ledger.sqlite"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, file: Path) -> Place:
    """Where a ledger can be made."""
    return file if request.param == "sqlite" else request.getfixturevalue("postgres").create()


@pytest.fixture
def entries(shelf) -> list[LedgerEntry]:
    first, second = shelf.event(1), shelf.event(2, "0002")
    return [
        GateEntry(shelf.entered("anna")),
        EventEntry(first),
        AttributionEntry(first.identity, 0, 0, final=False, visits=()),
        EventEntry(second),
    ]
