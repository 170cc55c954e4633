"""``steelyard ledger``: what it prints, and one sentence for everything that can be wrong."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

import pytest

from edge.aggregator.entries import GateEntry, ReceiptEntry
from edge.aggregator.ledger import Ledger
from edge.cli.main import main
from edge.messages import GateDirection, GateEvent, Receipt

CATALOGUE = 'skus: [{sku: "1", name: Milk, weight_g: 1000}]\n'
PLANOGRAM = """\
version: a
gondolas:
  - {gondola: g, corner_m: [0, 0, 0], shelves: [{shelf: s, z_m: 1, plates: 1}]}
facings:
  - {plates: [g/s/1], sku: "1"}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A store whose ledger holds one visit."""
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE)
    (tmp_path / "planogram.yaml").write_text(PLANOGRAM)
    (tmp_path / "aggregator.yaml").write_text("store: shop\n")
    ledger = Ledger(tmp_path / "var" / "ledger.sqlite")
    ways = (GateDirection.ENTERED, 1.0), (GateDirection.LEFT, 2.0)
    gates = [GateEntry(GateEvent(visit="anna", direction=way, t=t)) for way, t in ways]
    receipt = Receipt(
        receipt="anna-2-1", visit="anna", entered_at=1.0, left_at=2.0, lines=(), total=0.0, probability=1.0,
        needs_review=False,
    )  # fmt: skip
    ledger.append([*gates, ReceiptEntry(receipt)], 3.0)
    ledger.close()
    return tmp_path / "aggregator.yaml"


@pytest.fixture
def run(config, capsys, monkeypatch):
    """The command line in this process: (exit code, stdout, stderr)."""

    def run(verb: str, *arguments: object, with_config: bool = True) -> tuple[int, str, str]:
        options = ["--config", str(config)] if with_config else []
        monkeypatch.setattr(sys, "argv", ["steelyard", "ledger", verb, *options, *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_retain_says_what_would_go_and_takes_it_out(run):
    code, out, _ = run("retain", "--dry-run")
    assert (code, "receipts: 3 entries would be changed" in out) == (0, True)
    assert "anna" in run("export")[1]
    swept = json.loads(run("retain", "--json")[1])
    assert {each["kind"]: each["entries"] for each in swept} == {
        "tracks": 0, "disputes": 0, "receipts": 3, "audit": 0
    }  # fmt: skip
    assert "anna" not in run("export")[1]
    assert run("verify")[0] == 0


def test_verify_backup_erase_restore(run, config, tmp_path):
    code, out, _ = run("verify")
    assert (code, out.startswith("3 entries hold; the last one's hash is ")) == (0, True)
    backup = tmp_path / "backup.sqlite"
    assert run("backup", backup)[0] == 0
    code, out, _ = run("erase", "anna", "--reason", "asked at the desk", "--by", "manager")
    assert (code, out.startswith("3 entries now say erased-")) == (0, True)
    assert "4 entries hold, 3 of them with a visit erased" in run("verify")[1]
    lines = [json.loads(line) for line in run("export", "--after", 3)[1].splitlines()]
    assert [(line["id"], line["entry"]["reason"], line["entry"]["by"]) for line in lines] == [
        (4, "asked at the desk", "manager")
    ]
    assert json.loads(run("verify", "--json")[1])["erased"] == 3
    assert run("verify", "--file", backup, with_config=False)[1].startswith("3 entries hold; ")
    code, _, err = run("restore", backup)
    assert (code, "Say --replace" in err) == (1, True)
    assert "ledger.sqlite.replaced-1" in run("restore", backup, "--replace")[1]
    assert run("verify")[1].startswith("3 entries hold; ")


def test_a_start_is_prepared(run, config):
    assert run("snapshot")[1] == "A start begins after entry 3.\n"
    with sqlite3.connect(config.parent / "var" / "ledger.sqlite") as connection:
        assert connection.execute("SELECT entry FROM snapshots").fetchall() == [(3,)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("erase", "bela", "--reason", "x"), "no entry names this visit"),
        (("backup", "."), "exists already"),
        (("restore", "nothing.sqlite"), "no such backup"),
        (("verify", "--file", "nothing.sqlite"), "--config or --file"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(run, arguments, said):
    code, _, err = run(*arguments)
    assert code != 0
    assert said in err
    assert "Traceback" not in err


def test_a_broken_chain_names_the_entry(run, config):
    with sqlite3.connect(config.parent / "var" / "ledger.sqlite") as connection:
        connection.execute("DROP TRIGGER entries_never_change")
        connection.execute("UPDATE entries SET utc_s = 9 WHERE id = 2")
    code, out, err = run("verify")
    assert code == 1
    assert out.startswith("1 entries hold; ")
    assert "row 2: the chain breaks: its content does not match its hash" in err


def test_no_ledger_is_made_by_looking(run, config):
    (config.parent / "var" / "ledger.sqlite").unlink()
    for verb in ("verify", "export", "snapshot"):
        code, _, err = run(verb)
        assert (code, "there is no ledger yet" in err) == (1, True)
    assert not (config.parent / "var" / "ledger.sqlite").exists()
