"""The command itself: verbs, help, version, and failures without tracebacks."""

import subprocess
import sys

import pytest

from edge.cli.main import VERBS
from edge.errors import SteelyardError


def steelyard(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "edge.cli", *map(str, arguments)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_version():
    result = steelyard("--version")
    assert result.returncode == 0
    assert result.stdout.startswith("steelyard 0.")


def test_help_lists_every_verb():
    result = steelyard("--help")
    assert result.returncode == 0
    assert all(verb in result.stdout for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb):
    result = steelyard(verb, "--help")
    assert result.returncode == 0, result.stderr
    assert "Usage:" in result.stdout


def test_listing_verbs_loads_none_of_them():
    code = (
        "import sys; from typer.testing import CliRunner; from edge.cli.main import app;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        "print([name for name in ('numpy', 'starlette', 'mcap', 'paho') if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stdout.strip() == "[]"


def test_an_unknown_verb_is_a_usage_error():
    result = steelyard("sell")
    assert result.returncode == 2
    assert "sell" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["replay", "nowhere"], "nowhere"),
        (["replay", "nowhere.mcap", "--format", "mcap"], "nowhere.mcap"),
        (["node", "--config", "nowhere.yaml"], "nowhere.yaml"),
        (["aggregator", "--config", "nowhere.yaml"], "nowhere.yaml"),
        (["record", "--config", "nowhere.yaml", "--output", "x.mcap"], "nowhere.yaml"),
    ],
)
def test_a_failure_is_one_plain_sentence_on_stderr(arguments, named, tmp_path):
    result = steelyard(*arguments)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("steelyard: ")
    assert named in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr


def test_a_part_that_is_not_installed_is_named(monkeypatch):
    import edge.cli.main as command

    monkeypatch.setitem(sys.modules, "starlette", None)  # as if it were not installed
    for name in [
        name
        for name in sys.modules
        if name.startswith("edge.aggregator.web")
        or name == "edge.aggregator.main"
        or name == "edge.cli.aggregator"
        or name.startswith("starlette.")
    ]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(SteelyardError, match="not installed"):
        command._load("aggregator")
