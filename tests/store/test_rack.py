from __future__ import annotations

import numpy as np
import pytest

from tools.store_simulator import hands
from tools.store_simulator.forces import Footstep, PlateForce, decoder, encoder
from tools.store_simulator.rack import CROSSTALK_SHARE, Rack

PLATES = ("g/1/1", "g/1/2", "g/1/3", "g/2/1", "g/2/2")
LOAD_G = (1000.0, 2000.0, 3000.0, 500.0, 800.0)


def weigh(rack: Rack, chunks: list[int]) -> np.ndarray:
    at_s = np.arange(sum(chunks)) / 80.0
    return np.concatenate([rack.load_g(part) for part in np.split(at_s, np.cumsum(chunks)[:-1])])


def shaken_rack(seed: int = 3) -> Rack:
    rng = np.random.default_rng(seed)
    rack = Rack(PLATES, LOAD_G, rng)
    rack.act(Footstep(0.51, 8.0))
    rack.act(hands.lift(rng, 1, 1.4, 600.0))
    rack.act(hands.put_down(rng, 3, 2.6, 200.0))
    return rack


def test_how_time_is_cut_changes_nothing() -> None:
    whole = weigh(shaken_rack(), [400])
    pieces = weigh(shaken_rack(), [1, 7, 8, 90, 13, 41, 240])
    np.testing.assert_allclose(whole, pieces, atol=1e-6)


def test_another_seed_is_another_rack() -> None:
    assert (weigh(shaken_rack(3), [400]) != weigh(shaken_rack(4), [400])).any()


def test_a_lift_takes_its_weight_and_a_little_from_both_neighbours_for_good() -> None:
    rack = Rack(PLATES, LOAD_G, np.random.default_rng(5))
    before = rack.load_g(np.array([0.0]))[0]
    rack.act(hands.lift(np.random.default_rng(6), 1, 1.0, 600.0))
    after = rack.load_g(np.arange(80, 800) / 80.0)[-1]
    moved = after - before
    assert moved[1] == pytest.approx(-600.0, abs=0.01)
    for neighbour in (0, 2):
        assert -600 * CROSSTALK_SHARE[1] <= moved[neighbour] <= -600 * CROSSTALK_SHARE[0]
    assert moved[3] == pytest.approx(0.0, abs=0.01), "another shelf"


def test_a_touch_leaves_nothing_behind() -> None:
    rack = Rack(PLATES, LOAD_G, np.random.default_rng(5))
    before = rack.load_g(np.array([0.0]))[0]
    rack.act(hands.touch(np.random.default_rng(6), 2, 1.0))
    during = rack.load_g(np.arange(80, 200) / 80.0)
    after = rack.load_g(np.arange(200, 800) / 80.0)[-1]
    assert during[:, 2].max() > before[2] + 10
    np.testing.assert_allclose(after, before, atol=0.01)


def test_a_footstep_shakes_all_plates_and_dies_away_within_two_seconds() -> None:
    rack = Rack(PLATES, LOAD_G, np.random.default_rng(5))
    quiet = rack.load_g(np.array([0.0]))[0]
    rack.act(Footstep(1.0, 10.0))
    shaken = rack.load_g(np.arange(1, 320) / 80.0) - quiet
    assert np.abs(shaken[:79]).max() == pytest.approx(0.0, abs=1e-9)
    assert (np.abs(shaken[80:120]).max(axis=0) > 1.0).all()
    assert np.abs(shaken[280:]).max() < 1.0


def test_a_force_that_comes_late_ends_in_the_same_load() -> None:
    force = PlateForce(0, ((1.0, 0.0), (1.2, -300.0)))
    on_time, late = (Rack(PLATES, LOAD_G, np.random.default_rng(5)) for _ in range(2))
    on_time.act(force)
    early_half, later_half = np.arange(160) / 80.0, np.arange(160, 320) / 80.0
    on_time.load_g(early_half)
    late.load_g(early_half)
    late.act(force)
    np.testing.assert_allclose(on_time.load_g(later_half)[-1], late.load_g(later_half)[-1], atol=1e-6)


def test_forces_survive_the_line_to_the_board() -> None:
    for force in (Footstep(1.25, 3.5), hands.put_down(np.random.default_rng(1), 4, 2.0, 99.0)):
        assert decoder.decode(encoder.encode(force)) == force
