"""A rack's watch: typed sensor states, one fault a failure, levels from before, racks without calibration."""

from __future__ import annotations

import numpy as np
import pytest
from plate_signal import PERIOD_NS, PLATES, RACK, START_NS, blocks, quiet, seconds_of, see, taken

from edge.config import CalibrationFile, ChannelCalibration, WeightSection
from edge.messages import SensorState
from edge.samples import ChangeKind, CountBlock, LinkFault, LinkReport, PriorLevels
from edge.weight.rack import RackWatch

ONE = PLATES[1]


def failing(kind: str, seconds: float = 40.0, from_s: float = 10.0, to_s: float = 25.0) -> np.ndarray:
    """Plate 2 fails for 15 s."""
    grams = quiet(seconds)
    during = slice(round(from_s * 80), round(to_s * 80))
    length = during.stop - during.start
    rng = np.random.default_rng(2)
    grams[during, 1] = {
        "stuck": np.full(length, grams[during.start, 1]),
        "stale": np.full(length, np.nan),
        "saturated": np.full(length, np.inf),
        "noisy": grams[during, 1] + rng.normal(0.0, 800.0, length),
    }[kind]
    return grams


@pytest.mark.parametrize(
    ("kind", "within_s"), [("stuck", 4.0), ("stale", 1.5), ("saturated", 1.0), ("noisy", 12.0)]
)
def test_a_failing_sensor_has_a_state_and_one_fault(kind: str, within_s: float) -> None:
    grams = failing(kind)
    during = see(grams[: 24 * 80])
    assert during.state(ONE) == kind
    assert {during.state(plate) for plate in PLATES if plate != ONE} == {"ok"}
    (fault,) = see(grams).faults
    assert (fault.plates, fault.reason) == ((ONE,), kind)
    assert 10.0 <= seconds_of(fault.mono_ns) <= 10.0 + within_s


@pytest.mark.parametrize("kind", ["stuck", "stale", "saturated", "noisy"])
def test_a_failing_sensor_charges_nobody_and_recovers(kind: str) -> None:
    seen = see(failing(kind))
    assert seen.changes == []
    assert seen.state(ONE) == "ok"
    late = failing(kind)
    late[:, 1] += taken(40.0, 36.0, -200.0)
    (change,) = see(late).changes
    assert change.delta_g == pytest.approx(-200.0, abs=2.0)


def test_a_sensor_is_not_noisy_for_longer_than_it_was() -> None:
    grams = failing("noisy", seconds=130.0, from_s=10.0, to_s=90.0)
    assert see(grams).state(ONE) == "ok"  # 40 s later


def test_a_failing_plate_disturbs_no_other() -> None:
    grams = failing("noisy")
    grams[:, 2] += taken(40.0, 18.0, -200.0)
    (change,) = see(grams).changes
    assert (change.plate, change.delta_g) == (PLATES[2], pytest.approx(-200.0, abs=2.0))


def test_plates_that_fail_together_are_one_fault() -> None:
    grams = quiet(12)
    grams[400:] = np.nan
    (fault,) = see(grams).faults
    assert (fault.plates, fault.reason) == (PLATES, "stale")


def test_a_cold_start_without_readings_is_a_fault() -> None:
    seen = see(np.full((400, len(PLATES)), np.nan))
    assert [fault.reason for fault in seen.faults] == ["stale"]
    assert not any(health.settled for health in seen.watch.health())


# --- link -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "state"), [
    (LinkFault.DISCONNECTED, SensorState.DISCONNECTED),
    (LinkFault.STALE, SensorState.STALE),
    (LinkFault.WRONG_BOARD, SensorState.DISCONNECTED),
])  # fmt: skip
def test_a_lost_link_is_said_once(fault: LinkFault, state: SensorState) -> None:
    watch = see(quiet(5)).watch
    step = watch.link(LinkReport(rack=RACK.rack, mono_ns=START_NS + 6_000_000_000, fault=fault))
    assert [(each.plates, each.reason) for each in step.faults] == [(PLATES, fault.value)]
    again = watch.link(LinkReport(rack=RACK.rack, mono_ns=START_NS + 7_000_000_000, fault=fault))
    assert again.faults == ()
    assert {health.state for health in watch.health()} == {state}


def test_a_link_that_returns_is_no_second_fault() -> None:
    watch = see(quiet(5)).watch
    down = watch.link(
        LinkReport(rack=RACK.rack, mono_ns=START_NS + 5_500_000_000, fault=LinkFault.DISCONNECTED)
    )
    up = watch.link(LinkReport(rack=RACK.rack, mono_ns=START_NS + 15_000_000_000, fault=None))
    back = see(blocks(quiet(6), first=15 * 80), watch=watch)
    assert len(down.faults) == 1
    assert up.faults == ()
    assert back.faults == ()
    assert back.changes == []
    assert {health.state for health in watch.health()} == {SensorState.OK}


