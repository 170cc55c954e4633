"""From samples to changes: what is found, how exactly, and what is none. All through a rack's watch."""

from __future__ import annotations

import numpy as np
import pytest
from plate_signal import (
    LOAD_G,
    PERIOD_NS,
    PLATES,
    RACK,
    START_NS,
    at_s,
    moved,
    quiet,
    ringing,
    seconds_of,
    see,
    taken,
    walking,
    with_hole,
)

from edge.config import WeightSection
from edge.samples import ChangeKind, RackLayout, WeightBlock
from edge.weight.rack import RackWatch

ONE = PLATES[1]


# --- goods come and go ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("delta_g", [-12.0, 12.0])
def test_12_g_on_a_quiet_plate_are_weighed_to_a_gram(seed: int, delta_g: float) -> None:
    grams = quiet(8, seed)
    grams[:, 1] += taken(8, 4.0, delta_g)
    (change,) = see(grams).changes
    assert change.plate == ONE
    assert change.delta_g == pytest.approx(delta_g, abs=1.0)
    assert 0 < change.sigma_g <= 1.0


@pytest.mark.parametrize("delta_g", [-46.0, -150.0, -622.0, -2_000.0, 622.0])
def test_the_stated_sigma_covers_the_error(delta_g: float) -> None:
    errors = []
    for seed in range(8):
        grams = quiet(8, seed)
        grams[:, 1] += taken(8, 4.0, delta_g)
        (change,) = see(grams).changes
        errors.append((change.delta_g - delta_g) / change.sigma_g)
    assert np.sqrt(np.mean(np.square(errors))) < 2.0


def test_a_change_is_dated() -> None:
    grams = quiet(8)
    grams[:, 1] += taken(8, 4.0, -622.0, over_s=0.2)
    (change,) = see(grams).changes
    assert seconds_of(change.onset_ns) == pytest.approx(4.0, abs=0.1)
    assert seconds_of(change.settled_ns) == pytest.approx(4.2, abs=0.1)
    assert change.onset_ns <= change.settled_ns < change.decided_ns
    assert seconds_of(change.decided_ns) < 5.0


@pytest.mark.parametrize("seed", range(8))
def test_46_g_are_found_while_somebody_walks(seed: int) -> None:
    grams = walking(10, seed)
    grams[:, 1] += taken(10, 5.0, -46.0)
    (change,) = see(grams).changes
    assert change.plate == ONE
    assert change.delta_g == pytest.approx(-46.0, abs=4.0)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("for_s", [0.4, 2.0])
def test_12_g_are_found_where_somebody_has_just_walked_by(seed: int, for_s: float) -> None:
    """The plates were so loud that no single hop stands out yet."""
    before_s = 8.0
    grams = np.concatenate([quiet(before_s, seed, noise_g=12.0), quiet(8, seed)])
    at_rest_s = before_s + for_s
    grams[:, 1] += taken(before_s + 8, at_rest_s, -12.0)
    (change,) = [each for each in see(grams).changes if each.kind is ChangeKind.CHANGE]
    assert change.plate == ONE
    assert change.delta_g == pytest.approx(-12.0, abs=2.5)
    assert seconds_of(change.settled_ns) == pytest.approx(at_rest_s, abs=1.2)


