from __future__ import annotations

import numpy as np

from tools.store_simulator.load_cell import FULL_SCALE_COUNTS, LoadCells

AT_S = np.arange(800) / 80.0


def test_grams_become_counts_with_the_noise_of_a_real_store() -> None:
    cells = LoadCells.of_board("57ee17a4d0000001", 8)
    counts = cells.to_counts(np.full((800, 8), 500.0), AT_S, np.random.default_rng(1))
    grams = (counts - cells.zero_counts) / cells.counts_per_gram
    np.testing.assert_allclose(grams.mean(axis=0), 500.0, atol=0.3)
    noise_g = np.diff(grams, axis=0).std(axis=0) / np.sqrt(2)  # the slow sine drops out of differences
    assert noise_g.min() > 0.25
    assert noise_g.max() < 0.8


def test_a_board_keeps_its_cells_for_ever_and_one_is_upside_down() -> None:
    first, again, other = (LoadCells.of_board(name, 8) for name in ("aa", "aa", "bb"))
    np.testing.assert_array_equal(first.counts_per_gram, again.counts_per_gram)
    assert (first.zero_counts != other.zero_counts).any()
    assert (first.counts_per_gram < 0).sum() == 1


def test_an_overloaded_cell_ends_at_the_rail() -> None:
    cells = LoadCells.of_board("aa", 4)
    counts = cells.to_counts(np.full((3, 4), 1e6), AT_S[:3], np.random.default_rng(1))
    assert set(np.abs(counts).ravel().tolist()) <= {FULL_SCALE_COUNTS, FULL_SCALE_COUNTS + 1}
