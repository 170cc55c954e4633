"""``steelyard stock`` against the real daemon over a real broker."""

from __future__ import annotations

import json
import signal

import pytest
from aggregator_process import AggregatorProcess
from small_store import CATALOGUE, PLANOGRAM
from typer.testing import CliRunner

from edge.cli.stock.verb import app
from edge.errors import MessageError


@pytest.fixture(scope="module")
def config(tmp_path_factory, broker):
    """The aggregator's file, while it runs."""
    folder = tmp_path_factory.mktemp("store")
    (folder / "catalogue.yaml").write_text(CATALOGUE)
    (folder / "planogram.yaml").write_text(PLANOGRAM)
    process = AggregatorProcess(folder, broker.port).start().wait_connected()
    yield process.config
    process.end(signal.SIGKILL)


def run(config, *arguments: str):
    return CliRunner().invoke(app, [*arguments, "--config", str(config)])


def test_count_begin_finish_and_show(config):
    found = run(config, "count", "wall/1/2", "0001", "12", "--by", "mia")
    assert found.output == "counted 12 x Spring water on wall/1/2\n"
    found = run(config, "count", "wall/1/1", "0001", "11", "--by", "mia")
    assert found.output == "counted 11 x Spring water on wall/1/1, expected 12\n"
    found = run(config, "count", "wall/2/1", "0002", "1", "--by", "mia")  # goods that lie there by mistake
    assert found.exit_code == 0, found.output
    begun = run(config, "begin", "restock", "--place", "wall/1", "--minutes", "20", "--by", "mia")
    assert "restock mode: wall/1, until " in begun.output
    again = run(config, "begin", "clean", "--place", "wall/1")
    assert isinstance(again.exception, MessageError)
    assert again.exception.fix == "Finish that work first."
    shown = run(config, "show").output
    assert "11" in shown
    assert "misplaced: 1 x Dark chocolate lies on wall/2/1 (100 %)" in shown
    assert "restock mode: wall/1, mia, until" in shown
    assert "came nothing" in run(config, "finish", "wall/1", "--by", "mia").output
    over = run(config, "finish", "wall/1")
    assert isinstance(over.exception, MessageError)
    told = json.loads(run(config, "show", "--json").output)
    assert told["shelves"][0]["facings"][0]["units"] == 11


@pytest.mark.parametrize(
    "arguments",
    [
        ("count", "moon/1/1", "0001", "3"), ("count", "wall/1/1", "9999", "3"),
        ("count", "wall/1/1", "0001", "3.5"), ("count", "wall/1/1", "0001", "99999"),
        ("begin", "party"), ("begin", "restock", "--place", "moon"),
        ("begin", "restock", "--minutes", "0"), ("finish", "no-such-mode"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_a_hint(config, arguments):
    found = run(config, *arguments)
    assert isinstance(found.exception, MessageError)
    assert found.exception.fix