@pytest.mark.parametrize("ripple_g", np.linspace(2.4, 4.0, 9))
def test_a_plate_that_ripples_does_not_stir_and_rest_in_turns(ripple_g: float) -> None:
    """A ripple that one rule called rest and another a hand would begin a disturbance with every rest."""
    grams = quiet(5, noise_g=0.05)
    shaken = at_s(5) > 4.0
    grams[shaken, 1] += ripple_g * np.sqrt(2.0) * np.sin(2 * np.pi * 20.0 * at_s(5)[shaken])
    watch = RackWatch(RACK, WeightSection(), None)
    states = []
    for first in range(0, len(grams), 4):
        for _ in watch.update(WeightBlock("rack", START_NS + round(first * PERIOD_NS), PERIOD_NS,
                                          grams[first : first + 4])):  # fmt: skip
            pass
        states.append(next(each for each in watch.health() if each.plate == ONE).settled)
    turns = np.abs(np.diff(np.array(states[len(states) // 2 :]).astype(int))).sum()
    assert turns <= 2


def test_a_pick_from_a_ringing_plate() -> None:
    grams = quiet(8)
    grams[:, 1] += taken(8, 4.0, -300.0) + ringing(8, 4.1, 60.0)
    (change,) = see(grams).changes
    assert change.delta_g == pytest.approx(-300.0, abs=3.0)


@pytest.mark.parametrize("over_s", [0.2, 1.0, 3.0, 10.0, 20.0, 30.0])
def test_12_g_that_leave_slowly_are_not_tracked_away(over_s: float) -> None:
    grams = quiet(over_s + 14)
    grams[:, 1] += taken(over_s + 14, 6.0, -12.0, over_s)
    changes = see(grams).changes
    assert {change.plate for change in changes} == {ONE}
    assert sum(change.delta_g for change in changes) == pytest.approx(-12.0, abs=4.0)


def test_a_press_before_the_lift_is_part_of_the_pick() -> None:
    grams = quiet(8)
    grams[:, 1] += moved(8, [(4.0, 0.0), (4.1, 50.0), (4.2, 30.0), (4.3, -622.0)])
    (change,) = see(grams).changes
    assert change.delta_g == pytest.approx(-622.0, abs=2.0)


def test_all_plates_at_once_are_a_change_each() -> None:
    grams = quiet(8)
    grams += np.outer(taken(8, 4.0, 1.0), [-100.0, -200.0, 300.0, -400.0])
    changes = {change.plate: change.delta_g for change in see(grams).changes}
    assert changes == pytest.approx(dict(zip(PLATES, [-100.0, -200.0, 300.0, -400.0], strict=True)), abs=2.0)


def test_two_picks_from_one_plate_are_two_changes() -> None:
    grams = quiet(10)
    grams[:, 1] += taken(10, 4.0, -300.0) + taken(10, 6.0, -300.0)
    assert [round(change.delta_g / 300.0) for change in see(grams).changes] == [-1, -1]


def test_changes_and_what_crept_between_them_add_up_to_the_way_from_level_to_level() -> None:
    """The plate drifts by some grams between the picks, and no change tells of it."""
    grams, drift = quiet(48), moved(48, [(5.0, 0.0), (41.0, 3.0)])
    grams[:, 1] += taken(48, 4.0, -300.0) + drift + taken(48, 43.0, -200.0)
    first, second = see(grams).changes
    assert first.crept_g == 0.0
    assert second.crept_g == pytest.approx(3.0, abs=0.7)
    assert first.delta_g + second.crept_g + second.delta_g == pytest.approx(-497.0, abs=0.7)


# --- nothing came or went -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_footsteps_are_no_change(seed: int) -> None:
    assert see(walking(60, seed)).changes == []


@pytest.mark.parametrize("size_g", [5.0, 20.0, 60.0, 124.0])
@pytest.mark.parametrize("hertz", [5.0, 9.0, 19.0])
def test_a_ringing_rack_is_no_change(size_g: float, hertz: float) -> None:
    grams = quiet(10) + ringing(10, 4.0, size_g, hertz)[:, None] * [1.0, 0.7, -0.5, 0.2]
    assert see(grams).changes == []


def test_a_plate_that_swings_for_ever_is_no_change() -> None:
    grams = quiet(30)
    grams[:, 1] += 2.0 * np.sin(2 * np.pi * 1.5 * at_s(30))  # seen on most plates of the recorded store
    assert see(grams).changes == []


@pytest.mark.parametrize("g_per_min", [5.0, -5.0])
def test_a_slow_drift_is_followed(g_per_min: float) -> None:
    drift_g = at_s(180) * g_per_min / 60.0
    seen = see(quiet(180) + drift_g[:, None])
    assert seen.changes == []
    for health in seen.watch.health():
        assert health.level_g == pytest.approx(LOAD_G + drift_g[-1], abs=1.5)


@pytest.mark.parametrize(("for_s", "kind"), [(0.6, ChangeKind.TOUCH), (3.5, ChangeKind.LEAN)])
def test_what_is_pressed_and_let_go_is_no_change(for_s: float, kind: ChangeKind) -> None:
    rng = np.random.default_rng(5)
    pushes = [(4.1 + 0.08 * i, float(rng.uniform(30.0, 120.0))) for i in range(round(for_s / 0.08))]
    grams = quiet(12)
    grams[:, 1] += moved(12, [(4.0, 0.0), *pushes, (4.2 + for_s, 0.0)])
    seen = see(grams)
    assert seen.changes == []
    (press,) = [each for each in seen.results if abs(each.peak_g) > 20.0]
    assert (press.plate, press.kind) == (ONE, kind)
    assert press.peak_g == pytest.approx(90.0, abs=40.0)


def test_picks_are_exact_after_a_touch() -> None:
    grams = quiet(12)
    grams[:, 1] += moved(12, [(4.0, 0.0), (4.1, 80.0), (4.3, 50.0), (4.6, 90.0), (4.7, 0.0)])
    grams[:, 1] += taken(12, 8.0, -150.0)
    (change,) = see(grams).changes
    assert change.delta_g == pytest.approx(-150.0, abs=1.0)


# --- bad samples ----------------------------------------------------------------------------------

SPIKES_G = {
    "all ones": (2**21 - 1) / 210.0,
    "zero": -1_900.0,
    "upper rail": np.inf,
    "lower rail": -np.inf,
    "refused": np.nan,
}


def spiked(grams: np.ndarray, value_g: float, share: float = 0.05) -> np.ndarray:
    """Single samples of plate 2 replaced."""
    hit = np.random.default_rng(3).random(len(grams)) < share
    grams[hit, 1] = value_g
    return grams


@pytest.mark.parametrize("value_g", SPIKES_G.values(), ids=SPIKES_G)
def test_spikes_are_no_change(value_g: float) -> None:
    assert see(spiked(quiet(30), value_g)).changes == []


@pytest.mark.parametrize("value_g", SPIKES_G.values(), ids=SPIKES_G)
@pytest.mark.parametrize("delta_g", [-46.0, -300.0])
def test_spikes_hide_no_pick(value_g: float, delta_g: float) -> None:
    grams = quiet(12)
    grams[:, 1] += taken(12, 6.0, delta_g)
    (change,) = see(spiked(grams, value_g)).changes
    assert change.delta_g == pytest.approx(delta_g, abs=2.0)


@pytest.mark.parametrize("counted", [True, False], ids=["counted", "not counted"])
@pytest.mark.parametrize("hole_s", [0.2, 0.6, 1.0, 2.0, 4.0])
def test_a_pick_within_a_hole_is_a_pick(hole_s: float, *, counted: bool) -> None:
    grams = quiet(16)
    grams[:, 1] += taken(16, 5.0 + hole_s / 2, -200.0)
    seen = see(with_hole(grams, 5.0, 5.0 + hole_s, counted=counted))
    (change,) = seen.changes
    assert (change.plate, change.delta_g) == (ONE, pytest.approx(-200.0, abs=1.5))
    assert seen.of_kind(ChangeKind.OFFLINE_CHANGE) == []


@pytest.mark.parametrize("counted", [True, False], ids=["counted", "not counted"])
@pytest.mark.parametrize("hole_s", [6.0, 20.0, 600.0])
def test_what_moved_in_a_long_hole_was_seen_by_nobody(hole_s: float, *, counted: bool) -> None:
    before, after = quiet(6, seed=1), quiet(6, seed=2)
    after[:, 1] -= 200.0
    grams = np.concatenate([before, np.zeros((round(hole_s * 80), len(PLATES))), after])
    seen = see(with_hole(grams, 6.0, 6.0 + hole_s, counted=counted))
    assert seen.changes == []
    (change,) = seen.of_kind(ChangeKind.OFFLINE_CHANGE)
    assert (change.plate, change.delta_g) == (ONE, pytest.approx(-200.0, abs=1.5))


def test_a_plate_that_is_dark_for_long_was_seen_by_nobody() -> None:
    grams = quiet(30)
    grams[:, 1] += taken(30, 12.0, -200.0)
    grams[480:1600, 1] = np.nan  # 6 s to 20 s
    seen = see(grams)
    assert seen.changes == []
    assert [change.plate for change in seen.of_kind(ChangeKind.OFFLINE_CHANGE)] == [ONE]


def test_the_bridge_is_an_option() -> None:
    grams = quiet(16)
    grams[:, 1] += taken(16, 6.0, -200.0)
    seen = see(with_hole(grams, 5.0, 7.0), options=WeightSection(bridge_s=1.0))
    assert seen.changes == []
    assert [change.plate for change in seen.of_kind(ChangeKind.OFFLINE_CHANGE)] == [ONE]


@pytest.mark.parametrize("rate_hz", [10.0, 60.0, 320.0])
def test_other_rates(rate_hz: float) -> None:
    rng = np.random.default_rng(1)
    samples = round(12 * rate_hz)
    grams = LOAD_G + rng.normal(0.0, 0.4, (samples, 1))
    grams[round(6 * rate_hz) :] -= 300.0
    period_ns = 1e9 / rate_hz
    stream = [
        WeightBlock("slow", 1 + round(i * period_ns), period_ns, grams[i : i + 5])
        for i in range(0, samples, 5)
    ]
    (change,) = see(stream, rack=RackLayout("slow", ("1/1/1",), rate_hz)).changes
    assert change.delta_g == pytest.approx(-300.0, abs=1.5)


@pytest.mark.parametrize("hole_s", [1.0, 3.0, 4.5])
def test_what_left_in_a_hole_is_dated_to_the_last_reading_before_it(hole_s: float) -> None:
    """Who was there is judged by that time: any later, and the hand had gone."""
    grams = quiet(20)
    grams[:, 1] += taken(20, 10.3, -300.0)
    (change,) = see(with_hole(grams, 10.0, 10.0 + hole_s)).changes
    assert seconds_of(change.onset_ns) == pytest.approx(10.0, abs=0.15)


@pytest.mark.parametrize("rate_hz", [1.0, 2.0, 3.0])
def test_a_pick_from_a_scale_that_hardly_samples(rate_hz: float) -> None:
    """One reading a second is legal: slow, and no reason to fall over."""
    samples = round(120 * rate_hz)
    grams = LOAD_G + np.random.default_rng(3).normal(0.0, 0.5, (samples, len(PLATES)))
    grams[samples // 2 :, 1] -= 300.0
    rack = RackLayout("rack", PLATES, rate_hz)
    stream = [WeightBlock("rack", START_NS, 1e9 / rate_hz, grams)]
    (change,) = see(stream, rack=rack).changes
    assert change.delta_g == pytest.approx(-300.0, abs=3.0)
