"""``steelyard report transparency`` on a ledger, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.aggregator.entries import GateEntry, StatementEntry
from edge.aggregator.ledger import Ledger
from edge.aggregator.ledger.database import place_of_ledger
from edge.cli.report import app
from edge.config import AggregatorConfig
from edge.messages import GateDirection, GateEvent, StockCount
from edge.yaml_file import load_yaml

PLANOGRAM = """\
version: test
gondolas:
  - {gondola: wall, corner_m: [0, 0, 0], shelves: [{shelf: "1", z_m: 0.8, plates: 2}]}
facings:
  - {plates: [wall/1/1], sku: "1"}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "aggregator.yaml"
    file.write_text("store: shop\n")
    (tmp_path / "catalogue.yaml").write_text(
        "skus:\n  - {sku: '1', name: Water, weight_g: 600, price: 1.5}\n"
    )
    (tmp_path / "planogram.yaml").write_text(PLANOGRAM)
    ledger = Ledger(place_of_ledger(load_yaml(file, AggregatorConfig), tmp_path))
    gates = [GateEvent(visit=f"v{n}", direction=GateDirection.LEFT, t=86_400.0 * n) for n in range(5)]
    ledger.append([GateEntry(gate) for gate in gates], 500_000.0)
    ledger.close()
    return file


def run(*arguments: str):
    return CliRunner().invoke(app, ["transparency", *arguments])


def test_numbers_of_a_window_as_json(config):
    found = run("--config", str(config), "--from", "1970-01-02", "--to", "1970-01-04", "--json")
    assert found.exit_code == 0, found.output
    numbers = json.loads(found.output)
    assert (numbers["visits"], numbers["since"], numbers["until"]) == (2, 86_400.0, 3 * 86_400.0)
    assert numbers["with_receipt"] == {
        "numerator": 0, "denominator": 2, "share": 0.0, "low": 0.0, "high": pytest.approx(0.65763, abs=1e-4),
    }  # fmt: skip


def test_numbers_in_words(config):
    found = run("--config", str(config))
    assert found.exit_code == 0, found.output
    assert "with a receipt                    0 of 5 (0.0 %)" in found.output
    assert "gone with no visit to charge        none" in found.output


def test_counts_tell_how_right_the_stock_was_and_what_is_missing(config):
    count = {"by": "mia", "plate": "wall/1/1", "sku": "1"}
    words = [
        StockCount(id=f"count-{n}-of-3", t=100.0 * n, units=units, **count)
        for n, units in enumerate((9, 7, 7), 1)
    ]
    ledger = Ledger(place_of_ledger(load_yaml(config, AggregatorConfig), config.parent))
    ledger.append([StatementEntry(word) for word in words], 500_001.0)
    ledger.close()
    found = run("--config", str(config))
    assert "counts that found what was expected 1 of 2 (50.0 %" in found.output
    assert (
        "shrink, all in all                  2 units (expected 2.0, give or take 0.0), 3.00 EUR"
        in found.output
    )
    goods = json.loads(run("--config", str(config), "--json").output)["goods"]
    assert goods["shrink"]["value_minor"] == 300


def test_a_moment_that_does_not_exist_is_refused(config):
    found = run("--config", str(config), "--from", "1970-02-30")
    assert found.exit_code == 2
    assert "--from" in found.output
