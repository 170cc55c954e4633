"""Scenarios as recordings in files."""

import json

import pytest
from typer.testing import CliRunner

from edge.cli.main import app
from edge.errors import StorageError
from tools.mcap_file import write_mcap
from tools.scenarios.bench import main
from tools.scenarios.contest import Ground, find, replayed

GROUND = Ground.of(None)


def as_replayed(report):
    """What two replays of one case must agree on: all but the time that they took."""
    return report | {"timing": None}


@pytest.mark.parametrize("name", ["quick_neighbours", "node_off"])
def test_a_scenario_written_as_mcap_replays_to_the_same_report(name, tmp_path):
    case = GROUND.case(find(name), 1)
    file, out = write_mcap(tmp_path / "case.mcap", case), tmp_path / "report.json"

    result = CliRunner().invoke(app, ["replay", str(file), "--format", "mcap", "--report", str(out)])

    assert result.exit_code == 0, result.output
    report = json.loads(out.read_text())
    assert as_replayed(report) == as_replayed(replayed(case))
    assert report["events"]


def test_a_recording_is_never_overwritten(tmp_path):
    file = tmp_path / "case.mcap"
    file.write_bytes(b"precious")

    with pytest.raises(StorageError, match="exists already"):
        write_mcap(file, GROUND.case(find("browsing"), 1))
    assert file.read_bytes() == b"precious"


def test_the_benchmark_writes_a_case_of_either_format(tmp_path, capsys):
    for out, recording_format in ((tmp_path / "case.mcap", "mcap"), (tmp_path / "case", "aifi")):
        assert main(["--show", "own_place", "0", "--write", str(out)]) == 0
        result = CliRunner().invoke(app, ["replay", str(out), "--format", recording_format])
        assert result.exit_code == 0, result.output
    assert capsys.readouterr().out.count("visit  A: right") == 2
