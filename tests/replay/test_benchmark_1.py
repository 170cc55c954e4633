"""The real store recording: one shopper takes one bottle of water, and nothing else happens."""

import json
import subprocess
import sys

import pytest

from edge.recording.nanostore import NanostoreCase
from edge.samples import UtcReading

SHOPPER = "3325379692103139202"
WATER = "071142008582"

pytestmark = pytest.mark.store_data


def replay(nanostore, report, *options):
    subprocess.run(
        [sys.executable, "-m", "edge.cli", "replay", str(nanostore), "--format", "aifi",
         "--report", str(report), *options],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    return json.loads(report.read_text())


@pytest.fixture(scope="module")
def report(nanostore, tmp_path_factory):
    return replay(nanostore, tmp_path_factory.mktemp("benchmark") / "out.json")


@pytest.fixture(scope="module")
def first_sample_s(nanostore):
    return next(
        arrived.utc_s for _, arrived in NanostoreCase(nanostore).inputs() if isinstance(arrived, UtcReading)
    )


def test_one_visit_with_one_water_and_no_review(report):
    (visit,) = report["visits"]
    assert visit["shopper"] == SHOPPER
    assert [(line["sku"], line["quantity"]) for line in visit["lines"]] == [(WATER, 1)]
    assert visit["needs_review"] is False
    assert visit["entered_at"] < visit["left_at"]


def test_one_pick_at_its_place_weight_and_time(report, first_sample_s):
    (event,) = report["events"]
    assert (event["kind"], event["sku"], event["quantity"], event["shopper"]) == ("pick", WATER, 1, SHOPPER)
    assert [plate["plate"] for plate in event["plates"]] == ["1/5/11"]
    assert event["delta_g"] == pytest.approx(-621.8, abs=3)
    assert 12.2 <= event["t_onset"] - first_sample_s <= 12.6
    assert event["t_decided"] - first_sample_s <= 12.566 + 1.0


def test_twice_is_byte_identical(nanostore, report, tmp_path):
    again = replay(nanostore, tmp_path / "again.json")
    assert json.dumps({**again, "timing": 0}) == json.dumps({**report, "timing": 0})


def test_ghosts_and_crosstalk_are_nobodys_doing(nanostore, report):
    assert report["timing"]["plates"] == 240
    setup = NanostoreCase(nanostore).setup
    widths = {node: len(setup.nodes[node].racks[0].plates) for node in setup.nodes}
    assert widths == {"g1": 72, "g2": 54, "g3": 60, "g4": 54}
    changed = {
        plate
        for each in report["disturbances"]
        for plate in each["plates"]
        if abs(each.get("delta_g", 0)) > 4
    }
    assert not changed & {"1/5/9", "1/5/10"}


@pytest.mark.slow
def test_through_a_broker_the_same_visits_and_events(nanostore, report, tmp_path):
    live = replay(nanostore, tmp_path / "live.json", "--through-broker", "--speed", "2")
    assert live["visits"] == report["visits"]
    assert live["events"] == report["events"]
