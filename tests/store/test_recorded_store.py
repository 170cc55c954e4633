"""A simulated store on file: both formats replay to receipts that are the truth."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from edge.cli.replay.verb import replay
from edge.recording.formats import RecordingFormat, open_case
from edge.samples import CountBlock, Frame, WeightBlock
from edge.vision.picture import decode_picture
from tools.store_simulator import record
from tools.store_simulator.load_cell.misreads import BAD_CODES
from tools.store_simulator.truth import Truth


def recorded(out: Path, recording_format: str, *options: str) -> Truth:
    assert record.main([str(out), "--format", recording_format, "--for", "40", *options]) == 0
    return Truth.read(record.truth_file(out))


def replayed(out: Path, recording_format: str, report: Path) -> dict[str, Counter[str]]:
    replay(out, recording_format=RecordingFormat(recording_format), report=report)
    visits = json.loads(report.read_text(encoding="utf-8"))["visits"]
    return {
        visit["shopper"]: Counter({line["sku"]: line["quantity"] for line in visit["lines"]})
        for visit in visits
    }


@pytest.mark.parametrize("recording_format", ["aifi", "mcap"])
def test_a_replay_ends_in_the_receipts_that_are_true(tmp_path: Path, recording_format: str) -> None:
    out = tmp_path / "case"
    truth = recorded(out, recording_format, "--seed", "7", "--speed", "2")
    assert len(truth.visits) >= 3
    assert len(truth.actions) >= 5
    receipts = replayed(out, recording_format, tmp_path / "report.json")
    assert receipts == {visit: truth.holds(visit) for visit in truth.visits}


def blocks(out: Path, recording_format: str) -> list[CountBlock | WeightBlock]:
    inputs = open_case(out, recording_format).inputs()
    return [arrived for _, arrived in inputs if isinstance(arrived, CountBlock | WeightBlock)]


def test_cameras_are_recorded_with_their_views_and_take_no_part(tmp_path: Path) -> None:
    out, plain = tmp_path / "filmed", tmp_path / "plain"
    assert record.main([str(out), "--format", "mcap", "--for", "20", "--pictures"]) == 0
    assert record.main([str(plain), "--format", "mcap", "--for", "20"]) == 0
    case = open_case(out, "mcap", lambda jpeg: decode_picture(jpeg, source="recording"))
    assert record.truth_file(out).read_bytes() == record.truth_file(plain).read_bytes()
    cameras = {camera for node in case.setup.nodes.values() for camera in node.views}
    taken = Counter(each.camera for _, each in case.inputs() if isinstance(each, Frame))
    assert set(taken) == cameras == {rack.rack for node in case.setup.nodes.values() for rack in node.racks}
    assert min(taken.values()) >= 4 * 20 - 2


def test_grams_of_aifi_have_no_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert record.main([str(tmp_path / "x"), "--format", "aifi", "--pictures"]) == 1
    assert "mcap" in capsys.readouterr().err


def test_a_name_that_no_file_can_have_is_a_sentence_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for out in (tmp_path / (300 * "x"), tmp_path / (250 * "x"), tmp_path / "no" / "where"):
        assert record.main([str(out), "--for", "40"]) == 1
        assert ": cannot write the recording: " in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_one_seed_is_one_recording(tmp_path: Path) -> None:
    one, again, other = (tmp_path / name for name in ("one", "again", "other"))
    for out, seed in ((one, "3"), (again, "3"), (other, "4")):
        recorded(out, "aifi", "--seed", seed, "--for", "20")
    plates = [(out / "plate_data.json").read_bytes() for out in (one, again, other)]
    assert plates[0] == plates[1] != plates[2]


def test_bad_reads_dropouts_and_a_wrong_rate_reach_the_recording(tmp_path: Path) -> None:
    out = tmp_path / "case"
    options = ("--misreads", "0.02", "--dropouts", "600", "--rate-error-ppm", "15000")
    truth = recorded(out, "mcap", *options)
    of_racks = blocks(out, "mcap")
    bad = np.concatenate([np.isin(block.counts, BAD_CODES).ravel() for block in of_racks])
    assert bad.mean() == pytest.approx(0.02, abs=0.003)
    assert [block.period_ns for block in of_racks] == pytest.approx([1e9 / (80 * 1.015)] * len(of_racks))
    lost_s = sum(block.lost_before for block in of_racks) / (80 * 1.015)
    begun = [fault for fault in truth.faults if fault.kind == "dropout" and fault.from_utc < 1_767_225_639]
    assert lost_s == pytest.approx(sum(f.until_utc - f.from_utc for f in begun), rel=0.25)
    assert len(begun) > 5


def test_the_truth_stands_apart(tmp_path: Path) -> None:
    out = tmp_path / "case"
    recorded(out, "aifi", "--seed", "3", "--for", "20")
    assert sorted(file.name for file in out.iterdir()) == [
        "full_targets.json", "planogram.json", "plate_data.json", "products.json"
    ]  # fmt: skip
    assert sorted(file.name for file in tmp_path.iterdir()) == ["case", "case.truth.json"]


def test_what_exists_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "case.mcap"
    out.write_bytes(b"precious")
    assert record.main([str(out), "--format", "mcap"]) == 1
    assert "exists already" in capsys.readouterr().err
    assert out.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("option", "value"),
    [("--for", "5"), ("--for", "nan"), ("--for", "inf"), ("--for", "soon"), ("--seed", "-1"),
     ("--speed", "0"), ("--misreads", "1.5"), ("--shoppers", "2.5"), ("--stuck", "-1"), ("--format", "csv")],
)  # fmt: skip
def test_options_that_make_no_sense_are_refused(
    tmp_path: Path, option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        record.main([str(tmp_path / "case"), option, value])
    told = capsys.readouterr().err
    assert option in told
    assert value in told
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('board_id: "57ee17a4d0000003"', 'board_id: "57ee17a4d00000aa"'), "no calibration"),
        (("boards:", "recording: {path: x, format: mcap}\nboards_:"), "boards_"),
        (("node: fridge", "node:"), "node"),
    ],
)
def test_a_node_that_cannot_be_simulated_is_refused_in_a_sentence(
    repository: Path,
    tmp_path: Path,
    change: tuple[str, str],
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    configs = tmp_path / "configs"
    shutil.copytree(repository / "configs", configs)
    node = configs / "node-fridge.yaml"
    node.write_text(node.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    assert record.main([str(tmp_path / "case.mcap"), str(node), "--format", "mcap"]) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "case.mcap").exists()


def test_a_store_of_one_node_is_shopped_there_alone(repository: Path, tmp_path: Path) -> None:
    out = tmp_path / "case.mcap"
    truth = recorded(out, "mcap", str(repository / "configs" / "node-fridge.yaml"))
    assert truth.actions
    assert all(action.plate.startswith("fridge/") for action in truth.actions)


def test_a_node_without_boards_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    node = tmp_path / "node.yaml"
    node.write_text("store: s\nnode: n\nrecording: {path: x, format: mcap}\n", encoding="utf-8")
    assert record.main([str(tmp_path / "case.mcap"), str(node), "--format", "mcap"]) == 1
    assert "no boards" in capsys.readouterr().err
