"""Replay of small written cases: right answers, stable reports, recording and back, cut recordings."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from edge.aggregator.report import replay_report
from edge.cli.replay.in_process import InProcessReplay
from edge.payload import encode
from edge.recording.mcap_case import McapCase
from edge.recording.mcap_recorder import Recorder
from edge.recording.nanostore import NanostoreCase
from tools.nanostore_case import EPOCH_S, Move, Script, sku_of, write_case

GOLDEN = Path(__file__).parent / "golden" / "two_shoppers.json"

TWO_SHOPPERS = Script(
    seconds=24,
    gondolas=3,
    shoppers=("1001", "1002"),
    moves=(
        Move(6, "1001", 1, 1, 2),
        Move(9, "1002", 2, 2, 3, -2),
        Move(12, "1001", 3, 1, 1),
        Move(16, "1001", 1, 1, 2, 1),
    ),
    lost_batches=((1, 10), (1, 11), (2, 60)),
    nan_samples=((1, 1, 2),),
    stuck_plates=((2, 1, 1),),
    unlisted=((1, 2, 4),),
)


@pytest.fixture(scope="module")
def case_dir(tmp_path_factory):
    return write_case(tmp_path_factory.mktemp("replay") / "two_shoppers", TWO_SHOPPERS)


def steelyard(*arguments, expected=0):
    result = subprocess.run(
        [sys.executable, "-m", "edge.cli", *map(str, arguments)],
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert result.returncode == expected, result.stderr
    return result


def report_of(case):
    run = InProcessReplay(case)
    run.run()
    return replay_report(case.setup.name, run.store, data_seconds=0, cpu_seconds=0, plates=0)


def without_timing(file):
    report = json.loads(file.read_text())
    del report["timing"]
    return report


def lines_of(report):
    return {
        visit["shopper"]: {line["sku"]: line["quantity"] for line in visit["lines"]}
        for visit in report["visits"]
    }


def test_everybody_gets_what_they_kept(case_dir):
    report = report_of(NanostoreCase(case_dir))
    assert lines_of(report) == {"1001": {sku_of(3, 1, 1): 1}, "1002": {sku_of(2, 2, 3): 2}}
    events = [
        (event["kind"], event["sku"], event["quantity"], event["shopper"]) for event in report["events"]
    ]
    assert events == [
        ("pick", sku_of(1, 1, 2), 1, "1001"),
        ("pick", sku_of(2, 2, 3), 2, "1002"),
        ("pick", sku_of(3, 1, 1), 1, "1001"),
        ("return", sku_of(1, 1, 2), 1, "1001"),
    ]
    for event, move in zip(report["events"], TWO_SHOPPERS.moves, strict=True):
        assert event["t_onset"] == pytest.approx(EPOCH_S + move.at_s, abs=0.4)
        assert event["t_decided"] < EPOCH_S + move.at_s + 1.0


def test_the_report_is_the_golden_one(case_dir, tmp_path):
    found = tmp_path / "found.json"
    steelyard("replay", case_dir, "--report", found)
    hint = f"look at the difference; when it is meant: cp {found} {GOLDEN}"
    assert rounded(without_timing(found)) == rounded(without_timing(GOLDEN)), hint


def rounded(value):
    """Floats to six significant digits: sines and exponentials differ in the last bit between machines."""
    if isinstance(value, float):
        return float(f"{value:.15g}") if abs(value) > 1e9 else float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    return [rounded(part) for part in value] if isinstance(value, list) else value


def test_twice_is_byte_identical(case_dir, tmp_path):
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file in files:
        steelyard("replay", case_dir, "--format", "aifi", "--report", file)
    reports = [json.loads(file.read_text()) for file in files]
    for report in reports:
        assert report.pop("timing")["plates"] == 24
    assert json.dumps(reports[0]) == json.dumps(reports[1])
    texts = [file.read_text().partition('"timing"')[0] for file in files]
    assert texts[0] == texts[1]


def test_a_recorded_run_replays_to_byte_identical_decisions(case_dir, tmp_path):
    first, second = tmp_path / "first.mcap", tmp_path / "second.mcap"
    steelyard("replay", case_dir, "--record", first, "--report", tmp_path / "first.json")
    steelyard("replay", first, "--format", "mcap", "--record", second, "--report", tmp_path / "second.json")
    decisions = [
        b"\n".join(encode(message) for message in McapCase(file).decisions()) for file in (first, second)
    ]
    assert decisions[0].count(b"\n") >= 3
    assert decisions[0] == decisions[1]
    assert without_timing(tmp_path / "first.json") == without_timing(tmp_path / "second.json")
    assert first.read_bytes() == second.read_bytes()


def test_how_blocks_are_cut_makes_no_difference(case_dir, tmp_path):
    """Each batch in two, as another reader might deliver it."""

    class Halved:
        def __init__(self, case):
            self.setup, self._case = case.setup, case

        def inputs(self, window_s):
            for node, arrived in self._case.inputs():
                if hasattr(arrived, "grams"):
                    half = len(arrived.grams) // 3
                    later_ns = arrived.mono_ns + round(half * arrived.period_ns)
                    kind = type(arrived)
                    yield (
                        node,
                        kind(
                            arrived.rack,
                            arrived.mono_ns,
                            arrived.period_ns,
                            arrived.grams[:half],
                            arrived.lost_before,
                        ),
                    )
                    yield node, kind(arrived.rack, later_ns, arrived.period_ns, arrived.grams[half:])
                else:
                    yield node, arrived

    case = NanostoreCase(case_dir)
    whole, halved = report_of(case), report_of(Halved(case))
    assert lines_of(whole) == lines_of(halved)
    assert [event["delta_g"] for event in whole["events"]] == pytest.approx(
        [event["delta_g"] for event in halved["events"]], abs=0.1
    )


@pytest.mark.parametrize("name", ["plate_data.json", "full_targets.json"])
def test_a_cut_recording_is_reported_and_fails(case_dir, tmp_path, name):
    for file in case_dir.iterdir():
        content = file.read_bytes()
        (tmp_path / file.name).write_bytes(
            content[: len(content) * 6 // 10] if file.name == name else content
        )
    result = steelyard("replay", tmp_path, "--report", tmp_path / "report.json", expected=1)
    assert f"{name}:" in result.stderr
    assert "Traceback" not in result.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert name in report["fault"]
    assert report["events"][0]["sku"] == sku_of(1, 1, 2)


def test_a_cut_mcap_recording_is_reported_and_fails(case_dir, tmp_path):
    file = tmp_path / "run.mcap"
    steelyard("replay", case_dir, "--record", file)
    content = file.read_bytes()
    file.write_bytes(content[: len(content) * 6 // 10])
    result = steelyard("replay", file, "--format", "mcap", "--report", tmp_path / "report.json", expected=1)
    assert "cut off" in result.stderr
    assert json.loads((tmp_path / "report.json").read_text())["events"][0]["sku"] == sku_of(1, 1, 2)


def test_a_report_that_cannot_be_written(case_dir, tmp_path):
    result = steelyard("replay", case_dir, "--report", tmp_path / "nowhere" / "report.json", expected=1)
    assert "cannot write the report" in result.stderr


@pytest.mark.parametrize("option", ["--record", "--report"])
def test_what_is_replayed_is_never_written_over(case_dir, tmp_path, option):
    case = shutil.copytree(case_dir, tmp_path / "case")
    file = tmp_path / "run.mcap"
    steelyard("replay", case, "--record", file)
    for victim, arguments in ((case / "products.json", (case,)), (file, (file, "--format", "mcap"))):
        before = victim.read_bytes()
        assert option in steelyard("replay", *arguments, option, victim, expected=2).stderr
        assert victim.read_bytes() == before


def test_only_a_regular_file_makes_way_for_a_recording(case_dir, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for place in (tmp_path, tmp_path / "fifo", tmp_path / "fifo" / "run.mcap", tmp_path / ("x" * 5000)):
        result = steelyard("replay", case_dir, "--record", place, expected=1)
        assert "cannot replace the recording" in result.stderr or "cannot write" in result.stderr
        assert "Traceback" not in result.stderr
    assert (tmp_path / "fifo").is_fifo()


def test_names_neither_format_nor_steer_the_terminal(case_dir, tmp_path):
    case = shutil.copytree(case_dir, tmp_path / os.fsdecode(b"[bold]\xff"))
    file = case / "products.json"
    file.write_text(file.read_text().replace("product ", "[/bold] \\u001b[2J "))
    result = steelyard("replay", case, "--report", tmp_path / "report.json")
    assert "\x1b" not in result.stdout
    assert json.loads((tmp_path / "report.json").read_text())["case"] == "[bold]\\xff"


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "nan"])
def test_a_speed_that_is_none(case_dir, speed):
    assert "--speed" in steelyard("replay", case_dir, "--speed", speed, expected=2).stderr


def test_minutes_of_recording_take_flat_memory(tmp_path):
    """Reading holds no blocks: what is reachable after each input does not grow."""
    case = NanostoreCase(write_case(tmp_path / "case", Script(seconds=120, gondolas=1)))
    file = tmp_path / "run.mcap"
    with Recorder(file, case.setup) as recorder:
        for node, arrived in case.inputs():
            if node is not None:
                recorder.input(node, arrived)
    for readable in (case, McapCase(file)):
        assert peak_bytes(readable) < 3_000_000  # all blocks together are 3.8 MB as float64


def peak_bytes(case):
    import tracemalloc

    tracemalloc.start()
    try:
        for _ in case.inputs():
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("broker", ["nats", pytest.param("mosquitto", marks=pytest.mark.mosquitto)])
def test_through_a_broker_the_same_visits_and_events(case_dir, tmp_path, broker):
    here, there = tmp_path / "here.json", tmp_path / "there.json"
    steelyard("replay", case_dir, "--report", here)
    steelyard(
        "replay", case_dir, "--report", there, "--through-broker", "--broker-kind", broker, "--speed", "3"
    )
    here, there = without_timing(here), without_timing(there)
    assert there["visits"] == here["visits"]
    assert there["events"] == here["events"]
    assert there["disturbances"] == here["disturbances"]
    assert len(here["events"]) == 4


def test_setup_round_trip(case_dir):
    setup = NanostoreCase(case_dir).setup
    assert msgspec.json.decode(setup.encode(), type=type(setup)) == setup
