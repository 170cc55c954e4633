"""A board's cells: each effect by its own law, and all of them in their order."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.weight.calibration import BAD_CODES as REFUSED_CODES
from tools.store_simulator.load_cell import LoadCells
from tools.store_simulator.load_cell.clock import SampleClock
from tools.store_simulator.load_cell.converter import RAIL_HIGH, RAIL_LOW, Converter
from tools.store_simulator.load_cell.corner import CornerError
from tools.store_simulator.load_cell.creep import CREEP_MAX, Creep
from tools.store_simulator.load_cell.hysteresis import CAPACITY_G, LOOP_SHARE, Hysteresis
from tools.store_simulator.load_cell.misreads import BAD_CODES, Misreads
from tools.store_simulator.load_cell.noise import LINE_HZ, CellNoise
from tools.store_simulator.load_cell.temperature import (
    CALIBRATED_C,
    ZERO_MAX_G_PER_K,
    Climate,
    TemperatureDrift,
)

RATE_HZ = 80.0
SEEDS = st.integers(0, 2**32 - 1)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def at_s(seconds: float, rate_hz: float = RATE_HZ) -> np.ndarray:
    return np.arange(round(seconds * rate_hz)) / rate_hz


def constant(grams: float, samples: int, channels: int = 4) -> np.ndarray:
    return np.full((samples, channels), grams)


# --- corner ------------------------------------------------------------


@given(SEEDS, st.lists(st.tuples(st.floats(1, 2000), st.floats(-1, 1), st.floats(-1, 1)), min_size=1))
def test_corner_errors_of_several_loads_add_up_to_that_of_their_centre(seed, loads):
    corner = CornerError(2, rng(seed))
    whole_g = sum(grams for grams, _, _ in loads)
    centre = tuple(sum(load[0] * load[axis] for load in loads) / whole_g for axis in (1, 2))

    felt_g = sum(grams * corner.felt(1, (x, y)) for grams, x, y in loads)

    assert felt_g == pytest.approx(whole_g * corner.felt(1, centre), rel=1e-12)


def test_a_load_in_the_middle_has_no_corner_error_and_opposite_corners_cancel():
    corner = CornerError(8, rng())
    assert corner.felt(3, (0.0, 0.0)) == 1.0
    assert corner.felt(3, (1.0, 1.0)) + corner.felt(3, (-1.0, -1.0)) == pytest.approx(2.0)
    assert corner.felt(3, (1.0, 1.0)) != 1.0


# --- creep ------------------------------------------------------------


def crept_share(creep: Creep, until_s: float, period_s: float = 1.0) -> np.ndarray:
    """[n, channel] of a load that came after one second, how much the reading has crept."""
    times = np.arange(0.0, until_s, period_s)
    load_g = np.where(times[:, None] >= 1.0, 20_000.0, 0.0) * np.ones(creep.share.shape[1])
    return (creep.update(load_g, times) - load_g) / 20_000.0


def test_creep_follows_its_time_constants_to_its_share():
    creep = Creep(4, rng())
    crept = crept_share(creep, 3 * 3600.0)

    fast, slow = creep.share
    after_30_s = fast * (1 - np.exp(-1.0)) + slow * (1 - np.exp(-30 / 480))
    assert crept[30] == pytest.approx(after_30_s, rel=0.05)
    assert crept[-1] == pytest.approx(creep.share.sum(axis=0), rel=1e-3)


@settings(max_examples=20)
@given(SEEDS)
def test_creep_keeps_within_the_limits_of_a_class_c3_cell(seed):
    crept = np.abs(crept_share(Creep(3, rng(seed)), 1801.0, period_s=20.0))

    limit = 0.7 * 1.5 / 3000  # [1] maximum permissible error at full load
    assert (crept <= 0.7 * limit + 1e-12).all()
    assert (np.abs(crept[-1] - crept[1200 // 20]) <= 0.15 * limit).all(), (
        "OIML R 60-1, 5.5.1: 20 to 30 minutes"
    )


def test_what_has_stood_there_for_ever_does_not_creep():
    load_g = constant(3000.0, 100)
    crept = Creep(4, rng()).update(load_g, at_s(100 / RATE_HZ)) / load_g
    assert np.ptp(crept, axis=0) == pytest.approx(0.0, abs=1e-9)
    assert (np.abs(crept - 1.0) <= CREEP_MAX).all()


# --- hysteresis ------------------------------------------------------------


def ramp(*corners_g: float, steps: int = 400) -> np.ndarray:
    """[n, 1] g from corner to corner."""
    parts = [np.linspace(a, b, steps) for a, b in itertools.pairwise(corners_g)]
    return np.concatenate(parts)[:, None]


@settings(max_examples=30)
@given(SEEDS, st.floats(50, 15_000), st.floats(50, 15_000))
def test_a_hysteresis_loop_closes(seed, one_g, other_g):
    read_g = Hysteresis(1, rng(seed)).update(ramp(0, 20_000, one_g, other_g, one_g, other_g, one_g))[:, 0]
    first, second = read_g[-1600:-800], read_g[-800:]
    assert first[-1] == pytest.approx(second[-1], abs=1e-6)
    assert first[400:] == pytest.approx(second[400:], abs=1e-6), "the same way back each time"


def test_on_the_way_down_a_cell_reads_more_than_on_the_way_up():
    cell = Hysteresis(1, rng())
    read_g = cell.update(ramp(0, 20_000, 0, 20_000))[:, 0]
    down_g, up_g = read_g[400:800], read_g[800:][::-1]
    width_g = (down_g - up_g).max()
    assert (down_g - up_g >= -1e-9).all()
    assert 0 < width_g <= 2 * LOOP_SHARE * CAPACITY_G + 1e-9


def test_hysteresis_knows_no_time():
    load_g = ramp(0, 5000, 1000, 3000)
    slow = Hysteresis(1, rng()).update(np.repeat(load_g, 3, axis=0))[::3]
    assert slow == pytest.approx(Hysteresis(1, rng()).update(load_g))


# --- temperature ------------------------------------------------------------


@given(SEEDS)
def test_temperature_moves_zero_and_span_within_their_limits(seed):
    drift = TemperatureDrift(6, rng(seed))
    celsius = np.array([CALIBRATED_C, CALIBRATED_C + 5.0])

    empty, loaded = (drift.update(constant(grams, 2, 6), celsius) for grams in (0.0, 10_000.0))

    assert (empty[0] == 0.0).all()
    assert empty[1] == pytest.approx(5 * drift.zero_g_per_k)
    assert (np.abs(empty[1]) <= 5 * ZERO_MAX_G_PER_K).all()
    assert loaded[1] - empty[1] == pytest.approx(10_000 * (1 + 5 * drift.span_per_k))


@given(SEEDS)
def test_a_store_warms_and_cools_slowly(seed):
    celsius = Climate(rng(seed)).celsius(np.arange(0.0, 86_400.0, 10.0))
    assert 1.0 < np.ptp(celsius) < 4.0
    assert np.abs(np.diff(celsius)).max() < 0.03


# --- noise ------------------------------------------------------------


def test_noise_is_white_slow_and_a_line():
    times = at_s(64.0)
    noise = CellNoise(4, rng(2), rng(3))
    grams = noise.update(constant(0.0, len(times)), times)
    power = np.abs(np.fft.rfft(grams, axis=0)) ** 2
    hz = np.fft.rfftfreq(len(times), 1 / RATE_HZ)

    quiet = power[(hz > 30) & (hz < 39)].mean(axis=0) * 2 / len(times) / RATE_HZ * (RATE_HZ / 2)
    assert np.sqrt(quiet) == pytest.approx(noise.white_g, rel=0.15)
    line = (hz > LINE_HZ - 0.1) & (hz < LINE_HZ + 0.1)
    beside = (hz > LINE_HZ + 1) & (hz < LINE_HZ + 3)
    assert (power[line].max(axis=0) > 5 * power[beside].mean(axis=0)).all()
    assert (power[(hz > 0) & (hz < 0.3)].mean(axis=0) > power[beside].mean(axis=0)).all()
    strongest = hz[power[:, noise.sine_g.argmax()].argsort()[-1]]
    assert 1.1 < strongest < 1.9 or abs(strongest - LINE_HZ) < 0.1


# --- converter ------------------------------------------------------------


@given(SEEDS, st.floats(-1e7, 1e7))
def test_counts_are_whole_and_end_at_the_rails(seed, grams):
    converter = Converter.made(4, rng(seed))
    counts = converter.update(constant(grams, 2))
    assert counts.min() >= RAIL_LOW
    assert counts.max() <= RAIL_HIGH
    inside = (counts > RAIL_LOW) & (counts < RAIL_HIGH)
    back_g = (counts - converter.zero_counts) / converter.counts_per_gram
    assert np.abs(back_g - grams)[inside].max(initial=0.0) <= 0.5 / np.abs(converter.counts_per_gram).min()


def test_an_overload_clips_at_two_to_the_23_minus_one():
    converter = Converter(np.zeros(2), np.array([210.0, -210.0]))
    assert converter.update(constant(1e6, 1, 2)).tolist() == [[2**23 - 1, -(2**23)]]


def test_one_cell_of_a_board_is_upside_down():
    assert (Converter.made(8, rng()).counts_per_gram < 0).sum() == 1


# --- misreads ------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.01, 0.05])
def test_bad_reads_come_at_the_stated_rate_and_say_what_an_hx711_says(share):
    counts = np.full((20_000, 4), 123_456, np.int32)
    read = Misreads(share, rng()).update(counts)
    bad = read != 123_456
    assert bad.mean() == pytest.approx(share, abs=4 * np.sqrt(share / bad.size))
    assert set(read[bad].tolist()) == (set(BAD_CODES.tolist()) if share else set())


def test_the_product_refuses_each_code_of_a_bad_read():
    assert set(BAD_CODES.tolist()) == set(REFUSED_CODES.tolist())


# --- clock ------------------------------------------------------------


@given(st.floats(-50_000, 50_000))
def test_a_clock_that_runs_fast_samples_more_often(error_ppm):
    clock = SampleClock(80.0, error_ppm)
    last_s = clock.at_s(3.0, np.array([80_000_000]))[0]
    assert last_s == pytest.approx(3.0 + 1e6 / (1 + error_ppm * 1e-6))


# --- all of them ------------------------------------------------------------


def sampled(board_id: str, load_g: np.ndarray, pieces: int = 1, misread_share: float = 0.0) -> np.ndarray:
    cells = LoadCells(board_id, load_g.shape[1], rng(4), misread_share=misread_share)
    times = at_s(len(load_g) / RATE_HZ)
    cuts = sorted(rng(pieces).integers(1, len(load_g), pieces - 1).tolist())
    parts = zip(np.split(load_g, cuts), np.split(times, cuts), strict=True)
    return np.concatenate([cells.update(part, when) for part, when in parts if len(part)])


def test_grams_become_counts_that_calibration_turns_back():
    cells = LoadCells("57ee17a4d0000001", 8, rng(4), misread_share=0.0)
    counts = cells.update(constant(500.0, 800, 8), at_s(10.0))
    grams = (counts - cells.converter.zero_counts) / cells.converter.counts_per_gram
    assert grams.mean(axis=0) == pytest.approx(500.0, abs=1.5)
    noise_g = np.diff(grams, axis=0).std(axis=0) / np.sqrt(2)
    assert noise_g.min() > 0.15
    assert noise_g.max() < 5.0


@settings(max_examples=10, deadline=None)
@given(st.integers(2, 40))
def test_how_time_is_cut_changes_no_count(pieces):
    load_g = constant(700.0, 400) + np.linspace(0, 900, 400)[:, None]
    whole = sampled("aa", load_g, misread_share=0.02)
    np.testing.assert_array_equal(whole, sampled("aa", load_g, pieces, misread_share=0.02))


def test_a_board_keeps_its_cells_for_ever():
    first, again, other = (LoadCells(name, 8, rng()).converter for name in ("aa", "aa", "bb"))
    np.testing.assert_array_equal(first.counts_per_gram, again.counts_per_gram)
    assert (first.zero_counts != other.zero_counts).any()
