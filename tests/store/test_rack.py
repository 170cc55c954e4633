from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.store_simulator import hands
from tools.store_simulator.forces import Bump, Footstep, PlateForce, Standing, decoder, encoder
from tools.store_simulator.load_cell.corner import CornerError
from tools.store_simulator.rack import CROSSTALK_SHARE, Rack
from tools.store_simulator.resonance import Resonance

PLATES = ("g/1/1", "g/1/2", "g/1/3", "g/1/4", "g/2/1", "g/2/2")
LOAD_G = (1000.0, 2000.0, 3000.0, 900.0, 500.0, 800.0)
RATE_HZ = 80.0


def still_rack(seed: int = 5) -> Rack:
    """A rack in a building in which nothing stirs."""
    return Rack(PLATES, LOAD_G, np.random.default_rng(seed), unrest=0.0)


def weigh(rack: Rack, chunks: list[int]) -> np.ndarray:
    at_s = np.arange(sum(chunks)) / RATE_HZ
    return np.concatenate([rack.load_g(part) for part in np.split(at_s, np.cumsum(chunks)[:-1])])


def shaken_rack(seed: int = 3) -> Rack:
    rng = np.random.default_rng(seed)
    rack = Rack(PLATES, LOAD_G, rng)
    rack.act(Footstep(0.51, 8.0))
    rack.act(hands.lift(np.random.default_rng(seed), 1, 1.4, 600.0))
    rack.act(hands.put_down(np.random.default_rng(seed), 3, 2.6, 200.0))
    rack.act(Bump(3.33, 40.0))
    return rack


def test_how_time_is_cut_changes_nothing() -> None:
    whole = weigh(shaken_rack(), [400])
    pieces = weigh(shaken_rack(), [1, 7, 8, 90, 13, 41, 240])
    np.testing.assert_allclose(whole, pieces, atol=1e-6)


def test_another_seed_is_another_rack() -> None:
    assert (weigh(shaken_rack(3), [400]) != weigh(shaken_rack(4), [400])).any()


def test_a_lift_takes_its_weight_and_a_little_from_its_neighbours_for_good() -> None:
    rack = still_rack()
    before = rack.load_g(np.array([0.0]))[0]
    rack.act(hands.lift(np.random.default_rng(6), 1, 1.0, 600.0))
    moved = rack.load_g(np.arange(80, 800) / RATE_HZ)[-1] - before
    assert moved[1] == pytest.approx(-600.0, abs=0.05)
    for neighbour in (0, 2, 3):
        assert -600 * CROSSTALK_SHARE[1] <= moved[neighbour] <= -600 * CROSSTALK_SHARE[0]
    assert moved[4:] == pytest.approx(0.0, abs=0.05), "another shelf"


def test_a_touch_leaves_nothing_behind() -> None:
    rack = still_rack()
    before = rack.load_g(np.array([0.0]))[0]
    rack.act(hands.touch(np.random.default_rng(6), 2, 1.0))
    during = rack.load_g(np.arange(80, 200) / RATE_HZ)
    after = rack.load_g(np.arange(200, 800) / RATE_HZ)[-1]
    assert during[:, 2].max() > before[2] + 10
    np.testing.assert_allclose(after, before, atol=0.01)


@pytest.mark.parametrize("shock", [Footstep(1.0, 10.0), Bump(1.0, 10.0)])
def test_a_shock_shakes_all_plates_and_dies_away_within_two_seconds(shock: Footstep | Bump) -> None:
    rack = still_rack()
    quiet = rack.load_g(np.array([0.0]))[0]
    rack.act(shock)
    shaken = np.abs(rack.load_g(np.arange(1, 320) / RATE_HZ) - quiet)
    assert shaken[:79].max() == pytest.approx(0.0, abs=1e-9)
    assert (shaken[80:120].max(axis=0) > 0.1).all()
    assert (shaken[280:].max(axis=0) < 0.05 * shaken[80:120].max(axis=0)).all()


def test_the_building_stirs_a_rack_a_little_and_without_end() -> None:
    rack = Rack(PLATES, LOAD_G, np.random.default_rng(5))
    stirred = rack.load_g(np.arange(4000) / RATE_HZ)
    early, late = stirred[400:2200].std(axis=0), stirred[2200:].std(axis=0)
    assert (early > 0.02).all()
    np.testing.assert_allclose(np.log(early), np.log(late), atol=0.5)