# --- levels from before ---------------------------------------------------------------------------


def started(levels_g: dict[str, float], grams: np.ndarray) -> RackWatch:
    watch = RackWatch(RACK, WeightSection(), None)
    watch.expect(PriorLevels(mono_ns=START_NS, utc_s=0.0, levels_g=levels_g))
    return watch


def test_a_level_that_moved_while_the_node_was_off_is_told_once() -> None:
    levels_g = dict.fromkeys(PLATES, 2500.0) | {ONE: 2900.0}
    grams = quiet(10)
    seen = see(grams, watch=started(levels_g, grams))
    (change,) = seen.of_kind(ChangeKind.OFFLINE_CHANGE)
    assert (change.plate, change.delta_g) == (ONE, pytest.approx(-400.0, abs=2.0))
    assert seen.changes == []


def test_levels_that_stayed_are_not_worth_a_word() -> None:
    seen = see(grams := quiet(10), watch=started(dict.fromkeys(PLATES, 2503.0), grams))
    assert seen.changes == []
    assert seen.of_kind(ChangeKind.OFFLINE_CHANGE) == []
    assert all(abs(each.peak_g) < 10.0 for each in seen.results)


def test_levels_of_plates_that_this_rack_does_not_have_are_left_alone() -> None:
    seen = see(grams := quiet(5), watch=started({"9/9/9": 12.0}, grams))
    assert seen.results == ()


def test_picks_after_a_start_with_levels_are_seen() -> None:
    grams = quiet(12)
    grams[:, 1] += taken(12, 6.0, -300.0)
    (change,) = see(grams, watch=started(dict.fromkeys(PLATES, 2500.0), grams)).changes
    assert change.delta_g == pytest.approx(-300.0, abs=1.5)


# --- calibration ----------------------------------------------------------------------------------


def counted(grams: np.ndarray, gains: list[float], zero: float = 5_000.0) -> list[CountBlock]:
    counts = np.round(grams * gains + zero).clip(-(2**23), 2**23 - 1).astype(np.int32)
    return [
        CountBlock(RACK.rack, START_NS + round(i * PERIOD_NS), PERIOD_NS, counts[i : i + 8])
        for i in range(0, len(counts), 8)
    ]


def calibration(gains: list[float], zero: float = 5_000.0) -> CalibrationFile:
    channels = tuple(ChannelCalibration(zero_counts=zero, counts_per_gram=gain) for gain in gains)
    return CalibrationFile(board_id="board", date="2024-01-01", channels=channels)


def test_a_rack_without_calibration_weighs_nothing() -> None:
    grams = quiet(10)
    grams[:, 1] += taken(10, 5.0, -300.0)
    seen = see(counted(grams, [210.0] * 4))
    assert seen.results == ()
    assert {health.state for health in seen.watch.health()} == {SensorState.UNCALIBRATED}


def test_a_reversed_cell_sees_a_pick_as_a_pick() -> None:
    gains = [210.0, -215.0, 205.0, -200.0]
    grams = quiet(10)
    grams[:, 1] += taken(10, 5.0, -300.0)
    grams[:, 2] += taken(10, 5.0, 120.0)
    seen = see(counted(grams, gains), calibration=calibration(gains))
    found = {change.plate: change.delta_g for change in seen.changes}
    assert found == pytest.approx({ONE: -300.0, PLATES[2]: 120.0}, abs=1.0)


def test_counts_on_a_rail_are_saturated() -> None:
    gains = [210.0, -215.0, 205.0, 200.0]
    stream = counted(quiet(10), gains)
    for block in stream[50:]:
        block.counts[:, 1] = -(2**23)  # the reversed cell's way up
    seen = see(stream, calibration=calibration(gains))
    assert [(fault.plates, fault.reason) for fault in seen.faults] == [((ONE,), "saturated")]
    assert seen.changes == []


@pytest.mark.parametrize("lost_share", [0.5, 0.6])
def test_a_plate_that_hardly_reads_says_so_or_is_weighed(lost_share: float) -> None:
    """Every other batch lost, or every other sample: a pick is seen, or a fault is; never neither."""
    for batch in (1, 4, 16):
        rng = np.random.default_rng(batch)
        grams = quiet(30)
        grams[:, 1] += taken(30, 20.0, -300.0)
        lost = np.repeat(rng.random(30 * 80 // batch) < lost_share, batch)
        grams[10 * 80 :, 1][lost[10 * 80 :]] = np.nan
        seen = see(grams)
        found = [change for change in seen.changes if change.delta_g == pytest.approx(-300.0, abs=3.0)]
        assert found or {fault.reason for fault in seen.faults} == {"stale"}
