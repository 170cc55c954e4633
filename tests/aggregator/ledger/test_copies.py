"""Backups and what comes back from them, across both databases."""

from __future__ import annotations

import pytest
from ledger_places import tampering
from store_story import make_store, story

from edge.aggregator.ledger import Ledger
from edge.aggregator.ledger.aside import in_use
from edge.aggregator.ledger.copies import back_up, restore
from edge.aggregator.ledger.erasure import erase_visit
from edge.errors import StorageError


@pytest.fixture
def told(place, catalogue, planogram):
    """A ledger of three shoppers' visits, one of them erased."""
    ledger = Ledger(place)
    ledger.append(story(make_store(catalogue, planogram), 7), 5.0)
    erase_visit(ledger, "bela", reason="asked", by="desk", utc_s=6.0)
    yield ledger
    ledger.close()


def contents(place) -> tuple:
    ledger = Ledger(place)
    read = ledger.verify(), list(ledger.entries())
    ledger.close()
    return read


def test_there_and_back_row_for_row(told, place, tmp_path):
    backup = tmp_path / "backups" / "today.sqlite"
    backup.parent.mkdir()
    made = back_up(told, backup)
    told.close()
    before = contents(place)
    assert made == before[0]
    assert contents(backup) == before
    assert [each.name for each in backup.parent.iterdir()] == ["today.sqlite"], "and nothing beside it"
    elsewhere = tmp_path / "elsewhere.sqlite"
    restored, old = restore(backup, elsewhere, replace=False)
    assert (restored, old) == (made, None)
    assert contents(elsewhere) == before


@pytest.mark.postgres
def test_from_a_file_into_a_server(postgres, file, catalogue, planogram, tmp_path):
    ledger = Ledger(file)
    ledger.append(story(make_store(catalogue, planogram), 3), 5.0)
    backup, url = tmp_path / "backup.sqlite", postgres.create()
    back_up(ledger, backup)
    ledger.close()
    restore(backup, url, replace=False)
    assert contents(url) == contents(file)
    with pytest.raises(StorageError, match=r"there is a ledger already.*an empty database"):
        restore(backup, url, replace=True)


def test_what_is_there_is_replaced_only_when_told_and_kept_aside(told, file, tmp_path):
    backup, target = tmp_path / "backup.sqlite", tmp_path / "target.sqlite"
    back_up(told, backup)
    Ledger(target).close()
    with pytest.raises(StorageError, match=r"there is a ledger already.*--replace"):
        restore(backup, target, replace=False)
    for number in (1, 2):
        _, old = restore(backup, target, replace=True)
        assert old == tmp_path / f"target.sqlite.replaced-{number}"
    assert contents(target) == contents(backup)
    assert contents(tmp_path / "target.sqlite.replaced-1")[0].rows == 0


def test_a_running_aggregators_ledger_is_not_pulled_away(told, tmp_path):
    backup, target = tmp_path / "backup.sqlite", tmp_path / "target.sqlite"
    back_up(told, backup)
    Ledger(target).close()
    with in_use(target), pytest.raises(StorageError, match="an aggregator uses this ledger"):
        restore(backup, target, replace=True)
    assert contents(target)[0].rows == 0
    restore(backup, target, replace=True)


def test_a_broken_ledger_makes_no_backup_and_a_broken_backup_no_ledger(told, place, tmp_path):
    backup, target = tmp_path / "backup.sqlite", tmp_path / "target.sqlite"
    back_up(told, backup)
    told.close()
    for broken in (place, backup):
        with tampering(broken) as connection:
            connection.exec_driver_sql("UPDATE entries SET utc_s = 0 WHERE id = 9")
    ledger = Ledger(place)
    with pytest.raises(StorageError, match="row 9: the ledger's chain breaks"):
        back_up(ledger, tmp_path / "other.sqlite")
    ledger.close()
    with pytest.raises(StorageError, match="row 9: the backup's chain breaks"):
        restore(backup, target, replace=False)
    assert {each.name for each in tmp_path.iterdir()} - {"state"} == {
        "backup.sqlite",
        "catalogue.yaml",
        "planogram.yaml",
    }


def test_names_that_cannot_be(told, tmp_path):
    backup = tmp_path / "backup.sqlite"
    back_up(told, backup)
    with pytest.raises(StorageError, match="exists already"):
        back_up(told, backup)
    with pytest.raises(StorageError, match="directory"):
        back_up(told, backup / "below")
    with pytest.raises(StorageError, match="no such backup"):
        restore(tmp_path / "nothing", tmp_path / "target.sqlite", replace=False)
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(b"no database" * 1000)
    with pytest.raises(StorageError, match="no SQLite file"):
        restore(rubbish, tmp_path / "target.sqlite", replace=False)