def test_a_force_that_comes_late_ends_in_the_same_load() -> None:
    force = PlateForce(0, ((1.0, 0.0), (1.2, -300.0)))
    on_time, late = still_rack(), still_rack()
    on_time.act(force)
    early_half, later_half = np.arange(160) / RATE_HZ, np.arange(160, 320) / RATE_HZ
    on_time.load_g(early_half)
    late.load_g(early_half)
    late.act(force)
    np.testing.assert_allclose(on_time.load_g(later_half)[-1], late.load_g(later_half)[-1], atol=1e-6)


def strongest_hz(load_g: float) -> float:
    """[Hz] at which a plate rings that has been struck under a load."""
    made = np.random.default_rng(7)
    resonance = Resonance(1, made, made.spawn(1)[0], unrest=0.0)
    resonance.strike(0, 0.1, 50.0)
    at_s = np.arange(2000) / 200.0
    rung = resonance.update(np.full((at_s.size, 1), load_g), at_s)[:, 0]
    hz = float(np.fft.rfftfreq(at_s.size, 1 / 200.0)[np.abs(np.fft.rfft(rung)).argmax()])
    assert hz == pytest.approx(resonance.plate_hz(np.array([load_g]))[0], abs=0.3)
    return hz


def test_a_plate_rings_the_slower_the_more_it_bears() -> None:
    empty, full = strongest_hz(0.0), strongest_hz(6000.0)
    assert full == pytest.approx(empty / 2, abs=0.4), "four times the mass swings half as fast"


@given(st.integers(0, 2**32 - 1))
def test_loaded_plates_ring_between_five_and_twenty_four_hertz(seed: int) -> None:
    made = np.random.default_rng(seed)
    hz = Resonance(8, made, made.spawn(1)[0]).plate_hz(made.uniform(2000.0, 9000.0, 8))
    assert ((hz > 5.0) & (hz < 24.1)).all()


def test_what_is_lifted_where_it_stood_leaves_no_corner_error() -> None:
    corner = CornerError(len(PLATES), np.random.default_rng(1))
    place, unit_g = (0.9, -0.8), 700.0
    moment_g = tuple(
        (unit_g * place[0], unit_g * place[1]) if plate == 2 else (0.0, 0.0) for plate in range(6)
    )
    laden = Rack(PLATES, LOAD_G, np.random.default_rng(2), moment_g=moment_g, corner=corner, unrest=0.0)
    emptied_g = tuple(load - unit_g * (plate == 2) for plate, load in enumerate(LOAD_G))
    emptied = Rack(PLATES, emptied_g, np.random.default_rng(2), corner=corner, unrest=0.0)

    laden.act(PlateForce(2, ((0.5, 0.0), (0.7, -unit_g)), place=place))

    at_s = np.arange(100) / RATE_HZ
    assert laden.load_g(at_s)[-1] == pytest.approx(emptied.load_g(at_s)[-1], abs=1e-6)


def test_standing_goods_follow_forces_with_their_places() -> None:
    standing = Standing((100.0, 50.0), ((0.0, 0.0), (25.0, 0.0)))
    after = standing.after(PlateForce(1, ((0.0, 0.0), (1.0, -50.0)), place=(0.5, 0.0)))
    assert after == Standing((100.0, 0.0), ((0.0, 0.0), (0.0, 0.0)))


def test_forces_survive_the_line_to_the_board() -> None:
    put_down = hands.put_down(np.random.default_rng(1), 4, 2.0, 99.0)
    for force in (Footstep(1.25, 3.5), Bump(2.0, 30.0), put_down):
        assert decoder.decode(encoder.encode(force)) == force


@given(st.integers(0, 2**32 - 1))
def test_hands_press_up_to_150_g_and_lift_within_30_to_300_ms(seed: int) -> None:
    rng = np.random.default_rng(seed)
    force = hands.lift(rng, 0, 5.0, 400.0)
    *press, (before_s, _), (gone_s, last_g) = force.knots
    assert last_g == -400.0
    assert 0.03 <= gone_s - 5.0 <= 0.3
    assert before_s <= 5.0
    assert 0.0 <= max(grams for _, grams in press) <= 150.0
