"""When health is published, and what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.messages import PlateHealth, RackHealth, SensorState
from edge.node.faults import Faults
from edge.node.health import CHANGE_EVERY_S, HealthReports, NodeCondition

S = 1_000_000_000
WELL = NodeCondition(
    plates=(PlateHealth("1/1/1", SensorState.OK, level_g=10.0),),
    racks=(RackHealth("r", True, 80.0),),
    fault="",
)


def test_the_first_condition_and_then_every_few_seconds() -> None:
    reports = HealthReports(node="n", boot="b", every_s=5.0)
    published = [
        second for second in range(12) if reports.update(WELL, backlog=0, utc_s=0.0, mono_ns=second * S)
    ]
    assert published == [0, 5, 10]


def test_a_changed_state_is_told_at_once_and_a_changed_level_is_not() -> None:
    reports = HealthReports(node="n", boot="b", every_s=60.0)
    reports.update(WELL, backlog=0, utc_s=0.0, mono_ns=0)
    level = replace(WELL, plates=(PlateHealth("1/1/1", SensorState.OK, level_g=99.0),))
    assert reports.update(level, backlog=0, utc_s=0.0, mono_ns=2 * S) is None
    for changed in (
        replace(WELL, plates=(PlateHealth("1/1/1", SensorState.STUCK),)),
        replace(WELL, racks=(RackHealth("r", False, 80.0),)),
        replace(WELL, fault="the disk is full"),
    ):
        reports.forget()
        reports.update(WELL, backlog=0, utc_s=0.0, mono_ns=0)
        report = reports.update(changed, backlog=7, utc_s=5.0, mono_ns=S)
        assert report is not None
        assert (report.plates, report.racks, report.fault) == (changed.plates, changed.racks, changed.fault)
        assert (report.node, report.boot, report.backlog, report.utc) == ("n", "b", 7, 5.0)


def test_a_flickering_state_does_not_flood() -> None:
    reports = HealthReports(node="n", boot="b", every_s=60.0)
    ill = replace(WELL, fault="flicker")
    published = 0
    for step in range(1000):  # ten seconds
        condition = WELL if step % 2 else ill
        published += reports.update(condition, backlog=0, utc_s=0.0, mono_ns=step * S // 100) is not None
    assert 5 <= published <= 10 / CHANGE_EVERY_S + 1


def test_faults_are_logged_once_when_they_start_and_once_when_they_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    faults = Faults()
    with caplog.at_level("INFO"):
        for _ in range(3):
            faults.report("disk", "full")
        faults.report("board", "away")
        assert faults.sentence == "full; away"
        faults.report("disk", "")
        faults.report("disk", "")
        assert faults.sentence == "away"
    assert [record.message for record in caplog.records] == ["full", "away", "over: full"]
