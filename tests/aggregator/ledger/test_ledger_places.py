"""Where the options say that the ledger is, and a PostgreSQL server that is not as it should be."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import URL

from edge.aggregator.entries import EventEntry
from edge.aggregator.ledger import Ledger
from edge.aggregator.ledger.database import place_of_ledger
from edge.config import AggregatorConfig
from edge.errors import StorageError


def options(**named: str) -> AggregatorConfig:
    return AggregatorConfig(store="shop", **named)


def test_a_file_is_relative_to_the_configuration(tmp_path):
    assert place_of_ledger(options(), tmp_path) == tmp_path / "var" / "ledger.sqlite"
    assert place_of_ledger(options(database="x/l.sqlite"), tmp_path) == tmp_path / "x" / "l.sqlite"
    assert place_of_ledger(options(database="/x/l.sqlite"), tmp_path) == Path("/x/l.sqlite")


def test_a_password_comes_from_its_file_and_is_never_said(tmp_path):
    (tmp_path / "password").write_text("s3cret word\nignored\n")
    place = place_of_ledger(
        options(database="postgresql://shop@127.0.0.1:9/ledger", database_password_file="password"), tmp_path
    )
    assert isinstance(place, URL)
    assert place.password == "s3cret word"
    with pytest.raises(StorageError, match="cannot be reached") as caught:
        Ledger(place)
    assert "s3cret" not in str(caught.value)
    assert "shop" in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("postgresql://shop:s3cret@db/ledger", "a password stands in the option"),
        ("mysql://shop@db/ledger", "no database of ours, found mysql"),
        ("postgresql://shop@db", "no database of ours"),
        ("://", "no database of ours"),
    ],
)
def test_urls_that_cannot_be_used(tmp_path, setting, said):
    with pytest.raises(StorageError, match=said) as caught:
        place_of_ledger(options(database=setting), tmp_path)
    assert "s3cret" not in str(caught.value)


def test_a_missing_password_file_is_named(tmp_path):
    with pytest.raises(StorageError, match="password file cannot be read"):
        place_of_ledger(
            options(database="postgresql://shop@db/ledger", database_password_file="none"), tmp_path
        )


@pytest.mark.postgres
def test_a_server_without_the_database_or_the_user(postgres):
    url = postgres.create()
    with pytest.raises(StorageError, match=r"no such database|cannot be reached"):
        Ledger(url.set(database="elsewhere"))
    with pytest.raises(StorageError, match=r"refuses the login|cannot be reached"):
        Ledger(url.set(username="nobody"))


@pytest.mark.postgres
def test_a_connection_that_the_server_ends_is_made_anew(postgres, shelf):
    url = postgres.create()
    ledger = Ledger(url)
    ledger.append([EventEntry(shelf.event(1))], 1.0)
    postgres.end_connections(url)
    ledger.append([EventEntry(shelf.event(2))], 2.0)
    assert ledger.verify().rows == 2
    ledger.close()


@pytest.mark.postgres
def test_a_locked_table_is_named_and_recovers(postgres, shelf, monkeypatch):
    monkeypatch.setattr("edge.aggregator.ledger.database.LOCK_WAIT_S", 0.05)
    url = postgres.create()
    ledger = Ledger(url)
    with postgres.holding(url), pytest.raises(StorageError, match="it is locked"):
        ledger.append([EventEntry(shelf.event(1))], 1.0)
    ledger.append([EventEntry(shelf.event(1))], 1.0)
    ledger.close()
