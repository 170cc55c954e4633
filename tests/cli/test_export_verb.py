"""``steelyard export``: what it prints, where it goes on, and one sentence for what cannot be."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from edge.aggregator.entries import ReceiptEntry
from edge.aggregator.ledger import Ledger
from edge.cli.main import main
from edge.messages import CartLine, Receipt


def receipt(name: str) -> ReceiptEntry:
    line = CartLine(sku="1", name="Milk", quantity=2, probability=0.99, unit_price_minor=109)
    return ReceiptEntry(
        Receipt(receipt=f"{name}-2-1", visit=name, entered_at=1.0, left_at=2e9, lines=(line,), total=2.18,
                total_minor=218, currency="EUR", probability=0.99, needs_review=False)
    )  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "aggregator.yaml").write_text("store: shop\nexports: {time_zone: Asia/Tokyo}\n")
    append(tmp_path, "anna")
    return tmp_path / "aggregator.yaml"


def append(folder: Path, name: str) -> None:
    ledger = Ledger(folder / "var" / "ledger.sqlite")
    ledger.append([receipt(name)], 2e9)
    ledger.close()


@pytest.fixture
def run(config, capsys, monkeypatch):
    def run(*arguments: object) -> tuple[int, str, str]:
        line = ["steelyard", "export", *map(str, arguments), "--config", str(config)]
        monkeypatch.setattr(sys, "argv", line)
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_epcis_is_one_document(run):
    code, out, err = run("epcis")
    (event,) = json.loads(out)["epcisBody"]["eventList"]
    assert (code, event["eventTime"], err) == (0, "2033-05-18T12:33:20.000+09:00", "next: --after 1\n")
    assert json.loads(run("epcis", "--after", 1)[1])["epcisBody"]["eventList"] == []


def test_a_cursor_goes_on_where_the_last_run_ended(run, config):
    cursor = config.parent / "cursor"
    assert len(run("poslog", "--cursor", cursor)[1].splitlines()) == 1
    assert run("poslog", "--cursor", cursor)[1] == ""
    append(config.parent, "bela")
    (line,) = run("poslog", "--cursor", cursor)[1].splitlines()
    assert json.loads(line)["RetailTransaction"]["ReceiptNumber"] == "bela-2-1"
    assert cursor.read_text() == "2\n"


def test_json_lines(run):
    (line,) = run("json")[1].splitlines()
    assert (json.loads(line)["type"], json.loads(line)["position"]) == ("receipt.issued", 1)


def test_what_cannot_be_is_one_sentence(run, config):
    code, _, err = run("json", "--after", 99)
    assert (code, "no such position" in err) == (1, True)
    cursor = config.parent / "cursor"
    cursor.write_text("../etc\n")
    code, _, err = run("json", "--cursor", cursor)
    assert (code, "this is no cursor" in err, "Traceback" in err) == (1, True, False)
    config.write_text("store: shop\nexports: {time_zone: Mars/Base}\n")
    code, _, err = run("json")
    assert (code, "no such time zone" in err) == (1, True)
    config.write_text('store: shop\nexports: {gln: "4006381333932"}\n')
    assert "wrong check digit" in run("json")[2]
